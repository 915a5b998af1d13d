"""Keeps tokens, secrets and PINs out of every sentence and log line."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache

from appmixer.engine.contract.manifest import Secrets
from appmixer.engine.contract.redaction import HIDDEN, Redaction

from ..configuration.manifest import read_manifest
from ..foreign_json.shapes import is_list, is_object

MAX_QUOTED_CHARS = 500
# Where messages hold what people read. Shorter texts than this tell nothing, and are part of many.
SPOKEN = ("body", "text", "caption")
MIN_SPOKEN_CHARS = 8


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return the text without the given secrets and without anything that looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _redaction().hide(text)
    return text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "…"


@cache
def _redaction() -> Redaction:
    return Redaction([Secrets.model_validate(read_manifest()["secrets"])])


def spoken(part: object) -> Iterator[str]:
    """Yield what people would read in a message, which Meta may quote when it refuses one."""
    if is_list(part):
        for each in part:
            yield from spoken(each)
    elif is_object(part):
        for name, value in part.items():
            isspoken = name in SPOKEN and isinstance(value, str)
            yield from [value] if isspoken and len(value) >= MIN_SPOKEN_CHARS else spoken(value)


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
