"""What reaches the components that collect the values of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..contract import Collected
from ..storage.database import ReadRows
from ..storage.statements import Prepared, insert
from ..storage.tables import arrivals, lists
from .outputs import read_outputs
from .states import ListState
from .work import PIECE, Place, SegmentWork, StepCall, latest

_ADD = Prepared(lambda c: insert(arrivals, c).on_conflict_do_nothing())


def arrival(work: SegmentWork, call: StepCall) -> dict[str, Any]:
    """Return the row that notes what has reached a component in the place of a step of it."""
    value = latest(call.scope)
    return {
        "list_id": work.list_id,
        "component": call.component,
        "id": call.step_id,
        "run_id": work.run_id,
        "place": json.dumps([value.step_id, value.port, value.index]),
    }


def store_arrivals(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        _ADD.execute(connection, rows)


async def collected(read: ReadRows, call: StepCall) -> Collected:
    """Return what a collecting step gets: of its list, or the one value that it was called with."""
    if not call.collects:
        return Collected([latest(call.scope).content], 1)
    mine = (arrivals.c.list_id == call.collects) & (arrivals.c.component == call.component)
    found = await read(sa.select(arrivals.c.id, arrivals.c.place).where(mine))
    places = [row.place for row in sorted(found, key=lambda row: _order(row.id))]
    outputs = await read_outputs(read, [_piece(place) for place in places])
    values = [outputs[_piece(place)][place[2] % PIECE] for place in places]
    query = sa.select(lists.c.length, lists.c.state).where(lists.c.id == call.collects)
    [of_list] = await read(query)
    return Collected(values, of_list.length, of_list.state == ListState.DONE)


def _piece(place: Sequence[Any]) -> Place:
    step_id, port, index = place
    return step_id, port, index // PIECE


def _order(step_id: str) -> list[tuple[int, str]]:
    """Return what puts steps in the order of their places."""
    parts = step_id.split(".")[1:]
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
