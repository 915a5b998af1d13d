"""The plain end of a run: its one segment is done, and nothing is left but to store that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..storage.store import put_rows
from .records import put_steps
from .run_states import complete_runs
from .states import RunState
from .waits import finish


@dataclass(frozen=True, slots=True)
class PlainEnd:
    """What is to be stored with it: steps, and what plugins keep with them."""

    run_id: str
    segment_id: str
    step_rows: Sequence[Mapping[str, Any]]
    entries: Sequence[Mapping[str, Any]]
    now: float


def store_plain_ends(connection: sa.Connection, ends: Sequence[PlainEnd]) -> Sequence[RunState]:
    """Store the ends, and return what each run is then: completed, or cancelled before."""
    now = ends[0].now
    put_steps(connection, [row for each in ends for row in each.step_rows], now)
    entries = [entry for each in ends for entry in each.entries]
    if entries:
        put_rows(connection, entries)
    states = complete_runs(connection, [each.run_id for each in ends], now)
    finish(connection, [each.segment_id for each in ends])
    return [states.get(each.run_id, RunState.CANCELLED) for each in ends]
