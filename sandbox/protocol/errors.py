"""Meta's errors: the catalogue of codes and the bodies they arrive in."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from ..fixtures import FIXTURES
from .shapes import Json

ERROR_PAGE = (
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
)
# Every code of this range is a permission that is missing.
PERMISSION_CODES = range(200, 300)


@dataclass(frozen=True)
class ErrorEntry:
    """One row of the catalogue; `message` is what a Graph answer says, prefix included."""

    code: int
    subcode: int | None
    http_status: int
    title: str
    message: str
    details: str | None
    is_transient: bool
    webhook_details: str | None = None
    """Where a failed status explains itself in other words than an answer does."""


class MetaError(Exception):
    """A call is refused the way Meta refuses it."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        http_status: int = 400,
        subcode: int | None = None,
        kind: str = "OAuthException",
        details: str | None = None,
        is_transient: bool | None = None,
        user_title: str | None = None,
        user_message: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.subcode = subcode
        self.kind = kind
        self.details = details
        self.is_transient = is_transient
        self.user_title = user_title
        self.user_message = user_message
        self.headers: Mapping[str, str] = {}

    def body(self, trace: str) -> Json:
        error: Json = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.is_transient is not None:
            error["is_transient"] = self.is_transient
        if self.user_title is not None:
            error["error_user_title"] = self.user_title
            error["error_user_msg"] = self.user_message
        error["fbtrace_id"] = trace
        return {"error": error}


def new_trace() -> str:
    return "A" + secrets.token_hex(11)


@cache
def catalogue() -> Mapping[tuple[int, int | None], ErrorEntry]:
    """Every code by (code, subcode), read once from the package."""
    rows = json.loads(FIXTURES.joinpath("errors.json").read_text())
    entries = [
        ErrorEntry(
            code=row["code"],
            subcode=row.get("subcode"),
            http_status=row["httpStatus"],
            title=row["title"],
            message=row.get("message", f"(#{row['code']}) {row['title']}"),
            details=row.get("details"),
            is_transient=row.get("transient", False),
            webhook_details=row.get("webhookDetails"),
        )
        for row in rows
    ]
    return MappingProxyType({(entry.code, entry.subcode): entry for entry in entries})


def entry_for(code: int, subcode: int | None = None) -> ErrorEntry | None:
    known = catalogue()
    if subcode is not None or (code, None) in known:
        return known.get((code, subcode))
    if code in PERMISSION_CODES:
        missing = known[PERMISSION_CODES[0], None]
        return replace(missing, code=code, message=f"(#{code}) {missing.title}")
    return next((entry for key, entry in known.items() if key[0] == code), None)


def refused(code: int, details: str | None = None) -> MetaError:
    """An error of the catalogue as a Graph answer."""
    entry = entry_for(code)
    if entry is None:
        raise LookupError(f"error code {code} is not in the catalogue")
    return MetaError(
        code,
        entry.message,
        http_status=entry.http_status,
        subcode=entry.subcode,
        details=details if details is not None else entry.details,
        is_transient=True if entry.is_transient else None,
    )


def failure(code: int, details: str | None = None) -> Json:
    """The same error as it stands in a webhook: no prefix, no trace."""
    entry = entry_for(code)
    if entry is None:
        raise LookupError(f"error code {code} is not in the catalogue")
    said = details or entry.webhook_details or entry.details or entry.title
    return {
        "code": code,
        "title": entry.title,
        "message": entry.title,
        "error_data": {"details": said},
        "href": ERROR_PAGE,
    }


def invalid_parameter(details: str) -> MetaError:
    return MetaError(100, "(#100) Invalid parameter", details=details)


def missing_parameter(name: str) -> MetaError:
    return refused(131008, f"The parameter {name} is required.")


def invalid_value(details: str) -> MetaError:
    return refused(131009, details)


def unknown_object(method: str, node_id: str) -> MetaError:
    """Wrong id and missing permission look the same on purpose."""
    return MetaError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{node_id}' does not exist, "
        "cannot be loaded due to missing permissions, or does not support this operation. "
        "Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api",
        subcode=33,
        kind="GraphMethodException",
    )


def unknown_path(path: str) -> MetaError:
    return MetaError(2500, f"Unknown path components: {path}")


def unknown_field(name: str, node_type: str) -> MetaError:
    return MetaError(
        100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})"
    )


def missing_permission(message: str, code: int = 200) -> MetaError:
    return MetaError(code, f"(#{code}) {message}", http_status=403)


def template_refused(subcode: int, title: str, message: str) -> MetaError:
    """Template and number management speak to a person: a title and a sentence to show."""
    return MetaError(
        100,
        "Invalid parameter",
        subcode=subcode,
        is_transient=False,
        user_title=title,
        user_message=message,
    )


def not_simulated(method: str, path: str) -> MetaError:
    """Meta has this call and the sandbox does not; saying so is better than guessing."""
    return MetaError(
        3,
        f"(#3) Not simulated: the sandbox has no {method} {path}. Meta's own API does.",
        http_status=501,
        kind="SandboxNotSimulated",
    )
