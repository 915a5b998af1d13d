"""Structured log lines: JSON, or coloured text on a terminal; secrets are taken out of both."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger

HIDDEN = "[hidden]"
LEVEL_VARIABLE = "APPMIXER_LOG_LEVEL"
_SECRET_KEY = re.compile(
    r"token|secret|password|passwd|authorization|cookie|api_?key|credential|(?:^|_)pin(?:$|_)|\bPIN\b",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(?i:bearer)\s+[\w.~+/=|-]+"
    r"|(?i:access_token|client_secret|appsecret_proof|fb_exchange_token|input_token|token)"
    r"=[^&\s\"']+|\bcode=[^&\s\"']{16,}|\bpin=\d+"
    # Long runs of base64 that only secrets have, and tokens of known look.
    r"|\bEAA[A-Za-z0-9]{6,}\b|\b\d{10,}\|[\w-]{8,}|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*"
    r"|\bgAAAAA[\w-]{20,}={0,2}"
)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what looks like a secret, by its key or by its own form."""
    return {key: _redacted(key, value) for key, value in event.items()}


def hide_secrets(text: str) -> str:
    return _SECRET_VALUE.sub(HIDDEN, text)


def get_log(name: str, stream: TextIO | None = None) -> FilteringBoundLogger:
    """Return a log for one part of the engine, writing to `stream` (standard error by default)."""
    target = sys.stderr if stream is None else stream
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if target.isatty() else structlog.processors.JSONRenderer()
    )
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
        renderer,
    ]
    level = logging.getLevelNamesMapping().get(os.environ.get(LEVEL_VARIABLE, "").upper())
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(target),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level or logging.INFO),
    )
    return log.bind(part=name)


def _redacted(key: str, value: object) -> object:
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        return {each: _redacted(str(each), item) for each, item in entries.items()}
    if isinstance(value, list | tuple):
        return [_redacted(key, item) for item in cast("Sequence[object]", value)]
    if value is not None and not isinstance(value, bool) and _SECRET_KEY.search(key):
        return HIDDEN
    return hide_secrets(value) if isinstance(value, str) else value
