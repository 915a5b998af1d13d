"""Runs as people see them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ..contract import FateState, RejectedError
from ..storage.storage import Storage
from ..storage.tables import events, lists, runs, segments, steps
from ..times import iso
from .about import About
from .fates import Fates
from .searching import Search
from .states import ListState, RunState, SegmentState
from .statistics import Statistics

# So many steps, and so many waits, are shown with a run.
FIRST_PAGE = 100


@dataclass(frozen=True)
class Runs:
    """The runs of all owners; every call names the owner, and finds nobody else's."""

    storage: Storage
    fates: Fates

    @cached_property
    def statistics(self) -> Statistics:
        return Statistics(self.storage)

    async def list(
        self,
        owner_id: str,
        *,
        flow_id: str | None = None,
        status: str | None = None,
        fate: FateState | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return the newest runs first."""
        search = Search(flow_id=flow_id, status=status, fate=fate)
        page = await self.find(owner_id, search, limit=limit)
        found: list[dict[str, Any]] = page["runs"]
        return found

    async def find(
        self, owner_id: str, search: Search, *, before: str | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Return the newest runs that are looked for, and in `next` from where to look further.

        `before` is the `next` of the page before. Among those that have failed are also those of
        which only a later fate tells it.
        """
        rows, further = await self.storage.readers.read(
            lambda connection: search.find(connection, owner_id, before, limit)
        )
        return {"runs": await self._summaries(rows), "next": further}

    async def _summaries(self, rows: Sequence[sa.Row[Any]]) -> Sequence[dict[str, Any]]:
        ids = [row.id for row in rows]
        counts = await self.fates.counts(ids)
        about = await self.storage.readers.read(lambda connection: About.read(connection, rows))
        return [{**_summary(row, counts), **about.run(row)} for row in rows]

    async def get(self, owner_id: str, run_id: str) -> dict[str, Any]:
        """Return a run with its first steps, and what it waits for; raise LookupError."""
        row = await self._row(owner_id, run_id)
        is_open = (segments.c.run_id == run_id) & _is_open()
        waits = (
            sa.select(segments)
            .where(is_open)
            .order_by(segments.c.rank, segments.c.id)
            .limit(FIRST_PAGE)
        )
        event = sa.select(events.c.id).where(events.c.seq == row.event_seq)
        page = await self._page(run_id, None, FIRST_PAGE)
        [summary] = await self._summaries([row])
        return {
            **summary,
            "eventKey": next((each.id for each in await self.storage.rows(event)), None),
            **page,
            "stepCount": await self._count(steps, steps.c.run_id == run_id),
            "waits": [
                *await self._before(row),
                *(_wait(each) for each in await self.storage.rows(waits)),
            ],
            "waitCount": await self._count(segments, is_open),
            "lists": await self._lists(run_id),
        }

    async def order_key(self, run_id: str) -> str | None:
        """Return in which order a run goes one after the other with others."""
        mine = sa.select(segments.c.order_key).where(segments.c.id == run_id)
        return next((str(row.order_key) for row in await self.storage.rows(mine)), None)

    async def steps(
        self, owner_id: str, run_id: str, *, after: str | None = None, limit: int = FIRST_PAGE
    ) -> dict[str, Any]:
        """Return the next steps of a run in the order in which they came to their present state.

        `after` is the `next` of the page before. A step that changes comes once more at the end.
        """
        await self._row(owner_id, run_id)
        return await self._page(run_id, after, limit)

    async def _row(self, owner_id: str, run_id: str) -> sa.Row[Any]:
        mine = sa.select(runs).where(runs.c.owner_id == owner_id, runs.c.id == run_id)
        row = next(iter(await self.storage.rows(mine)), None)
        if row is None:
            raise LookupError(f"There is no run {run_id!r}.")
        return row

    async def _count(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count().label("rows")).select_from(table).where(which)
        [row] = await self.storage.rows(query)
        return int(row.rows)

    async def _page(self, run_id: str, after: str | None, limit: int) -> dict[str, Any]:
        query = sa.select(steps).where(steps.c.run_id == run_id)
        if after is not None:
            place = sa.tuple_(*map(sa.literal, _place(after)))
            query = query.where(sa.tuple_(steps.c.changed_at, steps.c.id) > place)
        query = query.order_by(steps.c.changed_at, steps.c.id).limit(limit)
        found = await self.storage.rows(query)
        last = f"{found[-1].changed_at!r}:{found[-1].id}" if found else after
        fates = await self.fates.of_steps(found)
        shown = [{**_step(each), "fate": fates.get(each.id)} for each in found]
        return {"steps": shown, "next": last}

    async def _lists(self, run_id: str) -> Sequence[dict[str, Any]]:
        """Return the lists that are not done, the outermost first."""
        is_open = (lists.c.run_id == run_id) & (lists.c.state == ListState.OPEN.value)
        query = sa.select(lists).where(is_open).order_by(lists.c.position, lists.c.id)
        return [
            {
                "stepId": row.id,
                "component": row.component,
                "values": row.length,
                "steps": row.size,
                "begun": row.begun,
                "atOnce": row.at_once,
            }
            for row in await self.storage.rows(query.limit(FIRST_PAGE))
        ]

    async def _before(self, row: sa.Row[Any]) -> Sequence[dict[str, Any]]:
        """Return the run of the same conversation that a run which has not begun waits for."""
        if row.state != RunState.RUNNING:
            return []
        mine = sa.select(segments).where(
            segments.c.id == row.id, segments.c.state == SegmentState.QUEUED.value
        )
        first = next(iter(await self.storage.rows(mine)), None)
        if first is None or first.order_key == row.id:
            return []
        is_before = (segments.c.state == SegmentState.QUEUED.value) & (segments.c.rank < first.rank)
        earlier = (
            sa.select(segments.c.run_id)
            .where(is_before, segments.c.order_key == first.order_key)
            .order_by(segments.c.rank)
            .limit(1)
        )
        return [
            {
                "component": None,
                "reason": f"Run {each.run_id} of the same conversation is first.",
                "status": SegmentState.QUEUED.value,
                "key": None,
                "until": None,
            }
            for each in await self.storage.rows(earlier)
        ]


def _is_open() -> sa.ColumnElement[bool]:
    states = [each.value for each in SegmentState if each != SegmentState.DONE]
    return segments.c.state.in_(states)


def _place(after: str) -> tuple[float, str]:
    """Read what a page gave as its `next`; raise RejectedError for anything else."""
    number, _, step_id = after.partition(":")
    try:
        at = float(number)
    except ValueError:
        at = math.nan
    if not math.isfinite(at) or not step_id:
        raise RejectedError(
            "There is no such page",
            "`after` is no place among the steps of a run.",
            "Give the `next` of the page before, as it stands there.",
            "after",
        )
    return at, step_id


def _summary(row: sa.Row[Any], fates: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    return {
        "id": row.id,
        "flowId": row.flow_id,
        "version": row.version,
        "isTest": row.is_test,
        "trigger": row.trigger,
        "eventId": row.event_seq or None,
        "status": row.state,
        "error": row.error,
        "startedAt": iso(row.started_at),
        "endedAt": iso(row.ended_at),
        "durationS": None if row.ended_at is None else round(row.ended_at - row.started_at, 3),
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
        "outputCounts": row.counts,
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
