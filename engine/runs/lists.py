"""Lists: a step that gives many values at a port, and the segments that work them off.

Each value is a segment of its own, for each component that it leads to. So many of a run are begun
side by side, in the order of the list, and each end begins the next one. When all that they lead to
is done, the list is, and what waited for that goes on: what the step gave at its last ports, and
the components that collect. Rows hold all of it; nothing but what is begun is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from ..storage.statements import Prepared
from ..storage.tables import arrivals, lists, segments
from ..values import is_list
from .new_lists import Known
from .open_lists import OpenList, open_below, open_lists, read_piece, room, whole
from .states import ListState, RunState, SegmentState
from .waits import ADD_SEGMENT, Row
from .work import PIECE, Piece, Place, SegmentWork, StepCall, Value

Going = Row | SegmentWork
"""A segment that is due: as its row, or as it was before it became one."""

_SET_BEGUN = Prepared(
    lambda _: (
        sa.update(lists)
        .where(lists.c.id == sa.bindparam("list"))
        .values(begun=sa.bindparam("begun"))
    )
)


@dataclass(frozen=True, slots=True)
class _Target:
    """A value, where it leads to, and the number of that step below the one that gave it."""

    number: int
    component: str
    port: str
    index: int


def advance(
    connection: sa.Connection,
    run_id: str,
    present: RunState,
    side_by_side: int,
    known: Mapping[str, Known],
) -> list[Going]:
    """Begin what may be begun of the run's lists, and end those that are done.

    `present` is the state of the run, which is locked; `known` what is in memory of some lists.
    Return the segments that are due.
    """
    if present == RunState.HELD or present.is_final:
        return []
    found = open_lists(connection, run_id)
    if not found:
        return []
    due: list[Going] = []
    free = room(connection, run_id, side_by_side)
    for each in found:
        count = min(free, each.size - each.begun)
        if each.at_once is not None and count > 0:
            count = min(count, each.at_once - open_below(connection, each.id, each.at_once))
        if count > 0:
            due += _begin(connection, whole(connection, each.id), count, known.get(each.id))
            free -= count
        elif each.begun == each.size and not open_below(connection, each.id, 1):
            due += _end(connection, whole(connection, each.id))
    return due


def close_lists(connection: sa.Connection, run_id: str) -> None:
    mine = sa.update(lists).where(lists.c.run_id == run_id, lists.c.state == ListState.OPEN.value)
    connection.execute(mine.values(state=ListState.DONE.value))


def is_value_of(row: sa.Row[Any], name: str) -> bool:
    """Say whether a call that a list leads to works off one of its values."""
    return name.isdecimal() and int(name) not in {each[0] for each in row.content["last"]}


def call_below(row: sa.Row[Any], name: str) -> StepCall:
    """Return a call that a stored list leads to, by the last part of its id, without contents.

    Raises LookupError when there is none.
    """
    content = row.content
    delivery = content["work"]["delivery"]
    scope = {key: _place(each) for key, each in delivery["scope"].items()}
    if not name.isdecimal():
        return StepCall(
            f"{row.id}.{name}", name, scope, after_seq=delivery["afterSeq"], collects=row.id
        )
    target = _target(content, int(name))
    value = Value(row.id, target.port, target.index, None)
    return StepCall(
        f"{row.id}.{name}",
        target.component,
        {**scope, row.component: value},
        after_seq=delivery["afterSeq"],
    )


def _place(stored: Any) -> Value:
    if is_list(stored):
        step_id, port, index = stored
        return Value(step_id, port, index, None)
    return Value.from_json(stored, {})


def _targets(content: Mapping[str, Any], start: int, count: int) -> list[_Target]:
    """Return so many of a list's targets, from a position on."""
    found: list[_Target] = []
    for span in content["spans"]:
        below = span["below"]
        size = span["count"] * len(below)
        for position in range(start, min(start + count - len(found), size)):
            index, place = divmod(position, len(below))
            found.append(_Target(span["number"] + position, below[place], span["port"], index))
        start = max(start - size, 0)
    return found


def _target(content: Mapping[str, Any], number: int) -> _Target:
    for span in content["spans"]:
        position = number - span["number"]
        if 0 <= position < span["count"] * len(span["below"]):
            index, place = divmod(position, len(span["below"]))
            return _Target(number, span["below"][place], span["port"], index)
    found = next(each for each in content["last"] if each[0] == number)
    return _Target(*found)


def _begin(
    connection: sa.Connection, each: OpenList, count: int, known: Known | None
) -> list[Going]:
    targets = _targets(each.content, each.begun, count)
    rows = [_row(each, f"{each.id}.{target.number}", target, each.id) for target in targets]
    insert_segments(connection, rows)
    _SET_BEGUN.execute(connection, [{"list": each.id, "begun": each.begun + len(targets)}])
    if known is None:
        return [*rows]
    pieces: dict[Place, Piece] = {}
    return [_work(connection, each, target, known, pieces) for target in targets]


