"""Whether the engine lives, whether it is ready, and what it counted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from ..runs.states import SegmentState
from ..storage.statements import insert
from ..storage.tables import accounts, events, listeners, segments, store
from .identity import hosting
from .shapes.health import Alive, NotReady, Ready
from .shapes.shape import shaped

if TYPE_CHECKING:
    from ..host.engine import Engine

router = APIRouter(tags=["health"])
READY_TIMEOUT_S = 2.0
METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/healthz", response_model=shaped(Alive))
async def healthz() -> dict[str, str]:
    """Answer as long as the process can."""
    return {"status": "alive"}


@router.get("/readyz", response_model=shaped(Ready), responses={503: {"model": NotReady}})
async def readyz(request: Request) -> Response:
    """Answer 200 when requests can be served: started, all tasks at work, the database writes.

    `hasTurn` says whether this process routes and executes, or stands by for the one that does.

    `leftOut` names the installed connectors that the engine goes on without, `troubles` what fails
    at present: beside 200, of a connector's own tasks, which keep nobody else from being served.
    """
    engine = hosting(request)
    if not engine.is_ready:
        return JSONResponse({"status": "not ready", "reason": "starting or stopping"}, 503)
    troubles = engine.tasks.troubles()
    if reason := await _database_trouble(engine):
        troubles["database"] = reason
    if troubles:
        reason = "; ".join(f"{name}: {reason}" for name, reason in troubles.items())
        return JSONResponse({"status": "not ready", "reason": reason, "troubles": troubles}, 503)
    left_out = [
        {"distribution": each.distribution, "entryPoint": each.entry_point, "reason": each.reason}
        for each in engine.left_out
    ]
    of_plugins = [host.tasks.troubles() for host in engine.hosts.values()]
    if engine.temporal is not None:
        # Requests are answered all the same; what follows from them waits.
        of_plugins.append(engine.temporal.troubles())
    return JSONResponse(
        {
            "status": "ready",
            "hasTurn": engine.turn.is_mine.is_set(),
            "leftOut": left_out,
            "troubles": {name: reason for each in of_plugins for name, reason in each.items()},
        }
    )


async def _database_trouble(engine: Engine) -> str:
    """Return why the database cannot be used, or nothing."""
    if not engine.writer.is_alive:
        return "the thread that writes has ended; start the engine again"
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            await engine.rows(sa.select(sa.literal(1)))
            if engine.writer.trouble:  # perhaps it is over
                await engine.writer.commit(_write_something)
    except (SQLAlchemyError, TimeoutError) as error:
        return engine.writer.trouble or f"it does not answer ({type(error).__name__})"
    return ""


def _write_something(connection: sa.Connection) -> None:
    row = {"namespace": "engine:probe", "key": "probe", "value": "1", "expires_at": None}
    connection.execute(insert(store, connection).values(row).on_conflict_do_nothing())
    connection.execute(sa.delete(store).where(store.c.namespace == row["namespace"]))


@router.get("/metrics", response_class=Response, responses=METRICS)
async def metrics(request: Request) -> Response:
    """Return the counters in Prometheus's text format."""
    engine = hosting(request)
    counters = engine.metrics
    counters.watchers.set(engine.stream.watchers)
    counters.turn.set(engine.turn.is_mine.is_set())
    repeats = sa.select(sa.func.coalesce(sa.func.sum(events.c.duplicates), 0).label("entries"))
    counters.totals.events = engine.events.stored
    counters.totals.duplicates = int((await engine.rows(repeats))[0].entries)
    count = sa.func.count().label("entries")
    states = sa.select(accounts.c.service, accounts.c.state, count)
    counters.accounts.clear()
    for row in await engine.rows(states.group_by(accounts.c.service, accounts.c.state)):
        counters.accounts.labels(row.service, row.state).set(row.entries)
    routes = sa.select(listeners.c.connector, count).group_by(listeners.c.connector)
    counters.listeners.clear()
    for row in await engine.rows(routes):
        counters.listeners.labels(row.connector).set(row.entries)
    queued = sa.select(count).where(segments.c.state == SegmentState.QUEUED.value)
    counters.queued.set((await engine.rows(queued))[0].entries)
    return Response(counters.text(), media_type=counters.content_type)
