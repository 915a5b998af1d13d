"""HTTP answers of the Graph API: results and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from .errors import MetaError, new_trace
from .shapes import Json


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
