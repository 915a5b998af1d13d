"""What is stored of a segment: the records of its steps, and what it waits for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ..storage.statements import PreparedRows, insert
from ..storage.tables import steps
from .outcomes import Outcome
from .states import RunState, SegmentState, StepState
from .work import SegmentWork, StepCall


def wait_row(
    work: SegmentWork, call: StepCall, outcome: Outcome, number: int, now: float
) -> dict[str, Any]:
    """Return the row of the segment that goes on with this step when its rest is over."""
    is_wait = outcome.state == StepState.WAITING
    is_paused = outcome.state == StepState.PAUSED
    # A step that is done again after a pause or a delay is resumed again if it was resumed.
    again = replace(
        call,
        attempt=call.attempt + (outcome.state == StepState.RETRYING),
        resumes=outcome.wait_state if is_wait else call.resumes,
        reason=outcome.wait_reason,
        given={port: len(values) for port, values in outcome.whole.items()},
    )
    keeps_event = call.resumes is not None and not is_wait
    return {
        "id": f"{work.id}/{number}",
        "run_id": work.run_id,
        "owner_id": work.owner_id,
        "connector": work.connector,
        "order_key": work.order_key,
        "state": (SegmentState.PAUSED if is_paused else SegmentState.WAITING).value,
        "work": replace(work, first=again).to_json(),
        "key": outcome.wait_key if is_wait else None,
        "after_seq": call.after_seq,
        "account_id": outcome.account_id,
        "expires_at": None if is_paused else now + outcome.delay_s,
        "rank": work.event_seq,
        "event": json.dumps(work.event) if keeps_event else None,
        "event_seq": None,
        "list_id": work.list_id or None,
    }


def verdict(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[RunState, Mapping[str, Any] | None]:
    """Return how a run has ended whose steps are all of these."""
    bad = next((row for row in rows if row["state"] != StepState.COMPLETED), None)
    if bad is None:
        return RunState.COMPLETED, None
    is_unknown = bad["state"] == StepState.UNKNOWN
    return (RunState.UNKNOWN if is_unknown else RunState.FAILED), bad["error"]


def _putting(connection: sa.Connection) -> postgresql.Insert:
    statement = insert(steps, connection)
    kept = {"id", "run_id", "position", "component", "type", "started_at"}
    changed = [column.name for column in steps.c if column.name not in kept]
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in changed}
    )


_PUT_STEPS = PreparedRows(_putting)


def put_steps(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], now: float) -> None:
    # Below SQLAlchemy, so what it would turn into JSON is turned here.
    in_json = ("input", "output", "error", "counts")
    if rows:
        _PUT_STEPS.execute(
            connection,
            [
                {
                    **row,
                    **{k: None if row[k] is None else json.dumps(row[k]) for k in in_json},
                    # Here, where one thread commits: whoever reads on from it misses nothing.
                    "changed_at": now,
                }
                for row in rows
            ],
        )
