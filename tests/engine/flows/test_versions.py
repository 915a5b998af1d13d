"""A new version of a running flow: it takes over at one moment, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import RejectedError, TriggerContext
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage.tables import listeners

from ..conftest import Echo, Heard
from ..runs.test_runs import flow

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
EVENTS = 60


def hearing(trigger: str, *rooms: str) -> dict[str, Any]:
    """A flow whose triggers are named after `trigger`, one for each room."""
    components: dict[str, Any] = {
        f"{trigger}{number}": {
            "type": "test.echo.Heard",
            "account": "keys",
            "input": {"room": room},
        }
        for number, room in enumerate(rooms)
    }
    components["say"] = {
        "type": "test.echo.Say",
        "account": "keys",
        "source": {"in": {key: ["heard"] for key in components}},
        "input": {"text": "said"},
    }
    return {"name": "test", "components": components}


async def test_no_event_is_lost_or_doubled_while_versions_with_other_triggers_take_over(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", hearing("first", "hall"))
    await engine.flows.start(owner, "f")

    async def pour() -> None:
        for number in range(EVENTS):
            await hear(f"{number}", id=f"{number}", order="one")
            await asyncio.sleep(0.005)

    pouring = asyncio.create_task(pour())
    for number in range(5):
        await asyncio.sleep(0.05)
        await engine.flows.put(owner, "f", hearing(f"version{number}x", "hall"))
        await engine.flows.start(owner, "f")
    await pouring
    found = await ended_runs(owner, EVENTS)

    assert [run["status"] for run in found] == ["completed"] * EVENTS
    assert len({run["eventId"] for run in found}) == EVENTS
    assert len({run["version"] for run in found}) > 1, "versions changed while events came"
    assert echo.removed[:1] == ["first0:room:hall"]
    assert engine.tasks.troubles() == {}


async def test_the_new_version_is_heard_before_the_old_one_is_left(
    engine: Engine, owner: str, echo: Echo
) -> None:
    await engine.flows.put(owner, "f", hearing("a", "hall", "cellar"))
    await engine.flows.start(owner, "f")
    await engine.flows.put(owner, "f", hearing("a", "hall"))
    await engine.flows.start(owner, "f")
    rows = await engine.rows(sa.select(listeners.c.component, listeners.c.route))

    assert echo.removed == ["a1:room:cellar"], "what both versions listen to is never left"
    assert [(row.component, row.route) for row in rows] == [("a0", "room:hall")]


async def test_a_version_that_cannot_start_leaves_the_running_one_and_nothing_of_itself(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", hearing("a", "hall"))
    await engine.flows.start(owner, "f")
    await engine.flows.put(owner, "f", hearing("b", "cellar", "attic"))

    with pytest.raises(RejectedError, match="Not your room"):
        await engine.flows.start(owner, "f")
    await hear("x")
    [run] = await ended_runs(owner, 1)
    shown = await engine.flows.get(owner, "f")

    assert (run["version"], shown["state"], shown["runningVersion"]) == (1, "running", 1)
    assert echo.removed == ["b0:room:cellar"]


async def test_a_first_start_that_fails_leaves_no_trigger_behind(
    engine: Engine, owner: str, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []
    stop = Heard.stop

    async def note_and_stop(trigger: Heard, context: TriggerContext) -> None:
        stopped.append(context.properties.room)
        await stop(trigger, context)

    monkeypatch.setattr(Heard, "stop", note_and_stop)
    await engine.flows.put(owner, "f", hearing("a", "hall", "attic", "cellar"))

    with pytest.raises(RejectedError, match="Not your room"):
        await engine.flows.start(owner, "f")
    shown = await engine.flows.get(owner, "f")

    assert stopped == ["hall", "attic"]
    assert (echo.added, echo.removed) == (["a0:room:hall"], ["a0:room:hall"])
    assert await engine.rows(sa.select(listeners)) == []
    assert (shown["state"], "Not your room" in shown["reason"]) == ("stopped", True)


@pytest.mark.parametrize("ends", ["delete", "stop"])
async def test_what_is_asked_for_while_a_start_is_under_way_is_done_after_it(
    engine: Engine, owner: str, echo: Echo, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    agree = echo.listener_added
    is_asked, may_go_on = asyncio.Event(), asyncio.Event()

    async def agree_later(*given: Any) -> None:
        is_asked.set()
        await may_go_on.wait()
        await agree(*given)

    monkeypatch.setattr(echo, "listener_added", agree_later)
    await engine.flows.put(owner, "f", hearing("b", "hall"))
    starting = asyncio.create_task(engine.flows.start(owner, "f"))
    await is_asked.wait()
    ending = asyncio.create_task(getattr(engine.flows, ends)(owner, "f"))
    await engine.flows.list(owner)
    may_go_on.set()
    await asyncio.gather(starting, ending, return_exceptions=True)

    assert await engine.rows(sa.select(listeners)) == []
    assert echo.removed == ["b0:room:hall"]


async def test_no_listener_is_there_before_the_plugin_has_agreed_to_it(
    engine: Engine, owner: str, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree = echo.listener_added
    there: list[int] = []

    async def look_and_agree(*given: Any) -> None:
        there.append(len(await engine.rows(sa.select(listeners))))
        await agree(*given)

    monkeypatch.setattr(echo, "listener_added", look_and_agree)
    await engine.flows.put(owner, "f", hearing("a", "hall", "cellar"))
    await engine.flows.start(owner, "f")

    assert there == [0, 0]


async def test_old_versions_are_forgotten_but_never_one_that_runs_or_has_runs(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    object.__setattr__(engine.limits, "versions", 2)
    await engine.flows.put(owner, "f", flow({"text": "1"}))
    await engine.flows.start(owner, "f")
    await hear("x")
    await ended_runs(owner, 1)
    for number in (2, 3):
        await engine.flows.put(owner, "f", flow({"text": str(number)}))
    await engine.flows.start(owner, "f")
    for number in (4, 5, 6):
        await engine.flows.put(owner, "f", flow({"text": str(number)}))

    query = sa.text("SELECT version FROM flow_versions ORDER BY version")
    kept = [row.version for row in await engine.rows(query)]  # type: ignore[arg-type]
    assert kept == [1, 3, 5, 6]
