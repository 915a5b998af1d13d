"""A step of whose effect nothing more is heard says so, and its component is asked why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from appmixer.engine.contract import (
    ActionContext,
    Check,
    ComponentContext,
    Connector,
    Fate,
    FateState,
    JsonObject,
    RejectedError,
    Wait,
    connectors_of,
    hookimpl,
)
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host import silences
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.observe.stream import Notice
from appmixer.engine.runs import silence
from appmixer.engine.settings import Settings
from appmixer.engine.storage.database import DatabaseTimeout

from ..conftest import MANIFEST, Echo, Heard, Said, Say, echo_module

pytestmark = pytest.mark.anyio

FLOW: dict[str, Any] = {
    "name": "Echo",
    "components": {
        "incoming": {"type": "test.echo.Heard", "account": "keys"},
        "reply": {
            "type": "test.echo.Send",
            "account": "keys",
            "source": {"in": {"incoming": ["heard"]}},
            "input": {"text": "{{ incoming.heard.text }}", "pin": "1234"},
        },
    },
}
AWAY = Check("away", "fault", "The person is away.", "Wait.")
Hear = Callable[..., Awaitable[None]]
Until = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
EndedRuns = Callable[..., Awaitable[list[dict[str, Any]]]]


class Send(Say):
    """https://example.org/send"""

    label = "Send"
    has_later_fate = True

    async def receive(self, context: ActionContext, input: Any) -> Said | Wait | None:
        if not input.text.startswith("waits"):
            return await super().receive(context, input)
        if input.text == "waits":
            await context.send(self.port, Said(text=input.text, step=context.step_id))
        return Wait("never", 3600.0)

    async def why_silent(
        self, context: ComponentContext, input: JsonObject, output: JsonObject
    ) -> Sequence[Check]:
        match input["text"]:
            case "refused":
                raise RejectedError("Not told", "The service is closed.", "Ask on Monday.")
            case "broken":
                raise RuntimeError("a fault of the component")
            case "slow":
                await asyncio.Event().wait()
            case _:
                pass
        account = f"{context.account.name} said {output['text']} with {input['pin']}"
        return [Check("told", "advice", account), AWAY]


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = echo_module()
    [*entries, say] = MANIFEST["components"]
    send = {**say, "name": "test.echo.Send", "label": "Send", "schema": "schemas/Send.json"}
    manifest = {**MANIFEST, "components": [*entries, send]}
    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_components = hookimpl(
        lambda: {"test.echo.Heard": Heard, "test.echo.Send": Send}
    )
    return connectors_of(module)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(
    settings: Settings, connectors: dict[str, Connector], clock: Clock
) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors, clock) as engine:
        yield engine


@pytest.fixture
async def flow(admin: httpx.AsyncClient, owner: str) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    assert (await admin.post("/api/flows/echo/start")).status_code == 200


@pytest.fixture
def sent(
    engine: Engine, flow: None, owner: str, hear: Hear, ended_runs: EndedRuns
) -> Callable[..., Awaitable[str]]:
    """Let a run send a text, and return the run's id."""

    async def one(text: str = "hi") -> str:
        before = {each["id"] for each in await engine.runs.list(owner)}
        await hear(text)
        found = await ended_runs(owner, len(before) + 1)
        return str(next(each["id"] for each in found if each["id"] not in before))

    return one


