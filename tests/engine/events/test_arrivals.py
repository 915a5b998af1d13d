"""Events that come while nothing else waits: kept, and followed up, in one commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Connector
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.host.retention import DAY_S, remove_old
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import events

from ..conftest import CONNECTOR, Echo
from ..runs.test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]
Acts = list[tuple[str, str, str]]


async def ids(engine: Engine) -> list[str]:
    """Return the ids of all events in the order of their numbers."""
    return [row.id for row in await engine.rows(sa.select(events.c.id).order_by(events.c.seq))]


async def test_a_run_costs_a_commit_to_take_its_event_in_one_to_begin_and_one_to_end(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    await hear("first")
    await ended_runs(owner, 1)
    commit = engine.writer.commit
    awaited: list[Any] = []

    async def count(write: Callable[[sa.Connection], Any], **how: bool) -> Any:
        awaited.append(write)
        return await commit(write, **how)

    monkeypatch.setattr(engine.writer, "commit", count)
    await hear("note this")
    await ended_runs(owner, 2)
    await engine.queue.close()

    assert len(awaited) == 3


async def test_what_a_plugin_keeps_of_events_is_there_when_their_runs_begin(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, echo: Echo
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

    await hear("note", id="1")
    await ended_runs(owner, 1)

    assert await echo.host.store.get(["noted 1"]) == {"noted 1": "note"}


async def test_of_an_announcement_that_fails_nothing_is_kept_and_the_others_are(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, echo: Echo
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

    await asyncio.gather(hear("note", id="1"), hear("note and fail", id="2"), hear("note", id="3"))
    await ended_runs(owner, 3)

    kept = await echo.host.store.get(["noted 1", "noted 2", "noted 3"])
    assert kept == {"noted 1": "note", "noted 3": "note"}


async def test_what_a_plugin_keeps_with_events_is_refused_when_none_are_announced(
    echo: Echo,
) -> None:
    with pytest.raises(RuntimeError, match="before_routing"):
        await echo.host.put_with_events({"x": 1})


async def test_numbers_go_on_wherever_an_event_was_kept(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    for number in range(6):
        # Every other one is too much for one commit, and kept before it is routed.
        monkeypatch.setattr("appmixer.engine.events.routing.BATCH", 0 if number % 2 else 500)
        await hear("x", id=str(number))
        if number % 2:
            await until(lambda count=number + 1: _has(engine, count))
            monkeypatch.setattr("appmixer.engine.events.routing.BATCH", 500)
        await ended_runs(owner, number + 1)

    assert await ids(engine) == [str(number) for number in range(6)]


async def _has(engine: Engine, count: int) -> bool:
    return len(await ids(engine)) == count


async def test_the_number_of_the_newest_event_is_never_given_again(
    engine: Engine, hear: Hear, until: Until
) -> None:
    await hear("x", id="1")
    await until(lambda: ids(engine))
    await hear("x", id="2")
    await until(lambda: _has(engine, 2))

    await remove_old(engine.writer, now=time.time() + 400 * DAY_S)
    await hear("x", id="3")
    await until(lambda: _has(engine, 2))

    rows = await engine.rows(sa.select(events.c.seq, events.c.id).order_by(events.c.seq))
    assert [(row.seq, row.id) for row in rows] == [(2, "2"), (3, "3")]


async def test_events_are_numbered_and_followed_up_on_postgresql(
    settings: Settings, postgres: str, connectors: Mapping[str, Connector], until: Until
) -> None:
    settings = Settings(data=settings.data, environment={}, database_url=postgres)
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, CONNECTOR, "hall", "keys")
        await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

        async def has_ended(count: int) -> bool:
            runs = await engine.runs.list(owner, status="completed")
            return len(runs) == count

        for number in (1, 1, 2):
            event = (
                f'{{"id": "{number}", "kind": "heard", "payload": {{"text": "note"}},'
                ' "routes": ["room:hall"], "order": "", "answers": [], "about": ""}'
            )
            await engine.events.accept(CONNECTOR, event.encode())
            await until(lambda count=number: has_ended(count))

        rows = await engine.rows(
            sa.select(events.c.id, events.c.state, events.c.duplicates).order_by(events.c.seq)
        )
        assert [tuple(row) for row in rows] == [("1", "routed", 1), ("2", "routed", 0)]
