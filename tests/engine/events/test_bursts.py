"""Many events at a time: each is routed once, in its order, and nobody stands behind all others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Event
from appmixer.engine.events import routing
from appmixer.engine.events.reading import MAX_READ
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage.tables import events, runs

from ..conftest import CONNECTOR, Echo
from ..runs.test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Until = Callable[..., Awaitable[Any]]


async def test_more_than_is_read_at_once_is_routed_once_and_in_the_order_in_which_it_came(
    engine: Engine, owner: str, hear: Hear, until: Until
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    count = 2 * MAX_READ + 200

    await asyncio.gather(*(hear("x", id=str(number)) for number in range(count)))
    await until(lambda: _completed(engine, count))

    found = await engine.rows(
        sa.select(events.c.id, events.c.state, events.c.duplicates).order_by(events.c.seq)
    )
    assert [row.id for row in found] == [str(number) for number in range(count)]
    assert {(row.state, row.duplicates) for row in found} == {("routed", 0)}


async def test_what_fails_among_many_holds_up_none_of_those_behind_it(
    engine: Engine, owner: str, hear: Hear, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    at_once, asked = engine.router._route_at_once, 0  # pyright: ignore[reportPrivateUsage]

    async def fail_second(found: Any) -> bool:
        nonlocal asked
        asked += 1
        return asked != 2 and await at_once(found)

    monkeypatch.setattr(engine.router, "_route_at_once", fail_second)
    count = 2 * MAX_READ + 10

    await asyncio.gather(*(hear("x", id=str(number)) for number in range(count)))
    await until(lambda: _completed(engine, count))

    found = await engine.rows(sa.select(events.c.id, events.c.duplicates))
    assert asked > 1
    assert sorted(row.id for row in found) == sorted(str(number) for number in range(count))
    assert {row.duplicates for row in found} == {0}


async def test_one_delivery_that_tells_more_than_begins_in_one_commit_is_routed(
    engine: Engine,
    owner: str,
    hear: Hear,
    until: Until,
    echo: Echo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    read, count = echo.read, routing.MAX_STARTS + 50

    def read_many(content: bytes) -> list[Event]:
        [event] = read(content)
        return [replace(event, id=f"{event.id}.{number}") for number in range(count)]

    monkeypatch.setattr(echo, "read", read_many)

    await hear("x")
    await until(lambda: _completed(engine, count))


async def test_an_owner_does_not_stand_behind_all_that_another_one_gets(
    engine: Engine, owner: str, hear: Hear, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "MAX_STARTS", 2)
    monkeypatch.setattr(routing, "MAX_IN_A_ROW", 4)
    other: str = (await engine.owners.create("Other"))["id"]
    await engine.accounts.connect_token(other, CONNECTOR, "attic", "keys")
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    await start(engine, other, flow({"text": "{{ in1.heard.text }}"}, room="attic"))

    await asyncio.gather(*(hear("x") for _ in range(12)), hear("x", room="attic"))
    await until(lambda: _completed(engine, 13))

    begun = await engine.rows(sa.select(runs.c.owner_id).order_by(runs.c.started_at))
    assert other in [row.owner_id for row in begun][:6]


async def _completed(engine: Engine, count: int) -> bool:
    query = sa.select(sa.func.count()).select_from(runs).where(runs.c.state == "completed")
    [(completed,)] = await engine.rows(query)
    return bool(completed == count)
