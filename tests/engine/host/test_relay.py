"""The stream across processes: who watches at one sees what happens at another."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.contract import Connector
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.host.relay import CHANNEL, Relay
from appmixer.engine.observe.stream import MAX_WAITING, MISSED, OPEN, Notice
from appmixer.engine.settings import Settings

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]


@pytest.fixture
async def engines(
    tmp_path: Path, postgres: str, connectors: dict[str, Connector]
) -> AsyncIterator[tuple[Engine, Engine]]:
    key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    one = Settings(data=tmp_path / "one", environment=key, database_url=postgres)
    async with (
        open_engine(one, connectors) as first,
        open_engine(replace(one, data=tmp_path / "other"), connectors) as second,
    ):
        yield first, second


@pytest.mark.parametrize(
    "servers", ["host=127.0.0.1,{host}&port=1,{port}", "host=127.0.0.1:1&host={host}:{port}"]
)
async def test_who_watches_is_told_where_the_first_of_two_servers_does_not_answer(
    tmp_path: Path, postgres: str, connectors: dict[str, Connector], until: Until, servers: str
) -> None:
    there = sa.make_url(postgres)
    named = servers.format(host=there.host, port=there.port)
    settings = Settings(
        data=tmp_path / "one",
        environment={"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()},
        database_url=f"postgresql://{there.username}@/{there.database}?{named}",
    )
    async with (
        open_engine(settings, connectors) as one,
        open_engine(replace(settings, data=tmp_path / "other"), connectors) as other,
    ):
        mine = Watching(other, "me")
        await is_known(until, one, "me", elsewhere=mine)
        one.stream.publish("me", "run", {"runId": 1})
        await until(lambda: asyncio.sleep(0, mine.of("run")))
        await mine.end()

    assert mine.of("run") == [{"runId": 1}]


class RecordingLog:
    """What the relay warns of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, event: str, **_: object) -> None:
        self.warnings.append(event)


class Watching:
    """What somebody who watches has been told."""

    def __init__(self, engine: Engine, owner_id: str) -> None:
        self.told: list[Notice] = []
        self._task = asyncio.create_task(self._watch(engine, owner_id))

    async def _watch(self, engine: Engine, owner_id: str) -> None:
        async for notice in engine.stream.watch(owner_id):
            self.told.append(notice)

    def of(self, kind: str) -> list[Any]:
        return [each.content for each in self.told if each.kind == kind]

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def is_known(until: Until, engine: Engine, owner_id: str, *, elsewhere: Watching) -> None:
    """Wait until the process knows of a watcher elsewhere, and the watcher was told to look."""
    await until(lambda: asyncio.sleep(0, engine.stream.is_watched(owner_id)))
    await until(lambda: asyncio.sleep(0, elsewhere.of(OPEN)))


async def test_who_watches_at_one_process_is_told_in_order_of_what_happens_at_another(
    engines: tuple[Engine, Engine], until: Until
) -> None:
    one, other = engines
    mine, others = Watching(other, "me"), Watching(other, "somebody")
    await is_known(until, one, "me", elsewhere=mine)

    for number in range(300):
        one.stream.publish("me", "run", {"runId": f"ä{number}", "padding": "x" * 200})
    await asyncio.to_thread(one.stream.publish, "me", "run", {"runId": "last"})
    await until(lambda: asyncio.sleep(0, len(mine.of("run")) > 300))

    assert [each["runId"] for each in mine.of("run")] == [*(f"ä{n}" for n in range(300)), "last"]
    assert others.of("run") == []


async def test_what_happens_at_a_process_is_told_there_once(
    engines: tuple[Engine, Engine], until: Until
) -> None:
    one, other = engines
    here, there = Watching(one, "me"), Watching(other, "me")
    await is_known(until, one, "me", elsewhere=there)

    one.stream.publish("me", "run", {"runId": 1})
    one.stream.publish("me", "run", {"runId": 2})
    await until(lambda: asyncio.sleep(0, len(there.of("run")) == 2))

    assert here.of("run") == there.of("run") == [{"runId": 1}, {"runId": 2}]


async def test_nothing_is_sent_while_nobody_watches_elsewhere(
    engines: tuple[Engine, Engine], postgres: str, until: Until
) -> None:
    one, other = engines
    with psycopg.connect(postgres, autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}".encode())
        here = Watching(one, "me")
        one.stream.publish("somebody", "run", {"runId": 1})
        await until(lambda: asyncio.sleep(0, other.stream.is_watched("me")))
        one.stream.publish("somebody", "run", {"runId": 2})
        one.stream.publish("me", "run", {"runId": 3})
        await until(lambda: asyncio.sleep(0, here.of(OPEN)))
        sent = [json.loads(each.payload) for each in listening.notifies(timeout=0.5)]

    assert [each for each in sent if "notices" in each] == []
    assert {owner for each in sent for owner in each.get("watched", ())} == {"me"}


