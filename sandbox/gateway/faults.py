"""What a fault answers in the place of Graph: an error of the catalogue, or something broken."""

from __future__ import annotations

import json

from starlette.responses import Response

from ..protocol.answers import refusal_of
from ..protocol.errors import MetaError, entry_for
from ..protocol.shapes import Json
from ..world.faults import FaultRule

# https://developers.facebook.com/docs/graph-api/overview/rate-limiting
APP_LIMITS = frozenset({4, 17, 32, 613})
ACCOUNT_LIMITS = frozenset({80007, 80008})
MINUTE_S = 60
HTML_FAULT = "<html><head><title>Error</title></head><body>Sorry, something broke.</body></html>"


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
