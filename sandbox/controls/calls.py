"""The controls that show the log of Graph calls."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

from ..protocol.shapes import Json
from ..world.call_log import GraphCall
from ..world.world import World
from .views import shown_call, shown_call_with_bodies

Limit = Annotated[int, Query(ge=1, le=10_000)]
Status = Annotated[int | None, Query(ge=0, le=599, description="0 is a broken connection")]
Path = Annotated[str | None, Query(description="A part of the path, such as /messages")]
FIRST_REFUSAL = 400


def call_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/calls")
    async def calls(
        limit: Limit = 100,
        method: str | None = None,
        path: Path = None,
        status: Status = None,
        errors_only: Annotated[bool, Query(alias="errorsOnly")] = False,
    ) -> Json:
        """The latest Graph calls, newest first; those that fit all that is asked."""
        fitting = [
            call
            for call in world.calls.latest()
            if (method is None or call.method == method.upper())
            and (path is None or path in call.path)
            and (status is None or call.status == status)
            and (not errors_only or is_error(call))
        ]
        return {"calls": [shown_call(call) for call in fitting[:limit]]}

    @controls.get(
        "/_sandbox/calls/{call_id}",
        responses={404: {"description": "There is no such call in the log."}},
    )
    async def call(call_id: str) -> Json:
        """One call with what was sent and answered; tokens, secrets and PINs are hidden."""
        found = world.calls.get(call_id)
        if found is None:
            raise HTTPException(404, "There is no such call in the log (any more).")
        return shown_call_with_bodies(found)


def is_error(call: GraphCall) -> bool:
    return call.status == 0 or call.status >= FIRST_REFUSAL
