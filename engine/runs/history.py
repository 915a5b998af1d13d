"""Runs as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import FateState
from ..storage.storage import Storage
from ..storage.tables import events, runs, segments, steps
from ..times import iso
from .fates import Fates, runs_with
from .states import RunState, SegmentState


@dataclass(frozen=True)
class Runs:
    """The runs of all owners; every call names the owner, and finds nobody else's."""

    storage: Storage
    fates: Fates

    async def list(
        self,
        owner_id: str,
        *,
        flow_id: str | None = None,
        status: str | None = None,
        fate: FateState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return the newest runs first; `before` is the id of the last run of the page before.

        Among those that have failed are also those of which only a later fate tells it.
        """
        query = sa.select(runs).where(runs.c.owner_id == owner_id)
        if flow_id is not None:
            query = query.where(runs.c.flow_id == flow_id)
        if status == RunState.FAILED:
            query = query.where(sa.or_(runs.c.state == status, runs_with("failed")))
        elif status is not None:
            query = query.where(runs.c.state == status)
        if fate is not None:
            query = query.where(runs_with(fate))
        if before is not None:
            last = runs.alias()
            place = sa.select(last.c.started_at, last.c.id).where(last.c.id == before)
            query = query.where(sa.tuple_(runs.c.started_at, runs.c.id) < place.scalar_subquery())
        query = query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        found = await self.storage.rows(query)
        counts = await self.fates.counts([row.id for row in found])
        return [_summary(row, counts) for row in found]

    async def get(self, owner_id: str, run_id: str) -> dict[str, Any]:
        """Return a run with every step, and what it waits for; raise LookupError."""
        mine = sa.select(runs).where(runs.c.owner_id == owner_id, runs.c.id == run_id)
        row = next(iter(await self.storage.rows(mine)), None)
        if row is None:
            raise LookupError(f"There is no run {run_id!r}.")
        of_run = sa.select(steps).where(steps.c.run_id == run_id)
        in_order = of_run.order_by(steps.c.started_at, steps.c.position, steps.c.id)
        is_open = segments.c.state != SegmentState.DONE.value
        waits = sa.select(segments).where(segments.c.run_id == run_id, is_open)
        event = sa.select(events.c.id).where(events.c.seq == row.event_seq)
        ended = await self.storage.rows(in_order)
        fates = await self.fates.of_steps(ended)
        return {
            **_summary(row, await self.fates.counts([run_id])),
            "eventKey": next((each.id for each in await self.storage.rows(event)), None),
            "steps": [{**_step(each), "fate": fates.get(each.id)} for each in ended],
            "waits": [_wait(each) for each in await self.storage.rows(waits)],
        }


def _summary(row: sa.Row[Any], fates: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    return {
        "id": row.id,
        "flowId": row.flow_id,
        "version": row.version,
        "isTest": row.is_test,
        "trigger": row.trigger,
        "eventId": row.event_seq,
        "status": row.state,
        "error": row.error,
        "startedAt": iso(row.started_at),
        "endedAt": iso(row.ended_at),
        "fates": fates.get(row.id, {}),
    }


def _step(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "component": row.component,
        "type": row.type,
        "status": row.state,
        "attempt": row.attempt,
        "input": row.input,
        "output": row.output,
        "error": row.error,
        "startedAt": iso(row.started_at),
        "durationS": round(row.duration_s, 6),
    }


def _wait(row: sa.Row[Any]) -> dict[str, Any]:
    delivery = row.work.get("delivery", {})
    return {
        "component": delivery.get("component"),
        "reason": delivery.get("reason", ""),
        "status": row.state,
        "key": row.key,
        "until": iso(row.expires_at),
    }