async def fate_of(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    [_, reply] = (await client.get(f"/api/runs/{run_id}")).json()["steps"]
    fate: dict[str, Any] = reply["fate"]
    return fate


async def tell(echo: Echo, run_id: str, state: FateState) -> None:
    await echo.host.report_fates([Fate(f"{run_id}.0", state, datetime.now(UTC))])


def hear_nothing(self: silence.SilentSteps, step_id: str) -> None:
    """Be in another process than who was told."""


class Watching:
    """What the stream tells of fates."""

    def __init__(self, engine: Engine) -> None:
        self.told: list[Notice] = []
        self._stream = engine.stream.watch(engine.owners.first_owner_id)
        self._task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for notice in self._stream:
            if notice.kind == "fate":
                self.told.append(notice)

    async def __aenter__(self) -> Watching:
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def silent(self) -> list[str]:
        """The runs that were said to be silent."""
        fates = [each.content for each in self.told if each.content["fate"]["silentSince"]]
        return [each["runId"] for each in fates]


async def test_after_thirty_seconds_a_step_says_that_nothing_more_was_heard_and_why(
    admin: httpx.AsyncClient, clock: Clock, sent: Callable[..., Awaitable[str]]
) -> None:
    run_id = await sent()

    clock.advance(29.0)
    before = await fate_of(admin, run_id)
    clock.advance(1.0)
    after = await fate_of(admin, run_id)
    page = (await admin.get(f"/api/runs/{run_id}/steps")).json()["steps"]

    assert (before["state"], before["silentSince"], before["reasons"]) == ("accepted", None, [])
    assert (after["state"], after["silentSince"]) == ("accepted", after["at"])
    assert after["reasons"] == [
        {
            "name": "told",
            "state": "advice",
            "finding": "keys said hi with ••••••",
            "cure": "",
            "mend": "",
        },
        {
            "name": "away",
            "state": "fault",
            "finding": "The person is away.",
            "cure": "Wait.",
            "mend": "",
        },
    ]
    assert page[1]["fate"] == after


@pytest.mark.parametrize("state", ["delivered", "read", "played", "failed"])
async def test_a_step_of_which_more_was_told_is_not_silent(
    admin: httpx.AsyncClient,
    echo: Echo,
    clock: Clock,
    sent: Callable[..., Awaitable[str]],
    state: FateState,
) -> None:
    run_id = await sent()

    clock.advance(3600.0)
    await tell(echo, run_id, "accepted")
    silent = await fate_of(admin, run_id)
    await tell(echo, run_id, state)
    heard = await fate_of(admin, run_id)

    assert silent["silentSince"] is not None
    assert (heard["state"], heard["silentSince"], heard["reasons"]) == (state, None, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("refused", "Not told. The service is closed."),
        ("broken", "could not be found out"),
        ("slow", "could not be found out"),
    ],
)
async def test_reasons_that_cannot_be_told_cost_nobody_the_run(
    admin: httpx.AsyncClient,
    clock: Clock,
    sent: Callable[..., Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    told: str,
) -> None:
    if text == "slow":
        monkeypatch.setattr(silences, "PATIENCE_S", 0.01)
    run_id = await sent(text)
    clock.advance(30.0)

    [reason] = (await fate_of(admin, run_id))["reasons"]

    assert told in reason["finding"]
    assert reason["cure"]


async def test_the_stream_and_the_metrics_tell_once_that_a_step_is_silent(
    admin: httpx.AsyncClient,
    echo: Echo,
    engine: Engine,
    clock: Clock,
    sent: Callable[..., Awaitable[str]],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard_of: list[str] = []
    forget = silence.SilentSteps.heard

    def note(self: silence.SilentSteps, step_id: str) -> None:
        heard_of.append(step_id)
        forget(self, step_id)

    monkeypatch.setattr(silence.SilentSteps, "heard", note)
    heard, silent = await sent(), await sent()
    await tell(echo, heard, "delivered")
    await tell(echo, silent, "accepted")

    async with Watching(engine) as watching:

        async def is_told() -> bool:
            return bool(watching.silent)

        clock.advance(30.0)
        await until(is_told)
        clock.advance(30.0)
        clock.advance(30.0)
        metrics = (await admin.get("/metrics")).text

    assert watching.silent == [silent]
    assert heard_of == [f"{heard}.0"], "what was delivered in time is not looked up"
    shown = await fate_of(admin, silent)
    [notice] = [each.content for each in watching.told]
    assert notice["component"] == "reply"
    assert (notice["fate"]["state"], notice["fate"]["silentSince"]) == (
        "accepted",
        shown["silentSince"],
    )
    assert 'appmixer_silent_steps_total{type="test.echo.Send"} 1.0' in metrics


async def test_a_step_that_waits_for_what_becomes_of_its_effect_is_silent_like_any_other(
    admin: httpx.AsyncClient,
    engine: Engine,
    clock: Clock,
    flow: None,
    owner: str,
    hear: Hear,
    until: Until,
) -> None:
    async def is_waiting() -> list[str]:
        found = await engine.runs.list(owner)
        return [each["id"] for each in found if each["status"] == "waiting"]

    for text in ("waits unheard", "waits"):
        await hear(text)
    await until(lambda: _two(is_waiting))
    async with Watching(engine) as watching:

        async def is_told() -> bool:
            return bool(watching.silent)

        clock.advance(30.0)
        await until(is_told)

    fates = {run_id: await fate_of(admin, run_id) for run_id in await is_waiting()}
    [silent] = [run_id for run_id, fate in fates.items() if fate]
    assert watching.silent == [silent]
    assert fates[silent]["state"] == "accepted"
    assert fates[silent]["silentSince"] == fates[silent]["at"]
    assert [each["name"] for each in fates[silent]["reasons"]] == ["told", "away"]


async def _two(find: Callable[[], Awaitable[list[str]]]) -> bool:
    return len(await find()) == 2


async def test_what_another_process_was_told_is_no_silence(
    echo: Echo,
    engine: Engine,
    clock: Clock,
    sent: Callable[..., Awaitable[str]],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = await sent()
    with monkeypatch.context() as patched:
        # As in another process: stored, and this one does not hear of it.
        patched.setattr(silence.SilentSteps, "heard", hear_nothing)
        await tell(echo, heard, "delivered")
    silent = await sent()

    async with Watching(engine) as watching:

        async def is_told() -> bool:
            return bool(watching.silent)

        clock.advance(30.0)
        await until(is_told)

    assert watching.silent == [silent]


async def test_ten_thousand_silent_steps_are_looked_up_together(
    engine: Engine, clock: Clock, until: Until
) -> None:
    waiting = silence.SilentSteps()
    for number in range(10_000):
        row = {
            "id": f"{number}.0",
            "run_id": str(number),
            "component": "a",
            "type": "test.echo.Send",
        }
        waiting.ended("owner", "flow", {**row, "started_at": clock.now, "duration_s": 0.0})
    told: list[silence.Accepted] = []
    begun: list[str] = []
    watching = asyncio.ensure_future(waiting.keep_noticing(clock, engine.fates.silent, told.append))

    def count(*_: Any) -> None:
        begun.append("statement")

    async def is_told() -> bool:
        return len(told) == 10_000

    event.listen(engine.database, "before_cursor_execute", count)
    await asyncio.sleep(0)
    clock.advance(30.0)
    await until(is_told)
    watching.cancel()

    assert waiting.count == 0
    assert len(begun) < 200


async def test_a_database_that_is_away_is_asked_again_for_what_is_silent(
    clock: Clock, until: Until
) -> None:
    waiting = silence.SilentSteps()
    row = {"id": "1.0", "run_id": "1", "component": "a", "type": "t"}
    waiting.ended("owner", "flow", {**row, "started_at": clock.now, "duration_s": 0.0})
    told: list[silence.Accepted] = []
    asked: list[str] = []

    async def ask(steps: Sequence[silence.Accepted]) -> Sequence[silence.Accepted]:
        asked.append(steps[0].step_id)
        if len(asked) == 1:
            raise DatabaseTimeout
        return steps

    async def is_told() -> bool:
        clock.advance(1.0)
        return bool(told) or watching.done()

    watching = asyncio.ensure_future(waiting.keep_noticing(clock, ask, told.append))
    clock.advance(30.0)
    await until(is_told)
    watching.cancel()

    assert [each.step_id for each in told] == ["1.0"]
    assert asked == ["1.0", "1.0"]


def test_only_so_many_steps_are_watched_and_none_of_which_more_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(silence, "MAX_WATCHED", 2)
    waiting = silence.SilentSteps()

    for number in range(3):
        row = {"id": f"{number}.0", "run_id": str(number), "component": "a", "type": "t"}
        waiting.ended("owner", "flow", {**row, "started_at": 0.0, "duration_s": 0.0})

    assert waiting.count == 2
    waiting.heard("2.0")
    assert waiting.count == 1


async def test_another_owner_is_told_no_reasons(
    other: httpx.AsyncClient, clock: Clock, sent: Callable[..., Awaitable[str]]
) -> None:
    run_id = await sent()
    clock.advance(30.0)

    assert (await other.get(f"/api/runs/{run_id}")).status_code == 404
    assert (await other.get(f"/api/runs/{run_id}/steps")).status_code == 404
