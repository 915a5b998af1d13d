"""What the actions of a flow rely on is listened to as long as it runs, and begins no run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Account, ComponentContext, JsonObject, Listener, RejectedError
from appmixer.engine.flows import relying
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage import tables

from ..conftest import Echo, Say

pytestmark = pytest.mark.anyio

Relies = Callable[[Say, ComponentContext, JsonObject], Awaitable[Sequence[str]]]


def saying(**texts: str) -> dict[str, Any]:
    """Return a flow that hears in the hall, and has a step for each text."""
    steps = {
        key: {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": {"incoming": ["heard"]}},
            "input": {"text": text, "pin": "1234"},
        }
        for key, text in texts.items()
    }
    incoming = {"type": "test.echo.Heard", "account": "keys"}
    return {"name": "Echo", "components": {"incoming": incoming, **steps}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[JsonObject]:
    """Have each step rely on the room that is its text; what they were asked with is returned."""
    inputs: list[JsonObject] = []

    async def relies_on(action: Say, context: ComponentContext, input: JsonObject) -> Sequence[str]:
        inputs.append(input)
        return [f"room:{input['text']}"]

    monkeypatch.setattr(Say, "relies_on", relies_on)
    return inputs


async def start(engine: Engine, owner: str, document: Mapping[str, Any]) -> dict[str, Any]:
    await engine.flows.put(owner, "echo", document)
    return await engine.flows.start(owner, "echo")


async def heard(echo: Echo) -> list[str]:
    return sorted(await echo.host.listeners("room:"))


async def removed(echo: Echo) -> list[str]:
    return echo.removed


async def until(find: Callable[[], Awaitable[list[str]]], wanted: list[str]) -> None:
    end = time.monotonic() + 30
    while (found := await find()) != wanted:
        assert time.monotonic() < end, found
        await asyncio.sleep(0.01)


async def test_steps_of_one_account_have_one_listener_and_tell_no_secret(
    engine: Engine, owner: str, echo: Echo, asked: list[JsonObject]
) -> None:
    await start(engine, owner, saying(first="cellar", second="cellar"))
    while_it_runs = await heard(echo)
    await engine.flows.stop(owner, "echo")

    assert asked == [{"text": "cellar"}, {"text": "cellar"}]
    assert echo.added == ["incoming:room:hall", "first:room:cellar"]
    assert while_it_runs == ["room:cellar", "room:hall"]
    assert echo.removed == ["first:room:cellar", "incoming:room:hall"]
    assert await heard(echo) == []


async def test_a_new_version_leaves_what_its_steps_rely_on_no_more(
    engine: Engine, owner: str, echo: Echo, asked: list[JsonObject]
) -> None:
    await start(engine, owner, saying(first="cellar", second="attic"))
    await start(engine, owner, saying(second="attic"))
    rows = await engine.rows(sa.select(tables.relied_on))

    assert [(row.route, row.version) for row in rows] == [("room:attic", 2)]
    assert echo.removed == ["first:room:cellar"]


async def test_what_the_plugin_refuses_is_told_and_listened_to_all_the_same(
    engine: Engine, owner: str, echo: Echo, asked: list[JsonObject]
) -> None:
    started = await start(engine, owner, saying(first="dungeon"))

    assert started["state"] == "running"
    assert started["warnings"] == ["Not your room. The account has no key to it. Ask for one."]
    assert await heard(echo) == ["room:dungeon", "room:hall"]


async def refuses(*_: object) -> Sequence[str]:
    raise RejectedError("Not told", "The service is closed.")


async def breaks(*_: object) -> Sequence[str]:
    raise ZeroDivisionError("a component's fault")


async def never_ends(*_: object) -> Sequence[str]:
    await asyncio.Event().wait()
    raise AssertionError("nobody ends it")


@pytest.mark.parametrize("relies_on", [refuses, breaks, never_ends])
async def test_a_step_that_cannot_tell_keeps_no_flow_from_starting(
    engine: Engine, owner: str, monkeypatch: pytest.MonkeyPatch, relies_on: Relies
) -> None:
    monkeypatch.setattr(relying, "PATIENCE_S", 0.05)
    monkeypatch.setattr(Say, "relies_on", relies_on)

    started = await start(engine, owner, saying(first="cellar"))

    assert (started["state"], started["warnings"]) == ("running", [])


async def test_a_plugin_that_does_not_answer_keeps_no_flow_from_starting(
    engine: Engine,
    owner: str,
    echo: Echo,
    asked: list[JsonObject],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relying, "PATIENCE_S", 0.05)
    agree = echo.listener_added

    async def wait(listener: Listener, account: Account) -> None:
        if not listener.begins_runs:
            await never_ends()
        await agree(listener, account)

    monkeypatch.setattr(echo, "listener_added", wait)

    started = await start(engine, owner, saying(first="cellar"))

    assert started["state"] == "running"
    assert started["warnings"] == [
        "Whether the step first hears what it relies on is not known: the service has not answered "
        "within 0.05 seconds."
    ]


async def test_a_flow_that_an_older_version_has_started_is_asked_later(
    engine: Engine, owner: str, echo: Echo, asked: list[JsonObject]
) -> None:
    await start(engine, owner, saying(first="cellar"))
    # As after the migration, or a stop that was cut off.
    await engine.writer.commit(lambda c: c.execute(sa.delete(tables.relied_on)))
    await engine.writer.commit(
        lambda c: c.execute(sa.update(tables.flows).values(relying_version=None))
    )
    before = await heard(echo)

    keeping = asyncio.create_task(engine.flows.keep_relying())
    await until(lambda: heard(echo), ["room:cellar", "room:hall"])
    keeping.cancel()

    assert before == ["room:hall"]


async def test_a_flow_that_does_not_listen_any_more_when_it_was_asked_is_left_alone(
    engine: Engine,
    owner: str,
    echo: Echo,
    asked: list[JsonObject],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(engine, owner, saying(first="cellar"))
    reset = sa.update(tables.flows).values(relying_version=None)
    await engine.writer.commit(lambda c: c.execute(reset))
    agree, is_over = echo.listener_added, asyncio.Event()

    async def stop_meanwhile(listener: Listener, account: Account) -> None:
        """Do as another process does that stops the flow."""
        gone = sa.update(tables.flows).values(state="stopped", running_version=None)
        await engine.writer.commit(lambda c: c.execute(gone))
        await agree(listener, account)
        is_over.set()

    monkeypatch.setattr(echo, "listener_added", stop_meanwhile)

    keeping = asyncio.create_task(engine.flows.keep_relying())
    await until(lambda: removed(echo), ["first:room:cellar"])
    keeping.cancel()

    assert is_over.is_set()
    assert "room:cellar" not in await heard(echo)
