"""JSON bodies: how the routes of the API have theirs read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from ..contract import RejectedError
from ..strict_json import UNREADABLE, read_json
from ..values import is_object

SMALL_BYTES = 50_000
# No body has more names by itself, and each that nobody knows is answered with a sentence.
MAX_NAMES = 1_000


class JsonRoute(APIRoute):
    """A route whose body is read by read_json."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_strictly(request: Request) -> Response:
            return await answer(_JsonRequest(request.scope, request.receive))

        return answer_strictly


class _JsonRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        if len(body) <= SMALL_BYTES:
            content = read_json(body)
        else:
            content = await asyncio.to_thread(read_json, body)
        if is_object(content) and len(content) > MAX_NAMES:
            cause = f"It has more than {MAX_NAMES:,} names."
            raise RejectedError(UNREADABLE, cause, "Compare it with /api/openapi.json.")
        return content
