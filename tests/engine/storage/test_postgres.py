"""The same engine on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.accounts.configuration import RELOAD_S
from appmixer.engine.api.server import serving
from appmixer.engine.contract import Connector, Fate, RejectedError, connectors_of
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.host.turn import take
from appmixer.engine.runs.waits import end_answered, store_waits
from appmixer.engine.settings import Settings
from appmixer.engine.storage.database import database_url, migrate, upgrade

from ..conftest import Echo, echo_module
from .test_storage import added_at_once, differences_after, put_twice

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        yield engine


class Proxy:
    """A way to a server that can be stopped: connections stay open, and nothing comes through."""

    def __init__(self, port: int) -> None:
        self._port, self.passing = port, threading.Event()
        self.passing.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.passing.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                self.passing.wait()
                sink.sendall(content)
        for each in (source, sink):
            each.close()


def ask_for(seconds: float, url: str) -> tuple[set[int], float]:
    """Post unsigned webhooks and ask whether the engine lives; return statuses and longest wait."""
    statuses, longest_s = set[int](), 0.0
    until = time.monotonic() + seconds
    with httpx.Client(base_url=url, timeout=20) as client:
        while (asked_at := time.monotonic()) < until:
            statuses.add(client.post("/plugins/appmixer/whatsapp/events", json={}).status_code)
            statuses.add(client.get("/healthz").status_code)
            longest_s = max(longest_s, time.monotonic() - asked_at)
    return statuses, longest_s


async def test_a_database_that_hangs_keeps_nobody_from_being_answered(settings: Settings) -> None:
    url = httpx.URL(str(settings.database_url))
    assert url.port is not None
    proxy = Proxy(url.port)
    settings = replace(
        settings,
        database_url=str(url.copy_with(port=proxy.port)),
        port=0,
        environment={"APPMIXER_WHATSAPP_CLIENT_SECRET": "secret-of-the-app"},
    )
    try:
        async with serving(settings) as running:
            proxy.passing.clear()
            try:
                asked = asyncio.to_thread(ask_for, 2 * RELOAD_S, running.url)
                statuses, longest_s = await asked
            finally:
                proxy.passing.set()
    finally:
        proxy.close()

    assert statuses == {200, 401}
    assert longest_s < 5


def echoing(text: str, **more: str) -> dict[str, Any]:
    say = {"text": text, **more}
    source = {"in": {"in1": ["heard"]}}
    return {
        "name": "test",
        "components": {
            "in1": {"type": "test.echo.Heard", "account": "keys"},
            "say": {"type": "test.echo.Say", "account": "keys", "source": source, "input": say},
        },
    }


@pytest.mark.parametrize("make", [migrate, upgrade])
def test_the_tables_that_the_code_uses_are_made_at_once_or_step_by_step(
    settings: Settings, make: Callable[[sa.Engine], None]
) -> None:
    assert differences_after(make, database_url(settings.data, settings.database_url)) == []


async def test_what_is_added_together_is_told_apart(engine: Engine) -> None:
    given = await added_at_once(engine.storage)

    assert await put_twice(engine.storage) == "second"
    assert given == [None] * 246 + ["first", "first", "second", "second"]


async def test_events_run_once_and_in_the_order_of_their_conversation(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: list[tuple[str, str, str]]
) -> None:
    await engine.flows.put(owner, "f", echoing("{{ in1.heard.text }}"))
    await engine.flows.start(owner, "f")

    for number in range(10):
        for _ in range(2):
            await hear(str(number), id=f"id-{number}", order="one")
    found = await ended_runs(owner, 10)

    assert [text for _, text, _ in acts] == [str(number) for number in range(10)]
    assert {run["status"] for run in found} == {"completed"}


async def test_a_wait_ends_by_an_event_that_came_early_and_by_its_time(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("{{ in1.heard.text }}", then="wait"))
    await engine.flows.start(owner, "f")

    await hear("q")
    await hear("early", room="elsewhere", wait_keys=("answer:q",))
    await hear("late")
    found = await ended_runs(owner, 2)

    said = {run["steps"][1]["output"]["said"][0]["text"] for run in found}
    assert said == {"q: early", "late: no answer"}


async def test_what_cannot_be_stored_fails_its_run_instead_of_leaving_it_open(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("x", then="unstorable"))
    await engine.flows.start(owner, "f")

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert (run["status"], run["error"]["kind"]) == ("failed", "InternalError")


async def test_an_event_that_cannot_be_stored_as_a_run_fails_and_holds_up_no_other(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("x"))
    await engine.flows.start(owner, "f")

    await hear("endless", ratio=float("inf"))
    await hear("fine", id="with a \0 in it", order="\0")
    found = await ended_runs(owner, 2)

    assert sorted(run["status"] for run in found) == ["completed", "failed"]


async def test_only_one_of_several_processes_routes(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("x"))
    await engine.flows.start(owner, "f")
    await hear("first")
    await ended_runs(owner, 1)

    with engine.database.connect() as connection:
        taken = take(connection, holder="another", lease_s=60.0)

    assert taken is None, "the process at work has the lease"


async def test_an_event_waits_for_the_wait_that_is_being_stored_and_ends_it(
    engine: Engine,
) -> None:
    row: dict[str, Any] = {
        "id": "wait",
        "run_id": "run",
        "owner_id": "owner",
        "connector": "test:echo",
        "order_key": "one",
        "state": "waiting",
        "work": {},
        "key": "answer:q",
        "after_seq": 0,
        "account_id": None,
        "expires_at": None,
        "rank": 1,
        "event": None,
        "event_seq": None,
    }
    happened = [("test:echo", 7, "{}", ("answer:q",))]

    def route() -> int:
        with engine.database.begin() as connection:
            going_on, _ = end_answered(connection, happened)
            return len(going_on)

    with ThreadPoolExecutor(1) as routing:
        with engine.database.begin() as connection:
            store_waits(connection, [row])
            routed = routing.submit(route)
            with pytest.raises(TimeoutError):
                routed.result(0.5)
        found = routed.result(60)

    assert found == 1, "without the lock both would pass each other, and the wait would go on"


async def test_another_process_goes_on_with_what_one_has_left_and_hears_what_comes_now(
    tmp_path: Path,
    postgres: str,
    connectors: dict[str, Connector],
    until: Callable[..., Awaitable[Any]],
) -> None:
    first, second = (
        Settings(
            data=tmp_path / name,
            environment={"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()},
            database_url=postgres,
        )
        for name in ("first", "second")
    )
    second = replace(second, environment=first.environment)

    def told(text: str) -> bytes:
        event = {"id": text, "kind": "heard", "payload": {"text": text}, "routes": ["room:hall"]}
        return json.dumps({**event, "answers": []}).encode()

    async with open_engine(second, connectors_of(echo_module())) as standby:
        async with open_engine(first, connectors) as active:
            # Whoever was first on the database is at work; here that is the one opened before.
            works, waits = (standby, active) if standby.turn.is_mine.is_set() else (active, standby)
            assert not waits.turn.is_mine.is_set()
            owner = works.owners.first_owner_id
            await works.accounts.connect_token(owner, "test:echo", "hall", "keys")
            await works.flows.put(owner, "f", echoing("{{ in1.heard.text }}", then="slow"))
            await works.flows.start(owner, "f")
            await waits.events.accept("test:echo", told("under way"))
            plugin: Any = works.plugins["test:echo"]
            await until(lambda: _returned(plugin.acts))

            # It ends in the middle of the step, as a process that is killed does for the database.
            for task in works.queue.tasks:
                task.cancel()
            await works.tasks.stop()
            await waits.events.accept("test:echo", told("comes now"))
            goes_on: Any = waits.plugins["test:echo"]
            goes_on.is_over.set()
            found = await until(lambda: _completed(waits, owner, 2))

    assert {run["status"] for run in found} == {"completed"}
    assert sorted(text for _, text, _ in goes_on.acts) == ["comes now", "under way"]


async def test_a_process_that_has_lost_its_turn_begins_nothing_of_what_it_had(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, echo: Echo, until: Until
) -> None:
    await engine.flows.put(owner, "f", echoing("{{ in1.heard.text }}", then="slow"))
    await engine.flows.start(owner, "f")
    for text in ("under way", "behind"):
        await hear(text, order="one")
    await until(lambda: _returned(len(engine.queue.known) == 2 and echo.acts))

    with engine.database.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires_at = 0"))
        taken = take(connection, holder="another", lease_s=60.0)
    await until(lambda: _returned(not engine.turn.is_mine.is_set()))
    known = len(engine.queue.known)
    echo.is_over.set()
    await until(lambda: _returned(not engine.queue.tasks))
    stored = await engine.runs.list(owner, status="completed")
    with engine.database.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires_at = 0"))
    found = await ended_runs(owner, 2)

    assert taken is not None
    assert known == 1, "what is behind may be begun by another process now"
    assert stored == [], "what was under way may be done again by that one"
    assert {run["status"] for run in found} == {"completed"}


async def _returned(found: Any) -> Any:
    return found


async def _completed(engine: Engine, owner: str, count: int) -> Any:
    runs = await engine.runs.list(owner, status="completed")
    return runs if len(runs) == count else None


async def test_a_step_keeps_the_furthest_fate_here_too(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "echo", echoing("hi"))
    await engine.flows.start(owner, "echo")
    await hear("hello")
    [run] = await ended_runs(owner, 1)
    step_id, at = f"{run['id']}.0", datetime(2026, 9, 21, tzinfo=UTC)

    for told in (Fate(step_id, "read", at), Fate(step_id, "delivered", at)):
        await echo.host.report_fates([told])
    before = await engine.runs.get(owner, run["id"])
    await echo.host.report_fates([Fate(step_id, "failed", at, RejectedError("Lost", "10 %"))])
    [failed] = await engine.runs.list(owner, status="failed")
    after = await engine.runs.get(owner, run["id"])

    assert [each["steps"][1]["fate"]["state"] for each in (before, after)] == ["read", "failed"]
    assert after["steps"][1]["fate"]["error"]["cause"] == "10 %"
    assert (failed["id"], failed["fates"]) == (run["id"], {"failed": 1})
    assert await engine.runs.list(owner, fate="delivered") == []
