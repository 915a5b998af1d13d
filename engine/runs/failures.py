"""Which flows have failed of late, how often, and what was said the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..storage.storage import Storage
from ..storage.tables import runs, steps
from .fates import HAPPENED, runs_with, step_has
from .states import RunState, StepState

DAY_S = 86_400.0
# So many of the newest runs are looked at, and so many that have failed.
MAX_RUNS, MAX_FAILED = 20_000, 500
LATER = "Something that it sent has failed afterwards; the run says what and why."


@dataclass(frozen=True)
class Failed:
    """The failures of one flow."""

    flow_id: str
    flow_key: str
    count: int
    run_id: str
    error: dict[str, Any] | None
    started_at: float


@dataclass(frozen=True)
class Failures:
    """The failures of all owners' flows; every call names the owner."""

    storage: Storage

    async def of_late(self, owner_id: str, within_s: float = DAY_S) -> list[Failed]:
        """Return the flows that have failed, by themselves or by what they sent; tests aside."""
        since = self.storage.clock.now - within_s
        return await self.storage.readers.read(lambda c: _failed(c, owner_id, since))


def _failed(connection: sa.Connection, owner_id: str, since: float) -> list[Failed]:
    mine = [runs.c.owner_id == owner_id, runs.c.started_at >= since]
    newest_first = sa.select(runs.c.started_at).where(*mine).order_by(runs.c.started_at.desc())
    end = connection.scalar(newest_first.offset(MAX_RUNS - 1).limit(1))
    if end is not None:
        mine.append(runs.c.started_at >= end)
    is_unknown = (runs.c.state == RunState.UNKNOWN) & _has_open_step()
    is_bad = (runs.c.state == RunState.FAILED) | is_unknown
    mine += [runs.c.is_test.is_(False), is_bad | runs_with("failed")]
    # What was said of a step that nobody knew of is not so any more once its fate is told.
    error = sa.case((is_bad, runs.c.error), else_=sa.null()).label("error")
    columns = (runs.c.id, runs.c.flow_id, runs.c.flow_key, error, runs.c.started_at)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(*columns).where(*mine).order_by(runs.c.started_at.desc(), runs.c.id)
    )
    return _by_flow(connection.execute(query.limit(MAX_FAILED)).all())


def _has_open_step() -> sa.ColumnElement[bool]:
    """Say of a run that a step of it has failed, or that still nobody knows whether it happened."""
    is_open = (steps.c.state == StepState.UNKNOWN) & ~step_has(*HAPPENED, "failed")
    bad = sa.select(steps.c.id).where(
        steps.c.run_id == runs.c.id, is_open | (steps.c.state == StepState.FAILED)
    )
    return bad.correlate(runs).exists()


def _by_flow(rows: Sequence[sa.Row[Any]]) -> list[Failed]:
    newest: dict[str, sa.Row[Any]] = {}
    counts: dict[str, int] = {}
    for row in rows:
        newest.setdefault(row.flow_key, row)
        counts[row.flow_key] = counts.get(row.flow_key, 0) + 1
    return [
        Failed(row.flow_id, key, counts[key], row.id, row.error, row.started_at)
        for key, row in newest.items()
    ]
