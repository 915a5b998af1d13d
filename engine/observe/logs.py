"""Structured log lines: JSON, or coloured text on a terminal; secrets are taken out of both."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger

from ..contract.redaction import HIDDEN, Redaction

LEVEL_VARIABLE = "APPMIXER_LOG_LEVEL"
# Shorter texts stand in every trace.
SHORTEST_GIVEN = 4
_SECRET_KEY = re.compile(
    r"token|secret|password|passwd|authorization|cookie|api_?key|credential|(?:^|_)pin(?:$|_)|\bPIN\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Redacting:
    """Takes out what looks like a secret, by its key or by its own form."""

    redaction: Redaction

    def __call__(
        self, _: Any, __: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {key: self._redacted(key, value) for key, value in event.items()}

    def _redacted(self, key: str, value: object) -> object:
        if isinstance(value, Mapping):
            entries = cast("Mapping[object, object]", value)
            return {each: self._redacted(str(each), item) for each, item in entries.items()}
        if isinstance(value, list | tuple):
            return [self._redacted(key, item) for item in cast("Sequence[object]", value)]
        is_named = _SECRET_KEY.search(key) is not None or self.redaction.names(key)
        if value is not None and not isinstance(value, bool) and is_named:
            return HIDDEN
        return self.redaction.hide(value) if isinstance(value, str) else value


def without(text: str, given: Any) -> str:
    """Return a text in which nothing stands that was given, at whatever depth of JSON."""
    for each in sorted(set(_texts(given)), key=len, reverse=True):
        text = text.replace(each, HIDDEN).replace(repr(each)[1:-1], HIDDEN)
    return text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in cast("Mapping[object, object]", value).values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in cast("Sequence[object]", value):
            yield from _texts(item)
    elif isinstance(value, str) and len(value) >= SHORTEST_GIVEN:
        yield value


class _Passing(logging.Handler):
    """Passes on what other libraries log, as one of our own lines."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception:  # a library's wrong arguments are its own fault, and no reason to fail
            text = str(record.msg)
        more = {"exc_info": record.exc_info} if record.exc_info else {}
        self._log.log(record.levelno, "library", library=record.name, text=text, **more)


def pass_on_everything(log: FilteringBoundLogger) -> None:
    """Let what libraries, warnings, threads and the interpreter itself report go the log's way.

    Otherwise it would be written to standard error as it is, secrets included.
    """
    root = logging.getLogger()
    root.handlers[:] = [_Passing(log)]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)

    def report(
        kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.error("unexpected_error", exc_info=(kind, error, trace))

    sys.excepthook = report
    threading.excepthook = lambda given: report(
        given.exc_type, given.exc_value, given.exc_traceback
    )
    sys.unraisablehook = lambda given: report(given.exc_type, given.exc_value, given.exc_traceback)


@dataclass(frozen=True)
class _Forgiving:
    """A stream that loses what cannot be written: a full disk must not stop whoever logs."""

    stream: TextIO

    def write(self, text: str) -> None:
        with suppress(OSError):
            self.stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self.stream.flush()


def get_log(
    name: str, stream: TextIO | None = None, redaction: Redaction | None = None
) -> FilteringBoundLogger:
    """Return a log for one part of the engine, writing to `stream` (standard error by default).

    `redaction` knows what the connectors call secret; without it, only what is secret anywhere is
    hidden.
    """
    target = sys.stderr if stream is None else stream
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if target.isatty() else structlog.processors.JSONRenderer()
    )
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _Redacting(redaction or Redaction()),
        renderer,
    ]
    level = logging.getLevelNamesMapping().get(os.environ.get(LEVEL_VARIABLE, "").upper())
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Forgiving(target))),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level or logging.INFO),
    )
    return log.bind(part=name)
