"""HTTP answers of the Graph API: results, refusals, and the broken ones of a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from ..shapes import Json
from .errors import MetaError, entry_for, new_trace
from .faults import FaultRule

# https://developers.facebook.com/docs/graph-api/overview/rate-limiting
APP_LIMITS = frozenset({4, 17, 32, 613})
ACCOUNT_LIMITS = frozenset({80007, 80008})
MINUTE_S = 60
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


def refusal_of(error: MetaError, version: str) -> Response:
    extra = dict(error.headers)
    if error.http_status == HTTPStatus.UNAUTHORIZED or error.code in (104, 190, 2500):
        said = error.message.encode("ascii", "replace").decode().replace('"', "'")
        extra["WWW-Authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{said}"'
    return answered(error.body(new_trace()), error.http_status, version, extra)


def faulty(rule: FaultRule, version: str, waba_id: str | None) -> tuple[Response, int | None]:
    """The answer of a fault; `waba_id` is the account that was asked, for the usage headers."""
    extra = dict(rule.headers)
    if rule.retry_after_s is not None:
        extra["Retry-After"] = str(rule.retry_after_s)
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
    error.headers = {**exhausted(entry.code, waba_id, rule.retry_after_s), **extra}
    return refusal_of(error, version), entry.code


def exhausted(code: int, waba_id: str | None, wait_s: int | None) -> dict[str, str]:
    """The usage headers that come with an error about too many calls."""
    usage: Json = {"call_count": 100, "total_time": 100, "total_cputime": 100}
    if code in APP_LIMITS:
        return {"X-App-Usage": json.dumps(usage)}
    if code not in ACCOUNT_LIMITS or waba_id is None:
        return {}
    minutes = -(-wait_s // MINUTE_S) if wait_s is not None else MINUTE_S
    usage |= {"type": "whatsapp", "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({waba_id: [usage]})}
