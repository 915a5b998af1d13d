"""An engine that is given a clock lives by it: nothing happens before it has been moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from appmixer.engine.contract import Connector, Credentials, JsonObject
from appmixer.engine.contract.testing import START_OF_TIME, Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

from ..conftest import Keys

pytestmark = pytest.mark.anyio

Until = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
DAY_S = 86_400.0
FLOW = {
    "name": "Answer",
    "components": {
        "heard": {"type": "test.echo.Heard", "account": "keys"},
        "say": {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": {"heard": ["heard"]}},
            "input": {"text": "{{ heard.heard.text }}", "then": "wait"},
        },
    },
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(
    settings: Settings, connectors: dict[str, Connector], clock: Clock
) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors, clock) as engine:
        yield engine


async def run_of(engine: Engine, owner: str, status: str) -> dict[str, Any] | None:
    for run in await engine.runs.list(owner):
        if run["status"] == status:
            return await engine.runs.get(owner, run["id"])
    return None


async def test_a_wait_ends_when_its_time_has_come_on_the_given_clock(
    engine: Engine, owner: str, clock: Clock, hear: Callable[..., Awaitable[None]], until: Until
) -> None:
    await engine.flows.put(owner, "answer", FLOW)
    await engine.flows.start(owner, "answer")
    await hear("ask")
    await until(lambda: run_of(engine, owner, "waiting"))
    clock.advance(0.2)

    still = await run_of(engine, owner, "waiting")
    clock.advance(0.2)
    run = await until(lambda: run_of(engine, owner, "completed"))

    assert still is not None
    assert run["steps"][-1]["output"]["said"][0]["text"] == "ask: no answer"
    times = [datetime.fromisoformat(run[key]).timestamp() for key in ("startedAt", "endedAt")]
    assert times == [START_OF_TIME, START_OF_TIME + 0.4]


async def test_access_is_proven_again_an_hour_later_on_the_given_clock(
    engine: Engine, owner: str, clock: Clock, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    proven: list[float] = []

    async def validate(provider: Keys, credentials: Credentials) -> JsonObject:
        proven.append(clock.now - START_OF_TIME)
        return credentials.profile

    async def is_proven() -> bool:
        clock.advance(60)
        return bool(proven)

    monkeypatch.setattr(Keys, "validate", validate)
    await until(is_proven)

    assert 3600 <= proven[0] < 4000


async def test_an_old_run_is_removed_when_the_given_clock_is_a_month_on(
    engine: Engine, owner: str, clock: Clock, hear: Callable[..., Awaitable[None]], until: Until
) -> None:
    flow = {**FLOW, "components": {"heard": FLOW["components"]["heard"]}}  # type: ignore[index]
    await engine.flows.put(owner, "answer", flow)
    await engine.flows.start(owner, "answer")
    await hear("ask")
    await until(lambda: run_of(engine, owner, "completed"))

    async def is_gone() -> bool:
        return not await engine.runs.list(owner)

    clock.advance(31 * DAY_S)
    await until(is_gone)
