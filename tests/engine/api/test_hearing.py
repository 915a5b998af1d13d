"""The next event that a trigger takes is waited for, and nobody else misses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.settings import Settings

from ..conftest import Echo
from .test_shapes import FLOW

pytestmark = pytest.mark.anyio

HEAR = "/api/components/test.echo.Heard/hear"
Hear = Callable[..., Awaitable[None]]
Until = Callable[..., Awaitable[Any]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", environment={"APPMIXER_MAX_STREAMS": "1"})


@pytest.fixture
async def waits(
    admin: httpx.AsyncClient, echo: Echo, until: Until
) -> AsyncIterator[Callable[..., Awaitable[asyncio.Task[httpx.Response]]]]:
    """Wait for the next event: a task, once the trigger listens."""
    tasks: list[asyncio.Task[httpx.Response]] = []

    async def wait(**input: Any) -> asyncio.Task[httpx.Response]:
        before = len(echo.added)
        asked = {"account": "keys", "input": input}
        tasks.append(asyncio.create_task(admin.post(HEAR, json=asked)))

        async def listens() -> bool:
            return len(echo.added) > before

        await until(listens)
        return tasks[-1]

    yield wait
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_next_event_is_heard_without_any_flow_and_stays_to_be_replayed(
    admin: httpx.AsyncClient, owner: str, echo: Echo, hear: Hear, waits: Any
) -> None:
    await hear("before")
    waiting = await waits()

    await hear("hello")
    heard = (await waiting).json()

    [event, _] = (await admin.get("/api/events?unrouted=true")).json()["events"]
    assert heard == {
        "status": "heard",
        "eventId": event["id"],
        "output": {"heard": {"text": "hello", "who": None, "items": [], "ratio": None}},
    }
    assert (await admin.get("/api/runs")).json()["runs"] == []
    assert echo.removed == echo.added
    assert echo.added == ["trial:room:hall"]


async def test_a_flow_that_runs_gets_the_event_as_ever(
    admin: httpx.AsyncClient, owner: str, hear: Hear, ended_runs: Ended, waits: Any
) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    await admin.post("/api/flows/echo/start")
    waiting = await waits()

    await hear("say")

    [run] = await ended_runs(owner, 1)
    assert (await waiting).json()["eventId"] == run["eventId"]
    await hear("say")
    await ended_runs(owner, 2)


async def test_what_the_trigger_does_not_take_is_not_what_is_waited_for(
    admin: httpx.AsyncClient, owner: str, hear: Hear, waits: Any
) -> None:
    waiting = await waits(only="yes")

    for text, room in (("yes", "cellar"), ("no", "hall"), ("yes", "hall")):
        await hear(text, room=room)
    heard = (await waiting).json()

    newest = (await admin.get("/api/events?unrouted=true")).json()["events"][0]
    assert (heard["eventId"], heard["output"]["heard"]["text"]) == (newest["id"], "yes")


async def test_a_wait_that_is_given_up_leaves_nothing_behind(
    admin: httpx.AsyncClient, owner: str, echo: Echo, until: Until, waits: Any
) -> None:
    waiting = await waits()

    waiting.cancel()

    async def is_over() -> bool:
        return echo.removed == echo.added

    await until(is_over)


async def test_nothing_may_come_in_time(admin: httpx.AsyncClient, owner: str, echo: Echo) -> None:
    heard = (await admin.post(HEAR, json={"account": "keys", "withinS": 1})).json()

    assert heard == {"status": "nothing", "eventId": None, "output": {}}
    assert echo.removed == echo.added


@pytest.mark.parametrize(
    ("name", "asked", "status", "title"),
    [
        ("Heard", {"account": "keys", "input": {"room": "loft"}}, 422, "Not your room"),
        ("Heard", {}, 422, "There is no event to wait for"),
        ("Say", {"account": "keys"}, 404, "There is no trigger 'test.echo.Say'"),
        ("Heard", {"account": "keys", "input": {"rom": "x"}}, 422, "There is no field rom"),
        ("Heard", {"account": "theirs"}, 422, "There is no account theirs"),
    ],
)
async def test_what_cannot_be_heard_is_refused(
    admin: httpx.AsyncClient,
    owner: str,
    echo: Echo,
    name: str,
    asked: dict[str, Any],
    status: int,
    title: str,
) -> None:
    refused = await admin.post(f"/api/components/test.echo.{name}/hear", json=asked)

    assert (refused.status_code, title in refused.text) == (status, True), refused.text
    assert echo.added == []


async def test_an_owner_waits_for_no_more_than_streams(
    admin: httpx.AsyncClient, owner: str, waits: Any
) -> None:
    await waits()

    refused = await admin.post(HEAR, json={"account": "keys"})

    assert refused.json()["error"]["title"] == "The limit is reached"
