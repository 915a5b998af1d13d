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

from ..foreign_json.shapes import as_int, as_object, as_text
from .redaction import redact
from .retry_after import announced_delay_s

Retry = Literal["no", "yes", "after"]
COMPARE = "Compare the values of this step with its sample, correct what differs and run it again."
DEFAULT_DELAY_S = 30.0

# https://developers.facebook.com/docs/graph-api/guides/error-handling
HTTP_UNAUTHORIZED = 401
HTTP_TOO_MANY = 429
# Most messages begin with the code once more.
_CODE = re.compile(r"^\(#[0-9]+\)\s*")


@dataclass(frozen=True)
class Entry:
    """A row of errors.json; `message_hint` tells rows of one code apart by Meta's message.

    `named_cure` is the cure where Meta's own words say what is wrong: it may refer to them. `mend`
    is what a host can offer to do at once.
    """

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
    named_cure: str = ""
    mend: str = ""


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
    rows = json.loads((files("appmixer.whatsapp.plugin.graph") / "errors.json").read_text("utf-8"))
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
    entry = _entry_for(status, code, subcode, as_text(error.get("message")))
    hidden = list(secrets)
    cause, cure = _cause_and_cure(entry, error, hidden)
    arguments = (
        entry.title,
        cause,
        cure,
        field or entry.field,
        code,
        subcode,
        redact(as_text(error.get("fbtrace_id")), hidden),
    )
    if entry.category == "auth":
        return AuthorizationError(*arguments, entry.mend)
    if entry.category == "configuration":
        return ConfigurationError(*arguments, entry.mend)
    if _may_be_repeated(entry, error):
        delay_s = announced_delay_s(headers) or entry.delay_s or DEFAULT_DELAY_S
        return ThrottledError(*arguments, delay_s)
    return RejectedError(*arguments, entry.mend)


def error_from_webhook(error: Mapping[str, Any]) -> Explanation:
    """Explain one of the errors of a failed status, of a message or of a webhook's value."""
    code, title = as_int(error.get("code")), as_text(error.get("title"))
    found = find(code, message=title) if code is not None else None
    entry = found or _unreported(code, redact(title))
    cause, cure = _cause_and_cure(entry, error, ())
    return Explanation(entry.title, cause, cure, code, entry.category, entry.retry)


def details_of(error: Mapping[str, Any]) -> str:
    """Return what Meta says of this one case; older errors have it at their top."""
    inner = as_text(as_object(error.get("error_data")).get("details"))
    return inner or as_text(error.get("error_data")) or as_text(error.get("details"))


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
        named_cure=row.get("namedCure", ""),
        mend=row.get("mend", ""),
    )


def _entry_for(status: int, code: int | None, subcode: int | None, message: str) -> Entry:
    found = find(code, subcode, message) if code is not None else None
    return found or _unknown(status, code)


def _unknown(status: int, code: int | None) -> Entry:
    title = f"Meta answered with code {code}" if code is not None else f"Meta answered {status}"
    if status == HTTP_UNAUTHORIZED:
        return _made_up(code, title, "Connect the account again.", "no", "auth")
    if status == HTTP_TOO_MANY or status >= 500:
        return _made_up(code, title, "It is tried again later.", "after", "unknown")
    return _made_up(code, title, COMPARE, "no", "unknown", "Correct what Meta names and try again.")


def _unreported(code: int | None, title: str) -> Entry:
    cure = "Make sure that the message is right, and look at Meta's page of error codes."
    return _made_up(code, title or "Unknown error", cure, "no", "unknown")


def _made_up(
    code: int | None, title: str, cure: str, retry: Retry, category: str, named_cure: str = ""
) -> Entry:
    cause = "Meta gave no code."
    if code is not None:
        cause = f"Nothing more is known here of Meta's code {code}."
    return Entry(0, title, cause, cure, retry, category, source="", named_cure=named_cure)


def _cause_and_cure(
    entry: Entry, error: Mapping[str, Any], secrets: Iterable[str | None]
) -> tuple[str, str]:
    """Return our explanation with Meta's own words beside it, and the cure that fits them."""
    message = _CODE.sub("", as_text(error.get("message")) or as_text(error.get("title"))).strip()
    details = details_of(error) or as_text(error.get("error_user_msg"))
    # That an error is called what it is called says nothing of what is wrong.
    is_named = bool(details) or message.lower() not in ("", entry.title.lower())
    said = redact(": ".join(_without_repeats(message, details)), secrets)
    cause = f"{entry.cause} Meta says: {said}" if said else entry.cause
    return cause, entry.named_cure if is_named and entry.named_cure else entry.cure


def _without_repeats(message: str, details: str) -> list[str]:
    if details.lower().startswith(message.lower()):
        message = ""
    return [each for each in (message, details) if each]


def _may_be_repeated(entry: Entry, error: Mapping[str, Any]) -> bool:
    # A registration that is tried again by itself locks the number, whatever the answer says.
    if entry.category == "registration":
        return False
    return entry.retry != "no" or error.get("is_transient") is True
