"""Runs as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..storage.storage import Storage
from ..storage.tables import events, runs, segments, steps
from ..times import iso
from .states import SegmentState


@dataclass(frozen=True)
class Runs:
    """The runs of all owners; every call names the owner, and finds nobody else's."""

    storage: Storage

    async def list(
        self,
        owner_id: str,
        *,
        flow_id: str | None = None,
        status: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return the newest runs first; `before` is the id of the last run of the page before."""
        query = sa.select(runs).where(runs.c.owner_id == owner_id)
        if flow_id is not None:
            query = query.where(runs.c.flow_id == flow_id)
        if status is not None:
            query = query.where(runs.c.state == status)
        if before is not None:
            last = runs.alias()
            place = sa.select(last.c.started_at, last.c.id).where(last.c.id == before)
            query = query.where(sa.tuple_(runs.c.started_at, runs.c.id) < place.scalar_subquery())
        query = query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        return [_summary(row) for row in await self.storage.rows(query)]

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
        return {
            **_summary(row),
            "eventKey": next((each.id for each in await self.storage.rows(event)), None),
            "steps": [_step(each) for each in await self.storage.rows(in_order)],
            "waits": [_wait(each) for each in await self.storage.rows(waits)],
        }


def _summary(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "flowId": row.flow_id,
        "version": row.version,
        "trigger": row.trigger,
        "eventId": row.event_seq,
        "status": row.state,
        "error": row.error,
        "startedAt": iso(row.started_at),
        "endedAt": iso(row.ended_at),
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
