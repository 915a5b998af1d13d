"""Triggers are woken in time by timers of Temporal, by the process that has the turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from appmixer.engine.contract import SystemClock
from appmixer.engine.contract.testing import START_OF_TIME, Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.host.relay import CHANNEL
from appmixer.engine.observe.logs import get_log
from appmixer.engine.settings import Settings, TemporalSettings
from appmixer.engine.storage.seal import Seal
from appmixer.engine.temporal.link import Link
from appmixer.engine.temporal.names import Names
from appmixer.engine.temporal.timers import MAX_WAITING, Timers
from appmixer.engine.temporal.worker import Works

from ..events.unprompted.clockwork import CONNECTOR, Clockwork, clockwork, flow

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
RUNNING, COMPLETED = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED
LATE_S = "appmixer.engine.host.executing.LATE_S"
# Whatever comes in time does not come by looking for what was left.
NEVER_S = 36_000.0


@pytest.fixture
def settings(tmp_path: Path, postgres: str, temporal_server: str) -> Settings:
    return Settings(
        data=tmp_path / "first",
        environment={"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()},
        database_url=postgres,
        temporal=TemporalSettings(temporal_server),
    )


@asynccontextmanager
async def two_processes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, clock: Clock | None = None
) -> AsyncGenerator[tuple[Engine, Engine]]:
    """One that has the turn, by a clock that may be moved, and one that does Temporal's work."""
    monkeypatch.setattr(LATE_S, NEVER_S)
    with monkeypatch.context() as no_work:
        no_work.setattr(Works, "work", no_end)
        with_turn = open_engine(settings, clockwork(), clock)
        first = await with_turn.__aenter__()
    try:
        await first.turn.is_mine.wait()
        other = replace(settings, data=settings.data.with_name("second"))
        async with open_engine(other, clockwork()) as second:
            yield first, second
    finally:
        await with_turn.__aexit__(None, None, None)


async def no_end(_: Works) -> None:
    await asyncio.Event().wait()


async def start(engine: Engine, given: dict[str, Any], flow_id: str = "flow") -> None:
    owner = engine.owners.first_owner_id
    await engine.flows.put(owner, flow_id, flow("Scheduled", given))
    await engine.flows.start(owner, flow_id)


def listeners(postgres: str) -> bool:
    with psycopg.connect(postgres) as asking:
        both = "SELECT count(*) = 2 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        row = asking.execute(f"{both} AND datname = current_database()").fetchone()
    return row == (True,)


def deafen(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )


def woken(engine: Engine) -> int:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Clockwork)
    return plugin.begun


async def timers(settings: Settings, names: Names) -> list[WorkflowHandle[Any, Any]]:
    assert settings.temporal is not None
    client = await Client.connect(settings.temporal.address)
    mine = f'WorkflowType = "timer" AND TaskQueue = "{names.task_queue}"'
    found = [each async for each in client.list_workflows(mine)]
    return [client.get_workflow_handle(each.id, run_id=each.run_id) for each in found]


async def states(settings: Settings, names: Names) -> list[WorkflowExecutionStatus | None]:
    found = [await each.describe() for each in await timers(settings, names)]
    return [each.status for each in found]


async def test_a_trigger_is_woken_by_its_timer_again_and_again(
    settings: Settings, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LATE_S, NEVER_S)
    async with open_engine(settings, clockwork()) as engine:
        await start(engine, {"everyS": 1})
        await until(lambda: asyncio.sleep(0, woken(engine) > 2))

        assert engine.tasks.troubles() == {}


