"""Errors as HTTP answers: a status for machines, a sentence with cause and cure for people."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)
from ..errors import (
    ConflictError,
    CrowdedError,
    ForbiddenError,
    MisdirectedError,
    NotFoundError,
    OutdatedError,
    TooLargeError,
    TooSlowError,
    UnauthenticatedError,
)
from ..flows.models import FlowFaults
from ..flows.sentences import sentence_of
from ..storage.database import DATABASE_AWAY
from ..storage.patience import StoringTimeout

if TYPE_CHECKING:
    from ..host.engine import Engine

# The first class that fits decides, so the narrow ones come first.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (MisdirectedError, 421),
    (ConflictError, 409),
    (OutdatedError, 412),
    (TooSlowError, 408),
    (TooLargeError, 413),
    (CrowdedError, 503),
    (AuthorizationError, 409),
    (ConfigurationError, 409),
    (RejectedError, 422),
    (ThrottledError, 429),
    (OutcomeUnknownError, 504),
)
JSON = "Send JSON with the header Content-Type: application/json."
STATUS_TITLES: Mapping[int, tuple[str, str, str]] = {
    400: ("The request cannot be read", "Its body is not what this address takes.", JSON),
    404: (
        "There is nothing at this address",
        "The path is misspelled, or belongs to another version.",
        "Every address is listed in /api/openapi.json.",
    ),
    405: (
        "This address does not take this method",
        "It is read, changed or removed by another one.",
        "Look it up in /api/openapi.json.",
    ),
}
UNFORESEEN = (
    "The request is refused",
    "It is not what this address takes.",
    "Compare it with /api/openapi.json.",
)
RETRY_SOON_S = 1


def answer(
    status: int,
    title: str,
    cause: str = "",
    cure: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Response:
    """Return an error; `facts` that are None or empty are left out."""
    error = {"title": title, "cause": cause, "cure": cure}
    error |= {key: value for key, value in facts.items() if value not in (None, "")}
    content = json.dumps({"error": error, **(more or {})}, ensure_ascii=False).encode()
    return Response(content, status, headers, "application/json")


def answer_connector_error(error: ConnectorError) -> Response:
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 422)
    headers: dict[str, str] = {}
    if isinstance(error, ThrottledError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    return answer(
        status,
        error.title,
        error.cause,
        error.cure,
        headers=headers,
        field=error.field,
        code=error.code,
        subcode=error.subcode,
        trace=error.trace,
        mend=error.mend,
    )


def answer_not_found(error: LookupError) -> Response:
    return answer(
        404,
        str(error),
        "Nothing that you may see goes by this name or id.",
        "Check the spelling; lists show what there is.",
    )


def answer_flow_faults(error: FlowFaults) -> Response:
    faults = [{"path": fault.path, "text": fault.text} for fault in error.faults]
    return answer(
        422,
        error.title,
        error.faults[0].text if error.faults else "",
        "Correct what is named and send it again.",
        field=error.faults[0].path if error.faults else "",
        more={"errors": faults},
    )


def answer_not_ready() -> Response:
    return answer(
        503,
        "The engine is not ready",
        "It is starting or stopping.",
        "Try again in a moment.",
        headers={"Retry-After": str(RETRY_SOON_S)},
    )


def answer_cut_short() -> Response:
    return answer(
        503,
        "The engine is being stopped",
        "What was asked for had not ended by then, and may have been done.",
        "Look whether it is there before you do it again.",
        headers={"Connection": "close"},
    )


def answer_database_error() -> Response:
    return answer(
        503,
        "The database does not answer",
        "It is busy, full or out of reach.",
        "Try again; if it lasts, look at the log and at the disk.",
        headers={"Retry-After": "5"},
    )


def answer_storing_timeout() -> Response:
    return answer(
        503,
        "The database does not answer",
        "It has not said in time whether it has taken what you asked for, and may take it yet.",
        "Look whether it is there before you do it again.",
        headers={"Retry-After": "5"},
    )


def answer_unexpected(engine: Engine, error: Exception, path: str) -> Response:
    """Log what nobody foresaw and name it by a reference."""
    reference = uuid.uuid4().hex[:12]
    engine.log.error("request_failed", reference=reference, path=path, exc_info=error)
    return answer(
        500,
        "Something unexpected went wrong inside the engine",
        f"{type(error).__name__}; the log tells more under {reference}.",
        "Report it with this reference.",
        reference=reference,
    )


def answer_any(engine: Engine, error: Exception, path: str) -> Response:
    """Return the answer for any exception."""
    if isinstance(error, ConnectorError):
        return answer_connector_error(error)
    if isinstance(error, FlowFaults):
        return answer_flow_faults(error)
    if isinstance(error, NotFoundError) or type(error) is LookupError:
        return answer_not_found(error)
    if isinstance(error, StoringTimeout):
        engine.log.error("database_failed", path=path, reason=str(error))
        return answer_storing_timeout()
    if isinstance(error, (SQLAlchemyError, *DATABASE_AWAY)):
        engine.log.error("database_failed", path=path, exc_info=error)
        return answer_database_error()
    return answer_unexpected(engine, error, path)


def add_error_answers(app: FastAPI) -> None:
    """Let what FastAPI itself refuses look like every other error."""
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)


async def _answer_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [{"path": _path(each), "text": _sentence(each)} for each in error.errors()]
    if isinstance(error.body, bytes):  # not read as JSON, because it was not said to be any
        return answer(422, "The request cannot be read", "It does not say that it is JSON.", JSON)
    return answer(
        422,
        "The request has a fault",
        faults[0]["text"],
        "Correct it and send it again.",
        field=faults[0]["path"],
        more={"errors": faults},
    )


async def _answer_http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # FastAPI wraps what happened while it read the body.
    if isinstance(error.__cause__, ConnectorError):
        return answer_connector_error(error.__cause__)
    title, cause, cure = STATUS_TITLES.get(error.status_code, UNFORESEEN)
    return answer(error.status_code, title, cause, cure, headers=error.headers)


def _path(fault: Mapping[str, Any]) -> str:
    # The first part says where it came from: the body, the query or the path.
    return "" if fault["type"] == "json_invalid" else ".".join(map(str, fault["loc"][1:]))


def _sentence(fault: Mapping[str, Any]) -> str:
    return "The body is not JSON." if fault["type"] == "json_invalid" else sentence_of(fault)
