"""What a plugin hands to its host to be watched: begun again when it fails, and seen by all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appmixer.engine.contract import Connector, HostContext, RejectedError, connectors_of, hookimpl
from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings

from ..conftest import Echo, echo_module
from .test_left_out import asking

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
TASK = "test:echo pulse"


class Beating(Echo):
    """A plugin whose work fails in each of these ways, and then goes on for ever."""

    def __init__(self, host: HostContext, failures: list[BaseException]) -> None:
        super().__init__(host)
        self.failures = failures
        self.told: list[str] = []

    async def start(self) -> None:
        self.host.watch("pulse", self._beat)

    async def stop(self) -> None:
        self.told.append("stopped")

    async def _beat(self) -> None:
        self.told.append("begun")
        if self.failures:
            raise self.failures.pop(0)
        try:
            await asyncio.Event().wait()
        finally:
            self.told.append("ended")


def beating(*failures: BaseException) -> tuple[list[Beating], dict[str, Connector]]:
    made: list[Beating] = []
    module: Any = echo_module()

    def plugin(host: HostContext) -> Beating:
        made.append(Beating(host, [*failures]))
        return made[-1]

    module.appmixer_plugin = hookimpl(plugin)
    return made, connectors_of(module)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ZeroDivisionError("a text of somebody's"), "ZeroDivisionError; the log tells more under"),
        (RejectedError("Not now", "It rests."), "It rests."),
        (RejectedError("Not now"), "Not now"),
        # What ends a process must not end that of the others.
        (SystemExit(3), "SystemExit; the log tells more under"),
    ],
)
async def test_work_that_fails_is_shown_and_begun_again_and_keeps_nobody_from_being_served(
    settings: Settings,
    until: Until,
    capfd: pytest.CaptureFixture[str],
    failure: BaseException,
    reason: str,
) -> None:
    made, connectors = beating(failure)

    async with open_engine(settings, connectors) as engine, asking(engine) as client:

        async def begun_again() -> bool:
            return made[0].told == ["begun", "begun"]

        await until(begun_again)
        ready = await client.get("/readyz")
        metrics = (await client.get("/metrics")).text
        served = await client.get("/api/flows")

    assert (ready.status_code, served.status_code) == (200, 200)
    assert [*ready.json()["troubles"]] == [TASK]
    assert reason in ready.json()["troubles"][TASK]
    assert f'appmixer_task_failures_total{{task="{TASK}"}} 1.0' in metrics
    assert '"task_failed"' in capfd.readouterr().err


async def test_what_is_watched_ends_before_its_plugin_is_stopped(
    settings: Settings, until: Until
) -> None:
    made, connectors = beating()

    async with open_engine(settings, connectors) as engine, asking(engine) as client:

        async def begun() -> list[str]:
            return made[0].told

        await until(begun)
        ready = await client.get("/readyz")

    assert ready.json() == {"status": "ready", "hasTurn": True, "leftOut": [], "troubles": {}}
    assert made[0].told == ["begun", "ended", "stopped"]


async def test_a_plugin_that_does_not_start_leaves_nothing_at_work(settings: Settings) -> None:
    made: list[Beating] = []

    class Half(Beating):
        async def start(self) -> None:
            await super().start()
            await asyncio.sleep(0)
            raise ZeroDivisionError

    module: Any = echo_module()

    def plugin(host: HostContext) -> Beating:
        made.append(Half(host, []))
        return made[-1]

    module.appmixer_plugin = hookimpl(plugin)
    async with open_engine(settings, connectors_of(module)) as engine:
        left_out = len(engine.left_out)
        told = [*made[0].told]

    assert (left_out, told) == (1, ["begun", "ended", "stopped"])
