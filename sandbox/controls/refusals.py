"""What every control may answer instead of what was asked: in words, and in the document."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route


class Refusal(BaseModel):
    """Why a control did not do it."""

    detail: str | list[Any] = Field(description="A sentence, or one entry for each wrong value")


REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refusal, "description": "Not done; the detail says why"}
}


def name_other_methods(controls: FastAPI) -> None:
    """Let a 405 name every method of its path; the framework names those of one route."""

    @controls.exception_handler(405)
    async def refuse(request: Request, refused: HTTPException) -> Response:  # pyright: ignore[reportUnusedFunction]
        methods = {
            method
            for route in controls.routes
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
            for method in route.methods or ()
        }
        allowed = {"Allow": ", ".join(sorted(methods))}
        return JSONResponse({"detail": refused.detail}, 405, allowed)
