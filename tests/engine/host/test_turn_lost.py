"""A process that loses its turn, and has it again: nothing is begun, lost, late or out of order."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Connector, Credentials
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.host.turn import take
from appmixer.engine.runs.due import HORIZON_S
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import segments

from ..conftest import CONNECTOR, Echo, Keys

pytestmark = pytest.mark.anyio

Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Hear = Callable[..., Awaitable[None]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        async with asyncio.timeout(60):
            await engine.turn.is_mine.wait()
        yield engine


def flow(*says: dict[str, str]) -> dict[str, Any]:
    """Return a flow that hears, and then says one thing after the other."""
    components: dict[str, Any] = {"in1": {"type": "test.echo.Heard", "account": "keys"}}
    before = {"in1": ["heard"]}
    for number, say in enumerate(says):
        components[f"say{number}"] = {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": before},
            "input": say,
        }
        before = {f"say{number}": ["said"]}
    return {"name": "test", "components": components}


async def lose(engine: Engine, until: Until) -> None:
    """Let another process have the turn, and this one notice it."""
    with engine.database.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires_at = 0"))
        assert take(connection, holder="another", lease_s=600.0) is not None

    async def is_lost() -> bool:
        return not engine.turn.is_mine.is_set()

    await until(is_lost)


async def regain(engine: Engine) -> None:
    with engine.database.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires_at = 0"))
    async with asyncio.timeout(60):
        await engine.turn.is_mine.wait()


def told(text: str) -> bytes:
    event = {"id": text, "kind": "heard", "payload": {"text": text}, "routes": ["room:hall"]}
    return json.dumps({**event, "order": "one", "answers": []}).encode()


async def within(context: Context, work: Callable[[], Awaitable[Any]]) -> Any:
    async def do() -> Any:
        return await work()

    return await asyncio.create_task(do(), context=context)


async def test_no_step_begins_when_the_time_of_the_turn_is_over(
    engine: Engine, owner: str, echo: Echo, hear: Hear, until: Until
) -> None:
    """Whatever the database would say: what a step does outside cannot be taken back."""
    await engine.flows.put(owner, "f", flow({"text": "1", "then": "slow"}, {"text": "2"}))
    await engine.flows.start(owner, "f")
    await hear("x")

    async def has_begun() -> bool:
        return bool(echo.acts)

    await until(has_begun)
    # As after a stop of the whole process; nobody else has taken over yet.
    await engine.tasks.stop()
    term = engine.turn.fence.term
    assert term is not None
    term.ends_at = time.monotonic()
    echo.is_over.set()

    async def is_idle() -> bool:
        return not engine.queue.tasks

    await until(is_idle)
    [run] = await engine.runs.list(owner)
    found = await engine.runs.get(owner, run["id"])

    assert [text for _, text, _ in echo.acts] == ["1"]
    assert [step["status"] for step in found["steps"]] == ["completed", "completed"]
    assert run["status"] == "running"


async def test_what_another_process_has_left_comes_before_what_came_later(
    engine: Engine,
    owner: str,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("appmixer.engine.events.routing.LOOK_S", 600.0)
    await engine.flows.put(owner, "f", flow({"text": "{{ in1.heard.text }}"}))
    await engine.flows.start(owner, "f")
    await hear("first", order="one")
    await ended_runs(owner, 1)

    await lose(engine, until)
    await engine.events.accept(CONNECTOR, told("left"))
    found = await engine.events.read(engine.plugins, engine.describe)
    await engine.events.keep(found, engine.describe)
    await engine.events.accept(CONNECTOR, told("came later"))
    await regain(engine)
    await ended_runs(owner, 3)

    assert [text for _, text, _ in echo.acts] == ["first", "left", "came later"]


async def test_a_wait_that_another_process_has_stored_ends_in_time(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await engine.flows.put(owner, "f", flow({"text": "q", "then": "wait"}))
    await engine.flows.start(owner, "f")
    await lose(engine, until)
    with engine.database.begin() as connection:
        connection.execute(sa.insert(segments), waiting_until(time.time() + 1.0))

    await regain(engine)

    async def has_ended() -> bool:
        query = sa.select(segments.c.state).where(segments.c.id == "wait")
        [row] = await engine.rows(query)
        return bool(row.state != "waiting")

    await until(has_ended, deadline_s=HORIZON_S / 3)


async def test_a_renewed_token_is_kept_though_the_step_that_asked_for_it_is_another_processes(
    engine: Engine, owner: str, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refresh(_: Keys, credentials: Credentials) -> Credentials:
        return Credentials("hall+new", credentials.profile, "keys")

    monkeypatch.setattr(Keys, "refresh", refresh)
    [account] = await engine.accounts.list(owner)
    step = engine.turn.fence.context()
    await lose(engine, until)

    await within(step, lambda: engine.accounts.renewal.refresh(account["id"]))

    assert await engine.accounts.access_token(account["id"]) == "hall+new"


async def test_what_comes_in_is_stored_whoever_has_the_turn(engine: Engine, until: Until) -> None:
    polling = engine.turn.fence.context()
    await lose(engine, until)

    await within(polling, lambda: engine.events.accept(CONNECTOR, told("polled")))

    [row] = await engine.rows(sa.text("SELECT COUNT(*) AS kept FROM inbox"))  # type: ignore[arg-type]
    assert row.kept == 1


def waiting_until(at: float) -> dict[str, Any]:
    return {
        "id": "wait",
        "run_id": "run",
        "owner_id": "owner",
        "connector": CONNECTOR,
        "order_key": "run",
        "state": "waiting",
        "work": {},
        "key": "answer:never",
        "after_seq": 0,
        "account_id": None,
        "expires_at": at,
        "rank": 1,
        "event": None,
        "event_seq": None,
    }