async def test_the_process_that_has_the_turn_wakes_what_the_timer_of_another_tells_it(
    settings: Settings, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_processes(settings, monkeypatch) as (with_turn, other):
        await start(other, {"everyS": 1})
        await until(lambda: asyncio.sleep(0, woken(with_turn) > 2))

        assert woken(other) == 0


async def test_what_another_process_stores_for_a_time_that_is_over_is_woken_at_once(
    settings: Settings, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = datetime.fromtimestamp(int(time.time()) - 1, UTC).isoformat()
    async with two_processes(settings, monkeypatch) as (with_turn, other):
        await start(other, {"once": over}, "first")
        await until(lambda: asyncio.sleep(0, woken(with_turn) == 1))
        await start(other, {"once": over}, "second")
        await until(lambda: asyncio.sleep(0, woken(with_turn) == 2))


async def test_what_nobody_has_heard_of_is_woken_when_the_process_that_has_the_turn_hears_again(
    settings: Settings, postgres: str, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.engine.host.relay.PAUSE_S", 3.0)
    async with two_processes(settings, monkeypatch) as (with_turn, other):
        await until(lambda: asyncio.to_thread(listeners, postgres))
        await asyncio.to_thread(deafen, postgres)
        # It comes, and is told, while nobody hears.
        await start(other, {"once": datetime.now(UTC).isoformat()})
        await until(lambda: asyncio.sleep(0, woken(with_turn)))


async def test_a_timer_of_what_was_stopped_tells_nobody_anything(
    settings: Settings, postgres: str, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_processes(settings, monkeypatch) as (with_turn, other):
        names = Names(other.seal)
        with psycopg.connect(postgres, autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}".encode())
            await start(other, {"everyS": 3})
            await other.flows.stop(other.owners.first_owner_id, "flow")

            async def is_over() -> bool:
                return await states(settings, names) == [COMPLETED]

            await until(is_over)
            told = [each.payload for each in listening.notifies(timeout=0.5)]

        assert [each for each in told if "dueAt" in each] == []
        assert woken(with_turn) == 0


async def test_a_timer_that_comes_early_is_tried_again_until_it_is_time_without_a_complaint(
    settings: Settings,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(LATE_S, NEVER_S)
    clock = Clock()
    async with open_engine(settings, clockwork(), clock) as engine:
        names = Names(engine.seal)
        await start(engine, {"everyS": 1})

        async def has_been_early() -> bool:
            found = [await each.describe() for each in await timers(settings, names)]
            pending = [each.raw_description.pending_activities for each in found]
            return any(each and each[0].attempt > 1 for each in pending)

        await until(has_been_early)
        early = woken(engine)
        clock.advance(2)
        await until(lambda: asyncio.sleep(0, woken(engine)))

        assert early == 0
        assert "failed" not in caplog.text


async def test_a_process_whose_clock_is_behind_wakes_what_it_is_told_of_when_it_is_time(
    settings: Settings, postgres: str, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with two_processes(settings, monkeypatch, clock) as (with_turn, _):
        await start(with_turn, {"everyS": 600})
        await until(lambda: asyncio.sleep(0, with_turn.waker.is_at_rest))
        with psycopg.connect(postgres, autocommit=True) as teller:
            told = f'{{"from": "", "dueAt": {START_OF_TIME + 600}}}'
            teller.execute("SELECT pg_notify(%s, %s)", (CHANNEL, told))

        async def is_woken() -> int:
            clock.advance(5)
            return woken(with_turn)

        await until(is_woken)

        assert clock.now >= START_OF_TIME + 600


async def test_what_was_stored_before_there_was_temporal_is_woken_a_little_late(
    settings: Settings, until: Until
) -> None:
    clock = Clock()
    async with open_engine(replace(settings, temporal=None), clockwork(), clock) as engine:
        once = datetime.fromtimestamp(START_OF_TIME + 100, UTC).isoformat()
        await start(engine, {"once": once})

    async with open_engine(settings, clockwork(), clock) as engine:

        async def is_woken() -> int:
            clock.advance(1)
            return woken(engine)

        await until(is_woken)

        assert await timers(settings, Names(engine.seal)) == []


async def test_triggers_that_are_due_together_have_one_timer(
    settings: Settings, until: Until
) -> None:
    async with open_engine(settings, clockwork()) as engine:
        names = Names(engine.seal)
        for flow_id in ("first", "second", "third"):
            await start(engine, {"cron": "0 9 1 1 *"}, flow_id)
        await start(engine, {"cron": "0 9 2 1 *"}, "fourth")

        async def are_made() -> bool:
            return await states(settings, names) == [RUNNING] * 2

        await until(are_made)


async def test_ten_thousand_that_are_due_together_crowd_out_nothing(
    settings: Settings, until: Until
) -> None:
    timers_of = Unmade(settings, SystemClock())
    at = int(time.time()) + 3600
    last = timers_of.names.schedules(f"{at + 60}.000")

    for number in range(1, 2 * MAX_WAITING):
        timers_of.timers.add_schedule(at + number * 5e-6)
    timers_of.timers.add_schedule(at + 60)

    async with timers_of.being_made():

        async def are_made() -> bool:
            found = {each.id for each in await timers(settings, timers_of.names)}
            return found == {timers_of.names.schedules(f"{at}.125"), last}

        # The server's list tells of each of them in its own time.
        await until(are_made)


async def test_a_timer_that_the_tables_have_made_up_for_is_not_made_any_more(
    settings: Settings, until: Until
) -> None:
    clock = Clock()
    timers_of = Unmade(settings, clock, late_s=10.0)
    timers_of.timers.add_wait("over", clock.now + 5)
    timers_of.timers.add_schedule(clock.now + 5)
    timers_of.timers.add_wait("late", clock.now + 6)

    clock.advance(15.5)
    async with timers_of.being_made():

        async def is_made() -> bool:
            return bool(await timers(settings, timers_of.names))

        await until(is_made)
        found = [each.id for each in await timers(settings, timers_of.names)]

    assert found == [timers_of.names.wait("late")]


class Unmade:
    """Timers that are asked for while Temporal is away, with names of their own."""

    def __init__(self, settings: Settings, clock: Any, late_s: float = NEVER_S) -> None:
        assert settings.temporal is not None
        self.names = Names(Seal(Fernet.generate_key()))
        self._link = Link(settings.temporal, "test", get_log("test"))
        self.timers = Timers(self._link, self.names, clock, get_log("test"), late_s)

    @asynccontextmanager
    async def being_made(self) -> AsyncGenerator[None]:
        await self._link.start()
        making = asyncio.create_task(self.timers.work())
        try:
            yield
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