def _end(connection: sa.Connection, each: OpenList) -> list[Going]:
    """End a list; return what goes on after it."""
    done = (
        sa.update(lists)
        .where(lists.c.id == each.id, lists.c.state == ListState.OPEN.value)
        .values(state=ListState.DONE.value)
    )
    if not connection.execute(done).rowcount:
        return []
    rows = [
        _row(each, f"{each.id}.{last[0]}", _Target(*last), each.parent)
        for last in each.content["last"]
    ]
    collecting = _collecting(connection, each)
    rows += [_row(each, f"{each.id}.{name}", name, each.parent) for name in collecting]
    due = insert_segments(connection, rows)
    # One that waits no longer than some time is there already, and so it may be over.
    for row in rows:
        if row not in due and _end_wait(connection, row["id"], SegmentState.QUEUED):
            due.append(row)
    for name in each.content["collectors"]:
        if name not in collecting:
            _end_wait(connection, f"{each.id}.{name}", SegmentState.DONE)
    return [*due]


def _end_wait(connection: sa.Connection, segment_id: str, state: SegmentState) -> bool:
    waiting = (segments.c.id == segment_id) & (segments.c.state == SegmentState.WAITING.value)
    ended = sa.update(segments).where(waiting).values(state=state.value)
    return bool(connection.execute(ended).rowcount)


def _collecting(connection: sa.Connection, each: OpenList) -> list[str]:
    """Return the components that collect this list.

    They are those that something has reached. Those that something could have reached get nothing,
    unless a list inside this one, which nobody could have foreseen, may have been theirs.
    """
    query = sa.select(arrivals.c.component).distinct().where(arrivals.c.list_id == each.id)
    found = sorted(connection.scalars(query))
    # Of a list that a release before `inside` has stored, none is certain.
    certain = each.content.get("inside", [])
    inside = sa.exists().where(lists.c.parent == each.id, lists.c.component.not_in(certain))
    if not connection.scalar(sa.select(inside)):
        found += [name for name in each.content["collectors"] if name not in found]
    return found


def _row(
    each: OpenList, step_id: str, target: _Target | str, list_id: str | None
) -> dict[str, Any]:
    """Return the row of a segment that does what a list leads to, or what collects it."""
    content = each.content
    scope: Mapping[str, Any] = content["work"]["delivery"]["scope"]
    delivery: dict[str, Any] = {**content["work"]["delivery"], "stepId": step_id}
    if isinstance(target, str):
        delivery |= {"component": target, "collects": each.id}
    else:
        place = [each.id, target.port, target.index]
        delivery |= {
            "component": target.component,
            "scope": {**scope, each.component: place},
            "collects": "",
        }
    return {
        "id": step_id,
        "run_id": each.run_id,
        "owner_id": content["ownerId"],
        "connector": content["connector"],
        "order_key": content["orderKey"],
        "state": SegmentState.QUEUED.value,
        "work": {**content["work"], "delivery": delivery},
        "key": None,
        "after_seq": delivery["afterSeq"],
        "account_id": None,
        "expires_at": None,
        "rank": content["rank"],
        "event": None,
        "event_seq": None,
        "list_id": list_id,
    }


def insert_segments(connection: sa.Connection, rows: Iterable[Row]) -> list[Row]:
    """Store segments that are not there yet, and return these."""
    return [
        row
        for row in rows
        if ADD_SEGMENT.execute(connection, [{**row, "work": json.dumps(row["work"])}])
    ]


def _work(
    connection: sa.Connection,
    each: OpenList,
    target: _Target,
    known: Known,
    pieces: dict[Place, Piece],
) -> SegmentWork:
    number = target.index // PIECE
    piece = known.work.piece
    if known.output is not None:
        content = known.output[target.port][target.index]
    else:
        if piece is None or piece.place != (each.id, target.port, number):
            place = each.id, target.port, number
            if place not in pieces:
                pieces[place] = Piece(place, read_piece(connection, *place))
            piece = pieces[place]
        content = piece.values[target.index % PIECE]
    step_id = f"{each.id}.{target.number}"
    after_seq = each.content["work"]["delivery"]["afterSeq"]
    value = Value(each.id, target.port, target.index, content)
    scope = {**known.scope, each.component: value}
    return replace(
        known.work,
        id=step_id,
        first=StepCall(step_id, target.component, scope, after_seq=after_seq),
        rank=each.content["rank"],
        event=None,
        list_id=each.id,
        may_have_begun=False,
        piece=piece,
    )
