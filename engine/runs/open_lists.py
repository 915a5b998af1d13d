"""What is read of lists and of what is below them, each time that a value of one is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..storage.database import mapping
from ..storage.statements import PreparedSelect
from ..storage.tables import lists, more_values, segments, steps
from .states import ListState, SegmentState


@dataclass(frozen=True, slots=True)
class OpenList:
    """What a list needs to begin and to end."""

    id: str
    run_id: str
    parent: str | None
    component: str
    begun: int
    content: Mapping[str, Any]


def _is(table: sa.Table, *states: SegmentState | ListState) -> sa.ColumnElement[bool]:
    # Written out, so that the statement is compiled once.
    return table.c.state.in_([sa.literal_column(f"'{each.value}'") for each in states])


_OPEN = PreparedSelect(
    lambda _: (
        sa.select(lists.c.id, lists.c.size, lists.c.begun, lists.c.at_once)
        .where(lists.c.run_id == sa.bindparam("run"), _is(lists, ListState.OPEN))
        # The innermost first: what is begun is done before more is.
        .order_by(lists.c.position.desc(), lists.c.id)
    )
)
_WHOLE = PreparedSelect(
    lambda _: sa.select(
        lists.c.id,
        lists.c.run_id,
        lists.c.parent,
        lists.c.component,
        lists.c.begun,
        sa.cast(lists.c.content, sa.Text).label("content"),
    ).where(lists.c.id == sa.bindparam("list"))
)
_ONE: sa.ColumnElement[int] = sa.literal_column("1")
# SQLite's LIMIT has an OFFSET, whose number would not be bound by a name.
_NOTHING: sa.ColumnElement[int] = sa.literal_column("0")
_MINE = (segments.c.run_id == sa.bindparam("run")) & segments.c.list_id.is_not(None)
_ROOM = PreparedSelect(
    lambda _: sa.select(
        sa.select(sa.func.count())
        .select_from(
            sa.select(_ONE)
            .where(_MINE, _is(segments, SegmentState.QUEUED))
            .limit(sa.bindparam("limit", type_=sa.Integer))
            .offset(_NOTHING)
            .subquery()
        )
        .scalar_subquery()
        .label("queued"),
        sa.exists().where(_MINE, _is(segments, SegmentState.PAUSED)).label("paused"),
    )
)
_BELOW = PreparedSelect(
    lambda _: sa.select(sa.func.count().label("open")).select_from(
        sa.union_all(
            sa.select(_ONE).where(
                segments.c.list_id == sa.bindparam("list"),
                _is(segments, *(each for each in SegmentState if each != SegmentState.DONE)),
            ),
            sa.select(_ONE).where(
                lists.c.parent == sa.bindparam("list"), _is(lists, ListState.OPEN)
            ),
        )
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .offset(_NOTHING)
        .subquery()
    )
)


def room(connection: sa.Connection, run_id: str, side_by_side: int) -> int:
    """Return how many more segments of a run's lists may be begun: none while one is paused."""
    [row] = _ROOM.rows(connection, (), {"run": run_id, "limit": side_by_side})
    return 0 if row.paused else side_by_side - int(row.queued)


def open_below(connection: sa.Connection, list_id: str, limit: int) -> int:
    """Count the segments and lists right below a list that are not done, up to a limit."""
    [row] = _BELOW.rows(connection, (), {"list": list_id, "limit": limit})
    return int(row.open)


def open_lists(connection: sa.Connection, run_id: str) -> Sequence[sa.Row[Any]]:
    """Return the lists of a run that are not done: how large they are, and how much is begun."""
    return _OPEN.rows(connection, (), {"run": run_id})


def whole(connection: sa.Connection, list_id: str) -> OpenList:
    """Return all of a list."""
    [row] = _WHOLE.rows(connection, (), {"list": list_id})
    return OpenList(**{**mapping(row), "content": json.loads(row.content)})


def read_piece(connection: sa.Connection, step_id: str, port: str, number: int) -> Sequence[Any]:
    """Return one piece of what a step gave at a port."""
    if number:
        mine = (more_values.c.step_id == step_id) & (more_values.c.port == port)
        query = sa.select(more_values.c.content).where(mine, more_values.c.number == number)
        return list(connection.execute(query).one()[0])
    output = connection.execute(sa.select(steps.c.output).where(steps.c.id == step_id)).one()[0]
    return list(output[port])
