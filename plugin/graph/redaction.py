"""Keeps tokens, secrets and PINs out of every sentence and log line."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from urllib.parse import quote

from appmixer.engine.contract.manifest import Secrets
from appmixer.engine.contract.redaction import HIDDEN, PARAMETERS, Redaction

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


def hide_tokens(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return a whole answer without the given secrets and without tokens; all else stays as it is.

    Less than `redact` hides: what a flow reads here it may write back.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for written in (secret, quote(secret, safe="")):
            text = text.replace(written, HIDDEN)
    named, forms = _token_patterns()
    for form in forms:
        text = form.sub(HIDDEN, text)
    return named.sub(rf"\1{HIDDEN}", text)


def is_secret(name: str) -> bool:
    """Say whether a parameter of this name is a secret of Meta's."""
    return _redaction().names(name)


@cache
def _token_patterns() -> tuple[re.Pattern[str], Sequence[re.Pattern[str]]]:
    secrets = Secrets.model_validate(read_manifest()["secrets"])
    names = "|".join(map(re.escape, (*PARAMETERS, *secrets.parameters)))
    # In an address, or as a text in JSON.
    named = re.compile(rf"(\b(?:{names})(?:=|\"\s*:\s*\"))[^\s\"'&\\]+", re.IGNORECASE)
    return named, [re.compile(each) for each in secrets.patterns]


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
