"""What the database is asked of events, however many there were before."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appmixer.engine.events import routing
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage.tables import events, runs, segments, steps
from appmixer.engine.values import is_list

from ..runs.test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]

# What grows with what has happened. All events of a connector are all events.
_WHOLE = re.compile(
    r"SCAN (events|answers|runs|steps|segments|store|takings|listeners)\b(?!.* ix_events_new)"
    r"|SEARCH (events|segments|listeners) .*\(connector=\?\)"
)


@pytest.mark.parametrize("at_once", [250, 2])
async def test_an_event_is_taken_in_and_routed_and_its_run_ends_without_reading_a_whole_table(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if engine.database.dialect.name != "sqlite":
        pytest.skip("a server plans by how full its tables are")
    # With few at once, most of them wait in the table and are looked through.
    monkeypatch.setattr(routing, "MAX_STARTS", at_once)
    monkeypatch.setattr(routing, "MAX_IN_A_ROW", 4 * at_once)
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    asked: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.setdefault(statement, parameters)

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        for number in range(2):
            await asyncio.gather(
                *(hear("note", id=f"{number} {n}", order="a", wait_keys=("k",)) for n in range(9))
            )
            await ended_runs(owner, 9 * (number + 1))
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)

    read_whole = [
        (statement, step)
        for statement, step in await engine.readers.read(lambda c: _planned(c, asked))
        if _WHOLE.match(step)
    ]
    assert read_whole == []


def _planned(connection: sa.Connection, asked: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each statement with each step of its plan."""
    found: list[tuple[str, str]] = []
    parameters: Any
    for statement, parameters in asked.items():
        if re.match("SELECT|WITH|UPDATE|DELETE", statement):
            given: Any = parameters[0] if is_list(parameters) else parameters
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            found += [(statement, row.detail) for row in plan]
    return found


async def test_what_follows_from_later_events_stands_behind_what_followed_from_earlier_ones(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

    for number in range(20):
        await hear("note", id=str(number))
        await ended_runs(owner, number + 1)

    by_event = sa.select(runs.c.id).join(events, events.c.seq == runs.c.event_seq)
    in_order = [row.id for row in await engine.rows(by_event.order_by(events.c.seq))]
    assert in_order == sorted(in_order)
    for table in (steps, segments):
        rows = await engine.rows(sa.select(table.c.run_id).order_by(table.c.id))
        assert [*dict.fromkeys(row.run_id for row in rows)] == in_order
