"""Keeps tokens, secrets and PINs out of every sentence and log line."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
MAX_QUOTED_CHARS = 500

# Access tokens begin with EAA; an app token is the app's id, a bar and its secret.
_TOKEN = re.compile(r"\bEAA[A-Za-z0-9]{3,}|\b\d{6,}\|[\w-]{6,}")
_PARAMETER = re.compile(
    r"(?i)\b(access_token|input_token|fb_exchange_token|client_secret|appsecret_proof|code|pin)"
    r"([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
)


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return the text without the given secrets and without anything that looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _PARAMETER.sub(rf"\1\2{HIDDEN}", _TOKEN.sub(HIDDEN, text))
    return text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "…"


class QueryFilter(logging.Filter):
    """Takes the query off the addresses that httpx logs: Meta wants secrets in some of them."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(each) for each in record.args)
        return True


def hide_queries() -> None:
    """Keep the secrets in addresses out of httpx's own log; a second call changes nothing."""
    logger = logging.getLogger("httpx")
    if not any(isinstance(each, QueryFilter) for each in logger.filters):
        logger.addFilter(QueryFilter())


def _without_query(argument: object) -> object:
    address = str(argument)
    return address.partition("?")[0] if address.startswith(("http://", "https://")) else argument