async def test_more_than_can_be_passed_on_is_missed_and_said(
    engines: tuple[Engine, Engine], until: Until
) -> None:
    one, other = engines
    mine = Watching(other, "me")
    await is_known(until, one, "me", elsewhere=mine)

    for number in range(MAX_WAITING + 7):
        one.stream.publish("me", "run", {"runId": number})
    one.stream.publish("me", "run", {"runId": "long", "error": "x" * 10_000})
    await until(lambda: asyncio.sleep(0, len(mine.of("run")) + len(mine.of(MISSED)) > 1_000))

    assert mine.of("run")[0] == {"runId": 8}
    assert [each["count"] for each in mine.of(MISSED)] == [8, 1]


async def test_who_watches_is_told_to_look_and_goes_on_when_the_database_was_away(
    engines: tuple[Engine, Engine], postgres: str, until: Until
) -> None:
    one, other = engines
    mine = Watching(other, "me")
    await is_known(until, one, "me", elsewhere=mine)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    numbers = itertools.count(1)

    async def is_told_again() -> bool:
        one.stream.publish("me", "run", {"runId": next(numbers)})
        return len(mine.of("run")) > 20

    await until(is_told_again)

    check_what_was_missed(mine)
    assert one.tasks.troubles() == other.tasks.troubles() == {}


async def test_a_watcher_who_has_gone_is_told_nothing_after_a_while(
    engines: tuple[Engine, Engine], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.engine.host.relay.COUNTS_S", 0.2)
    one, other = engines
    mine = Watching(other, "me")
    await until(lambda: asyncio.sleep(0, one.stream.is_watched("me")))

    await mine.end()
    await until(lambda: asyncio.sleep(0, not one.stream.is_watched("me")))

    assert not other.stream.is_watched("me")


async def test_a_process_that_begins_later_knows_at_once_of_those_who_watch(
    engines: tuple[Engine, Engine],
    connectors: dict[str, Connector],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What is announced again and again comes too late for this.
    monkeypatch.setattr("appmixer.engine.host.relay.ANNOUNCE_S", 3600.0)
    monkeypatch.setattr("appmixer.engine.host.relay.COUNTS_S", 3600.0)
    one, other = engines
    mine = Watching(other, "me")
    await is_known(until, one, "me", elsewhere=mine)
    data = one.settings.data.with_name("third")

    async with open_engine(replace(one.settings, data=data), connectors) as third:
        await until(lambda: asyncio.sleep(0, third.stream.is_watched("me")))
        third.stream.publish("me", "run", {"runId": 1})
        await until(lambda: asyncio.sleep(0, mine.of("run")))

    assert mine.of("run") == [{"runId": 1}]


async def test_what_the_database_did_not_take_is_missed_and_said(
    engines: tuple[Engine, Engine], postgres: str, until: Until
) -> None:
    one, other = engines
    mine = Watching(other, "me")
    await is_known(until, one, "me", elsewhere=mine)
    log: Any = RecordingLog()
    assert isinstance(one.stream.elsewhere, Relay)
    one.stream.elsewhere.log = log
    server, _, name = postgres.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        # Those that listen stay.
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}' AND query NOT LIKE 'LISTEN%'".encode()
        )
        one.stream.publish("me", "run", {"runId": 1})
        one.stream.publish("me", "run", {"runId": 2})
        await until(lambda: asyncio.sleep(0, "stream_not_passed_on" in log.warnings))
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    await until(lambda: asyncio.sleep(0, mine.of(MISSED)))

    assert mine.of(MISSED) == [{"count": 2}]
    assert mine.of("run") == []


@pytest.mark.parametrize("told", ["of another release", "[]", '{"by": "another release"}'])
async def test_what_another_release_tells_loses_nothing_of_which_nobody_is_told(
    engines: tuple[Engine, Engine], postgres: str, until: Until, told: str
) -> None:
    one, other = engines
    mine = Watching(other, "me")
    await is_known(until, one, "me", elsewhere=mine)
    log: Any = RecordingLog()
    other.tasks.log = log
    numbers = itertools.count(1)
    with psycopg.connect(postgres, autocommit=True) as teller:
        teller.execute("SELECT pg_notify(%s, %s)", (CHANNEL, told))

    async def is_told_again() -> bool:
        one.stream.publish("me", "run", {"runId": next(numbers)})
        return "task_failed" in log.warnings and len(mine.of(OPEN)) > 1 and len(mine.of("run")) > 20

    await until(is_told_again)

    check_what_was_missed(mine)


def check_what_was_missed(watching: Watching) -> None:
    """See that before what was lost the watcher was told to look."""
    before = 0
    for number, notice in enumerate(watching.told):
        if notice.kind == "run":
            lost = notice.content["runId"] - before - 1
            assert not lost or watching.told[number - 1].kind in (OPEN, MISSED), watching.told
            before = notice.content["runId"]
