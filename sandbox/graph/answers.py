"""HTTP answers of the Graph API: results, refusals, and the broken ones of a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from ..shapes import Json
from .errors import MetaError, entry_for, new_trace
from .faults import FaultRule

HTML_FAULT = "<html><head><title>Error</title></head><body>Sorry, something broke.</body></html>"


def answered(
    body: Json, status: int, version: str, extra: Mapping[str, str] | None = None
) -> Response:
    return Response(
        json.dumps(body, separators=(",", ":")).encode("ascii"),
        status,
        headers={"facebook-api-version": version, "x-fb-trace-id": new_trace(), **(extra or {})},
        media_type="application/json",
    )


def refusal_of(error: MetaError, version: str, retry_after_s: int | None = None) -> Response:
    extra: dict[str, str] = {}
    if error.http_status == HTTPStatus.UNAUTHORIZED or error.code in (104, 190, 2500):
        said = error.message.encode("ascii", "replace").decode().replace('"', "'")
        extra["WWW-Authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{said}"'
    if retry_after_s is not None:
        extra["Retry-After"] = str(retry_after_s)
    return answered(error.body(new_trace()), error.http_status, version, extra)


def faulty(rule: FaultRule, version: str) -> tuple[Response, int | None]:
    extra = {} if rule.retry_after_s is None else {"Retry-After": str(rule.retry_after_s)}
    if rule.kind == "html":
        return Response(HTML_FAULT, rule.http_status or 502, extra, "text/html"), None
    if rule.kind == "empty":
        return Response(b"", rule.http_status or 200, extra), None
    entry = entry_for(rule.code if rule.code is not None else 1, rule.subcode)
    if entry is None:
        raise LookupError(f"error code {rule.code} is not in the catalogue")
    error = MetaError(
        entry.code,
        entry.message,
        http_status=rule.http_status or entry.http_status,
        subcode=entry.subcode,
        details=entry.details,
        is_transient=True if entry.is_transient else None,
    )
    return refusal_of(error, version, rule.retry_after_s), entry.code
