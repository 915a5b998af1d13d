"""Meta's errors: what each code means, what cures it, and what the host does next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    RejectedError,
    ThrottledError,
)

from .redaction import redact
from .shapes import as_int, as_object, as_text
from .waiting import announced_delay_s

Retry = Literal["no", "yes", "after"]
DEFAULT_DELAY_S = 30.0

# https://developers.facebook.com/docs/graph-api/guides/error-handling
HTTP_UNAUTHORIZED = 401
HTTP_TOO_MANY = 429
# Graph begins many a message with the code: "(#100) …".
_PREFIX = re.compile(r"^\(#\d+\) *")


@dataclass(frozen=True)
class Entry:
    """A row of errors.json; `message_hint` tells rows of one code apart by Meta's message."""

    code: int
    title: str
    cause: str
    cure: str
    retry: Retry
    category: str
    source: str
    subcode: int | None = None
    last_code: int | None = None
    message_hint: str = ""
    delay_s: float | None = None
    field: str = ""


@dataclass(frozen=True)
class Explanation:
    """An error that a webhook reported, in words for people."""

    title: str
    cause: str
    cure: str
    code: int | None
    category: str
    retry: Retry


@cache
def entries() -> Sequence[Entry]:
    """Return all rows; the page of error codes is made from them."""
    rows = json.loads((files("appmixer.whatsapp.plugin") / "errors.json").read_text("utf-8"))
    return tuple(_entry(row) for row in rows)


def find(code: int, subcode: int | None = None, message: str = "") -> Entry | None:
    """Return the row that fits best: by hint, then by subcode, then by code, then by range."""
    rows = [row for row in entries() if row.code <= code <= (row.last_code or row.code)]
    lowered = message.lower()
    hinted = [row for row in rows if row.message_hint and row.message_hint in lowered]
    exact = [row for row in rows if subcode is not None and row.subcode == subcode]
    plain = [row for row in rows if row.subcode is None and not row.message_hint]
    return next(iter([*hinted, *exact, *plain]), None)


def error_from_graph(
    status: int,
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    field: str = "",
    secrets: Iterable[str | None] = (),
) -> ConnectorError:
    """Turn the object under "error" of an answer into the error the host acts on."""
    error = as_object(body.get("error"))
    code, subcode = as_int(error.get("code")), as_int(error.get("error_subcode"))
    message = as_text(error.get("message"))
    entry = _entry_for(status, code, subcode, message)
    cause = redact(_words_of_meta(error), secrets)
    if not cause:
        said = redact(_PREFIX.sub("", message), secrets)
        is_new = bool(said) and said.rstrip(".") != entry.title
        words = f"Meta says: {said}" if is_new else ""
        cause = " ".join(filter(None, [entry.cause, words]))
    arguments = (
        entry.title,
        cause,
        entry.cure,
        field or entry.field,
        code,
        subcode,
        redact(as_text(error.get("fbtrace_id")), secrets),
    )
    if entry.category == "auth":
        return AuthorizationError(*arguments)
    if entry.category == "configuration":
        return ConfigurationError(*arguments)
    if _may_be_repeated(entry, error):
        delay_s = announced_delay_s(headers) or entry.delay_s or DEFAULT_DELAY_S
        return ThrottledError(*arguments, delay_s)
    return RejectedError(*arguments)


def error_from_webhook(error: Mapping[str, Any]) -> Explanation:
    """Explain one of the errors of a failed status, of a message or of a webhook's value."""
    code, title = as_int(error.get("code")), as_text(error.get("title"))
    entry = find(code, message=title) if code is not None else None
    said = redact(_words_of_meta(error))
    if entry is None:
        return Explanation(title or "Unknown error", said, "", code, "unknown", "no")
    return Explanation(
        entry.title, said or entry.cause, entry.cure, code, entry.category, entry.retry
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        code=row["code"],
        title=row["title"],
        cause=row["cause"],
        cure=row["cure"],
        retry=row["retry"],
        category=row["category"],
        source=row["source"],
        subcode=row.get("subcode"),
        last_code=row.get("lastCode"),
        message_hint=row.get("messageHint", ""),
        delay_s=row.get("delayS"),
        field=row.get("field", ""),
    )


def _entry_for(status: int, code: int | None, subcode: int | None, message: str) -> Entry:
    found = find(code, subcode, message) if code is not None else None
    return found or _unknown(status, code)


def _unknown(status: int, code: int | None) -> Entry:
    title = f"Meta answered with code {code}" if code is not None else f"Meta answered {status}"
    if status == HTTP_UNAUTHORIZED:
        return _made_up(title, "Connect the account again.", "no", "auth")
    if status == HTTP_TOO_MANY or status >= 500:
        return _made_up(title, "It is tried again later.", "after", "unknown")
    return _made_up(title, "Correct what Meta names and run it again.", "no", "unknown")


def _made_up(title: str, cure: str, retry: Retry, category: str) -> Entry:
    return Entry(0, title, cause="", cure=cure, retry=retry, category=category, source="")


def _words_of_meta(error: Mapping[str, Any]) -> str:
    details = as_text(as_object(error.get("error_data")).get("details"))
    return details or as_text(error.get("error_user_msg"))


def _may_be_repeated(entry: Entry, error: Mapping[str, Any]) -> bool:
    # A registration that is tried again by itself locks the number, whatever the answer says.
    if entry.category == "registration":
        return False
    return entry.retry != "no" or error.get("is_transient") is True
