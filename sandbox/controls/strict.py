"""JSON that is sent to the controls, read as strictly as everywhere else in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from ..protocol.parameters import parse_json


class StrictRequest(Request):
    """Takes nothing that could not be written down again: NaN, half characters, deep nesting."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            return parse_json(body)
        except ValueError as wrong:
            # The one error of which FastAPI makes its own 422.
            raise json.JSONDecodeError(str(wrong), "", 0) from None


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await answer(StrictRequest(request.scope, request.receive))

        return strictly


def wrong_value(place: str, sentence: str) -> HTTPException:
    """The same 422 for what only the world can tell to be wrong; `place` is a part of the body."""
    return HTTPException(422, [{"type": "value_error", "loc": ["body", place], "msg": sentence}])
