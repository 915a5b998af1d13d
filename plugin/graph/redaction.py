"""Keeps tokens, secrets and PINs out of every sentence and log line."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache

from appmixer.engine.contract.manifest import Secrets
from appmixer.engine.contract.redaction import HIDDEN, Redaction

from ..configuration.manifest import read_manifest

MAX_QUOTED_CHARS = 500


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return the text without the given secrets and without anything that looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _redaction().hide(text)
    return text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "…"


@cache
def _redaction() -> Redaction:
    return Redaction([Secrets.model_validate(read_manifest()["secrets"])])


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
