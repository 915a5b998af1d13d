"""Removing what has grown old."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

from .database import answers, events, flow_versions, flows, runs, segments, steps
from .segments import DONE
from .store import delete_expired

if TYPE_CHECKING:
    from .engine import Engine

DAY_S = 86_400.0
# Services deliver an event again for up to seven days, so duplicates are known for twice as long.
KEEP_EVENTS_S = 14 * DAY_S
KEEP_RUNS_S = 30 * DAY_S
KEEP_ANSWERS_S = 2 * DAY_S
INTERVAL_S = 600.0
RUNS_AT_ONCE = 500


async def housekeep(engine: Engine) -> None:
    """Remove old records every few minutes until cancelled."""
    while True:
        await asyncio.sleep(INTERVAL_S)
        try:
            await remove_old(engine, now=time.time())
        except SQLAlchemyError as error:
            engine.log.error("housekeeping_failed", error=type(error).__name__)


async def remove_old(engine: Engine, *, now: float) -> None:
    """Remove what is older than it is kept; runs that have not ended stay."""
    await engine.writer.commit(lambda connection: delete_expired(connection, now))
    await engine.writer.commit(lambda connection: _remove_events(connection, now))
    while gone := await engine.writer.commit(lambda connection: _remove_runs(connection, now)):
        await DBOS.delete_workflows_async(gone)


def _remove_events(connection: sa.Connection, now: float) -> None:
    old = sa.select(sa.func.max(events.c.seq)).where(events.c.received_at < now - KEEP_ANSWERS_S)
    connection.execute(sa.delete(answers).where(answers.c.seq <= old.scalar_subquery()))
    used = sa.select(runs.c.event_seq)
    connection.execute(
        sa.delete(events).where(
            events.c.received_at < now - KEEP_EVENTS_S, events.c.seq.not_in(used)
        )
    )
    gone = flow_versions.c.flow_key.not_in(
        sa.select(flows.c.key)
    ) & flow_versions.c.flow_key.not_in(sa.select(runs.c.flow_key))
    connection.execute(sa.delete(flow_versions).where(gone))


def _remove_runs(connection: sa.Connection, now: float) -> list[str]:
    query = sa.select(runs.c.id).where(runs.c.ended_at < now - KEEP_RUNS_S).limit(RUNS_AT_ONCE)
    old = list(connection.scalars(query))
    if not old:
        return []
    workflows = list(
        connection.scalars(
            sa.select(segments.c.id).where(segments.c.run_id.in_(old), segments.c.state == DONE)
        )
    )
    for table, column in (
        (steps, steps.c.run_id),
        (segments, segments.c.run_id),
        (runs, runs.c.id),
    ):
        connection.execute(sa.delete(table).where(column.in_(old)))
    return [*workflows, *(f"wake:{each}" for each in workflows)]
