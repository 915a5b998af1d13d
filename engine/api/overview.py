"""What there is to know at a glance, over HTTP: the bell, and numbers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ..host.bell import Bell
from ..host.engine_state import engine_state
from .bodies import JsonRoute
from .identity import Caller, hosting
from .shapes.overview import OwnerNotices, Statistics
from .shapes.shape import shaped

router = APIRouter(prefix="/api", tags=["overview"], route_class=JsonRoute)


@router.get("/notices", response_model=shaped(OwnerNotices))
async def list_notices(request: Request, caller: Caller) -> dict[str, Any]:
    """Return what you have to know: accounts, flows that fail or do not run, the engine itself.

    Ask again when the stream tells of an account, of a flow, or of a run that has failed.
    """
    engine = hosting(request)
    troubles: dict[str, str] | None = None
    if caller.is_administrator:
        troubles = engine.tasks.troubles()
        for host in engine.hosts.values():
            troubles |= host.tasks.troubles()
        if engine.temporal is not None:
            troubles |= engine.temporal.troubles()
    bell = Bell(engine.accounts, engine.flows, engine.storage, engine.hosted)
    return {"notices": await bell.notices(caller.owner_id, troubles)}


@router.get("/statistics", response_model=shaped(Statistics))
async def get_statistics(request: Request, caller: Caller) -> dict[str, Any]:
    """Return the runs of the last day and week, how they ended, and what became of their sends."""
    engine = hosting(request)
    counts = await engine.runs.statistics.of(caller.owner_id)
    is_mine = caller.is_administrator
    state = await engine_state(engine.storage, engine.settings, engine.limits) if is_mine else None
    return {**counts, "engine": state}
