"""The states of runs: locked, set, and settled from what is left of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..storage.database import mapping
from ..storage.notices import put_failure
from ..storage.statements import Prepared, PreparedChange, PreparedSelect
from ..storage.tables import lists, runs, segments, steps
from .states import ListState, RunState, SegmentState, StepState


def settle_run(
    connection: sa.Connection,
    run_id: str,
    now: float,
    present: RunState | None = None,
    *,
    is_over: bool = False,
) -> RunState:
    """Set the run's state from its segments, lists and steps, and return it.

    `present` is its state where it is locked already. Of one that `is_over` no segment counts any
    more.
    """
    present = present or lock_run(connection, run_id)
    if present.is_final:
        return present
    state, error = RunState.COMPLETED if is_over else _rest_of(connection, run_id), None
    if present == RunState.HELD and not state.is_final:
        return present
    if state in (RunState.COMPLETED, RunState.PAUSED):
        bad = connection.execute(
            sa.select(steps.c.state, steps.c.error)
            .where(
                steps.c.run_id == run_id,
                steps.c.state.in_([StepState.FAILED, StepState.UNKNOWN, StepState.PAUSED]),
            )
            .order_by(steps.c.started_at)
            .limit(1)
        ).first()
        if bad:
            error = bad.error
        if bad and state == RunState.COMPLETED:
            is_unknown = bad.state == StepState.UNKNOWN
            state = RunState.UNKNOWN if is_unknown else RunState.FAILED
    if state != present or error is not None:
        set_run(connection, run_id, state, error, now)
    return state


_LEFT = PreparedSelect(
    lambda _: sa.select(
        *(
            sa.exists()
            .where(
                segments.c.run_id == sa.bindparam("run"),
                segments.c.state == sa.literal_column(f"'{each.value}'"),
            )
            .label(each.value)
            for each in SegmentState
            if each != SegmentState.DONE
        ),
        sa.exists()
        .where(
            lists.c.run_id == sa.bindparam("run"),
            lists.c.state == sa.literal_column(f"'{ListState.OPEN.value}'"),
        )
        .label("open"),
    )
)


def _rest_of(connection: sa.Connection, run_id: str) -> RunState:
    """Return what a run is that has such segments and lists left; `completed` without any."""
    [found] = _LEFT.rows(connection, (), {"run": run_id})
    row = mapping(found)
    for of_segment, of_run in (
        (SegmentState.QUEUED, RunState.RUNNING),
        (SegmentState.HELD, RunState.HELD),
        (SegmentState.PAUSED, RunState.PAUSED),
        (SegmentState.WAITING, RunState.WAITING),
        ("open", RunState.RUNNING),
    ):
        if row[of_segment]:
            return of_run
    return RunState.COMPLETED


_COMPLETE = PreparedChange(
    lambda ids: (
        sa.update(runs)
        .where(
            runs.c.id.in_(ids), runs.c.state != sa.literal_column(f"'{RunState.CANCELLED.value}'")
        )
        .values(
            state=sa.literal_column(f"'{RunState.COMPLETED.value}'"),
            error=sa.null(),
            ended_at=sa.bindparam("ended_at"),
        )
    )
)
_SET_RUN = Prepared(
    lambda _: (
        sa.update(runs)
        .where(
            runs.c.id == sa.bindparam("run"),
            # Written out, so that the statement is compiled once.
            runs.c.state != sa.literal_column(f"'{RunState.CANCELLED.value}'"),
        )
        .values(
            state=sa.bindparam("state"),
            error=sa.bindparam("error"),
            ended_at=sa.bindparam("ended_at"),
        )
    )
)


def set_run(
    connection: sa.Connection,
    run_id: str,
    state: RunState,
    error: Mapping[str, Any] | None,
    now: float,
) -> RunState:
    """Set a run's state, unless it was cancelled; return what it is then."""
    if state in (RunState.FAILED, RunState.UNKNOWN):
        put_failure(connection, run_id, error, now)
    change = {
        "run": run_id,
        "state": state.value,
        "error": None if error is None else json.dumps(error),
        "ended_at": now if state.is_final else None,
    }
    return state if _SET_RUN.execute(connection, [change]) else RunState.CANCELLED


def complete_runs(
    connection: sa.Connection, run_ids: Sequence[str], now: float
) -> dict[str, RunState]:
    """Let runs be completed, unless they were cancelled; return what each is then."""
    given = {"ended_at": now}
    if _COMPLETE.execute(connection, run_ids, given) == len(run_ids):
        return dict.fromkeys(run_ids, RunState.COMPLETED)
    return lock_runs(connection, run_ids)


def lock_run(connection: sa.Connection, run_id: str) -> RunState:
    """Return the run's state, which nobody else changes until the end of the transaction.

    Who also changes segments of the run does so after this.
    """
    rows = _LOCKED.rows(connection, (), {"run": run_id})
    return RunState(rows[0].state) if rows else RunState.RUNNING


_LOCKED = PreparedSelect(
    lambda _: sa.select(runs.c.state).where(runs.c.id == sa.bindparam("run")).with_for_update()
)


def lock_runs(connection: sa.Connection, run_ids: Iterable[str]) -> dict[str, RunState]:
    query = sa.select(runs.c.id, runs.c.state).where(runs.c.id.in_(sorted(set(run_ids))))
    rows = connection.execute(query.order_by(runs.c.id).with_for_update())
    return {row.id: RunState(row.state) for row in rows}
