"""What a connector tells of a step after its end: kept, shown, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, get_args

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appmixer.engine.contract import (
    Connector,
    Fate,
    FateState,
    HostContext,
    RejectedError,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine
from appmixer.engine.host.retention import KEEP_RUNS_S, remove_old
from appmixer.engine.observe.stream import Notice
from appmixer.engine.storage.tables import fates

from ..conftest import CONNECTOR, MANIFEST, Echo, Heard, Say, echo_module

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
FLOW: dict[str, Any] = {
    "name": "Echo",
    "components": {
        "incoming": {"type": "test.echo.Heard", "account": "keys"},
        "reply": {
            "type": "test.echo.Send",
            "account": "keys",
            "source": {"in": {"incoming": ["heard"]}},
            "input": {"text": "hi", "then": "{{ incoming.heard.text }}"},
        },
    },
}
TOO_LATE = RejectedError("Too late", "The person has gone.", "Write sooner.", code=47)


class Send(Say):
    """https://example.org/send"""

    label = "Send"
    has_later_fate = True


class Other(Echo):
    """The plugin of a connector of its own."""


def _module(connector: str, plugin: type[Echo]) -> Any:
    module: Any = echo_module()
    prefix = connector.replace(":", ".")
    [*entries, say] = MANIFEST["components"]
    send = {**say, "name": "test.echo.Send", "label": "Send", "schema": "schemas/Send.json"}
    listed = [
        {**each, "name": each["name"].replace("test.echo", prefix)} for each in (*entries, send)
    ]
    auth = {**MANIFEST["auth"], "service": prefix}
    manifest = {**MANIFEST, "id": connector, "auth": auth, "components": listed}

    def make(host: HostContext) -> Echo:
        return plugin(host)

    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_components = hookimpl(
        lambda: {f"{prefix}.Heard": Heard, f"{prefix}.Send": Send}
    )
    module.appmixer_plugin = hookimpl(make)
    return module


@pytest.fixture
def connectors() -> dict[str, Connector]:
    """The echo with an action whose effect goes on, and another connector."""
    return connectors_of(_module(CONNECTOR, Echo), _module("test:other", Other))


@pytest.fixture
async def flow(admin: httpx.AsyncClient, owner: str) -> str:
    await admin.put("/api/flows/echo", json=FLOW)
    assert (await admin.post("/api/flows/echo/start")).status_code == 200
    return "echo"


@pytest.fixture
def run(
    flow: str,
    owner: str,
    hear: Callable[..., Awaitable[None]],
    ended_runs: Callable[..., Awaitable[list[dict[str, Any]]]],
) -> Callable[..., Awaitable[str]]:
    """Let a run of the flow end in a state, and return its id: run("say", "completed")."""

    async def one(then: str = "say", state: str = "completed") -> str:
        await hear(then)
        [found] = await ended_runs(owner, 1, state)
        return str(found["id"])

    return one


def fate(step_id: str, state: FateState, minutes: int = 0, **more: Any) -> Fate:
    return Fate(step_id, state, NOON + timedelta(minutes=minutes), **more)


async def shown(client: httpx.AsyncClient, run_id: str) -> Any:
    """Return the fate of the run's second step, without the time where nobody told it."""
    [trigger, reply] = (await client.get(f"/api/runs/{run_id}")).json()["steps"]
    assert trigger["fate"] is None
    return reply["fate"]


async def test_a_step_whose_effect_goes_on_is_accepted_until_more_is_told(
    admin: httpx.AsyncClient, run: Callable[..., Awaitable[str]]
) -> None:
    run_id = await run()

    [_, step] = (await admin.get(f"/api/runs/{run_id}")).json()["steps"]
    ended = datetime.fromisoformat(step["startedAt"]) + timedelta(seconds=step["durationS"])
    assert (step["fate"]["state"], step["fate"]["error"]) == ("accepted", None)
    assert abs(datetime.fromisoformat(step["fate"]["at"]) - ended) < timedelta(seconds=0.002)


@pytest.mark.parametrize(
    ("then", "state", "expected"), [("unknown", "unknown", "unknown"), ("reject", "failed", None)]
)
async def test_of_a_step_that_did_not_complete_only_the_certain_is_said(
    admin: httpx.AsyncClient,
    run: Callable[..., Awaitable[str]],
    then: str,
    state: str,
    expected: str | None,
) -> None:
    run_id = await run(then, state)

    found = await shown(admin, run_id)

    assert (found and found["state"]) == expected


async def test_a_step_keeps_the_furthest_state_in_whatever_order_it_is_told(
    admin: httpx.AsyncClient, echo: Echo, run: Callable[..., Awaitable[str]]
) -> None:
    run_id = await run()
    states: tuple[FateState, ...] = get_args(FateState)

    for order, told in enumerate(permutations(states[1:4])):
        for state in (*told, told[0]):
            await echo.host.report_fates([fate(f"{run_id}.0", state, order)])

    assert await shown(admin, run_id) == {
        "state": "read",
        "at": "2026-09-21T12:00:00.000+00:00",
        "error": None,
        "silentSince": None,
        "reasons": [],
    }


async def test_of_what_is_told_at_once_the_furthest_counts(
    admin: httpx.AsyncClient, echo: Echo, run: Callable[..., Awaitable[str]]
) -> None:
    run_id = await run()

    told = [fate(f"{run_id}.0", "delivered"), fate(f"{run_id}.0", "read"), fate("nobody.0", "read")]
    await echo.host.report_fates([*told, fate(f"{run_id}.0", "accepted")])

    assert (await shown(admin, run_id))["state"] == "read"


async def test_that_nobody_knows_takes_nothing_back(
    admin: httpx.AsyncClient, echo: Echo, run: Callable[..., Awaitable[str]]
) -> None:
    run_id = await run()

    await echo.host.report_fates([fate(f"{run_id}.0", "unknown")])

    assert (await shown(admin, run_id))["state"] == "accepted"


@pytest.mark.parametrize("later", ["played", "unknown"])
async def test_nothing_follows_a_failure(
    admin: httpx.AsyncClient,
    echo: Echo,
    run: Callable[..., Awaitable[str]],
    later: FateState,
) -> None:
    run_id = await run()

    await echo.host.report_fates([fate(f"{run_id}.0", "delivered")])
    await echo.host.report_fates([fate(f"{run_id}.0", "failed", 1, error=TOO_LATE)])
    await echo.host.report_fates([fate(f"{run_id}.0", later, 2)])

    assert await shown(admin, run_id) == {
        "state": "failed",
        "at": "2026-09-21T12:01:00.000+00:00",
        "error": {
            "kind": "RejectedError",
            "title": "Too late",
            "cause": "The person has gone.",
            "cure": "Write sooner.",
            "code": 47,
        },
        "silentSince": None,
        "reasons": [],
    }


async def test_what_is_told_before_the_step_is_stored_is_there_when_it_is(
    admin: httpx.AsyncClient,
    echo: Echo,
    flow: str,
    owner: str,
    hear: Callable[..., Awaitable[None]],
    until: Callable[..., Awaitable[Any]],
    ended_runs: Callable[..., Awaitable[list[dict[str, Any]]]],
) -> None:
    async def acts() -> Any:
        return echo.acts

    await hear("slow")
    [(step_id, *_)] = await until(acts)
    [before] = (await admin.get("/api/runs")).json()["runs"]
    await echo.host.report_fates([fate(step_id, "delivered")])
    during = (await admin.get(f"/api/runs/{before['id']}")).json()
    echo.is_over.set()
    await ended_runs(owner, 1)

    assert [each["component"] for each in during["steps"]] == ["incoming"]
    assert (await shown(admin, before["id"]))["state"] == "delivered"


async def test_the_stream_and_the_metrics_tell_each_thing_that_is_new_once(
    engine: Engine,
    echo: Echo,
    admin: httpx.AsyncClient,
    run: Callable[..., Awaitable[str]],
    until: Callable[..., Awaitable[Any]],
) -> None:
    run_id = await run()
    step_id = f"{run_id}.0"
    told: list[Notice] = []
    watching = engine.stream.watch(engine.owners.first_owner_id)

    async def read() -> bool:
        told.append(await anext(watching))
        return bool(told[-1].content["fate"]["state"] == "failed")

    reports = [fate(step_id, "read"), fate(step_id, "delivered"), fate(step_id, "read", 1)]
    reading = asyncio.ensure_future(until(read))
    await asyncio.sleep(0)
    for each in reports:
        await echo.host.report_fates([each])
    await echo.host.report_fates([fate(step_id, "failed", error=TOO_LATE)])
    await reading

    assert [(each.kind, each.content["fate"]["state"]) for each in told] == [
        ("fate", "read"),
        ("fate", "failed"),
    ]
    assert {**told[0].content, "fate": None} == {
        "runId": run_id,
        "flowId": "echo",
        "stepId": step_id,
        "component": "reply",
        "type": "test.echo.Send",
        "fate": None,
    }
    metrics = (await admin.get("/metrics")).text
    assert 'appmixer_fates_total{connector="test:echo",state="read"} 1.0' in metrics
    assert 'state="delivered"' not in metrics


async def test_what_is_told_before_routing_shares_the_commit_of_the_events(
    engine: Engine,
    echo: Echo,
    admin: httpx.AsyncClient,
    run: Callable[..., Awaitable[str]],
    hear: Callable[..., Awaitable[None]],
    until: Callable[..., Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = await run()
    told: list[FateState] = []
    commits: list[Any] = []
    commit = engine.writer.commit

    async def tell(events: Any) -> None:
        told.extend(each.payload["text"] for each in events)
        for state in ("read", "delivered"):
            await echo.host.report_fates([fate(f"{run_id}.0", state)])

    async def count(write: Any, **how: bool) -> Any:
        commits.append(write)
        return await commit(write, **how)

    async def is_told() -> bool:
        metrics = (await admin.get("/metrics")).text
        return 'appmixer_fates_total{connector="test:echo",state="read"} 1.0' in metrics

    monkeypatch.setattr(echo, "before_routing", tell)
    monkeypatch.setattr(engine.writer, "commit", count)
    await hear("status", room="elsewhere")
    await until(is_told)

    assert told == ["status"]
    # One takes the event in, one keeps it where it has to wait, and one is for all that follows.
    assert len(commits) <= 3
    assert (await shown(admin, run_id))["state"] == "read"
    assert 'state="delivered"' not in (await admin.get("/metrics")).text


async def test_of_an_announcement_that_fails_no_fate_is_kept(
    echo: Echo,
    admin: httpx.AsyncClient,
    run: Callable[..., Awaitable[str]],
    hear: Callable[..., Awaitable[None]],
    until: Callable[..., Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As what is put with events: the plugin may be asked again, and say something else."""
    run_id = await run()
    told: list[str] = []

    async def tell_and_fail(events: Any) -> None:
        await echo.host.report_fates([fate(f"{run_id}.0", "read")])
        told.append("read")
        raise RuntimeError("cannot be announced")

    async def is_routed() -> bool:
        metrics = (await admin.get("/metrics")).text
        return 'appmixer_unrouted_events_total{connector="test:echo"} 1.0' in metrics

    monkeypatch.setattr(echo, "before_routing", tell_and_fail)
    await hear("status", room="elsewhere")
    await until(is_routed)

    assert (await shown(admin, run_id))["state"] == "accepted"
    await echo.host.report_fates([fate(f"{run_id}.0", "delivered")])
    assert (await shown(admin, run_id))["state"] == "delivered", "what is told elsewhere is kept"


async def test_fates_of_many_steps_are_one_commit(
    engine: Engine, echo: Echo, run: Callable[..., Awaitable[str]]
) -> None:
    run_id = await run()
    begun: list[str] = []

    def count(*_: Any) -> None:
        begun.append("commit")

    event.listen(engine.writer._database, "commit", count)  # pyright: ignore[reportPrivateUsage]
    await echo.host.report_fates([fate(f"{run_id}.{number}", "read") for number in range(300)])

    assert begun == ["commit"]


async def test_a_run_whose_effect_failed_later_is_found_under_failed(
    admin: httpx.AsyncClient,
    echo: Echo,
    owner: str,
    flow: str,
    hear: Callable[..., Awaitable[None]],
    ended_runs: Callable[..., Awaitable[list[dict[str, Any]]]],
) -> None:
    for then in ("say", "say", "reject"):
        await hear(then)
    runs = await ended_runs(owner, 3)
    good, bad, refused = (each["id"] for each in sorted(runs, key=lambda each: each["status"]))
    await echo.host.report_fates([fate(f"{good}.0", "delivered"), fate(f"{bad}.0", "failed")])

    failed = (await admin.get("/api/runs?status=failed")).json()["runs"]
    delivered = (await admin.get("/api/runs?fate=delivered")).json()["runs"]
    wrong = await admin.get("/api/runs?fate=lost")

    assert {each["id"]: (each["status"], each["fates"]) for each in failed} == {
        bad: ("completed", {"failed": 1}),
        refused: ("failed", {}),
    }
    assert [each["id"] for each in delivered] == [good]
    assert wrong.status_code == 422


async def test_another_connector_and_a_step_that_never_was_change_nothing(
    admin: httpx.AsyncClient,
    engine: Engine,
    echo: Echo,
    run: Callable[..., Awaitable[str]],
) -> None:
    run_id = await run()
    other = engine.plugins["test:other"]
    assert isinstance(other, Other)

    await other.host.report_fates([fate(f"{run_id}.0", "failed")])
    await echo.host.report_fates([fate("nobody.0", "failed")])
    await echo.host.report_fates([])
    metrics = (await admin.get("/metrics")).text
    await echo.host.report_fates([fate(f"{run_id}.7", "failed")])

    assert (await shown(admin, run_id))["state"] == "accepted"
    assert (await admin.get("/api/runs?status=failed")).json()["runs"] == []
    [summary] = (await admin.get("/api/runs")).json()["runs"]
    assert summary["fates"] == {}
    assert "appmixer_fates_total{" not in metrics


async def test_another_owner_hears_and_sees_nothing_of_it(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    echo: Echo,
    run: Callable[..., Awaitable[str]],
) -> None:
    run_id = await run()
    await echo.host.report_fates([fate(f"{run_id}.0", "failed", error=TOO_LATE)])

    assert (await other.get(f"/api/runs/{run_id}")).status_code == 404
    assert (await other.get("/api/runs?status=failed")).json()["runs"] == []
    assert (await other.get("/api/runs?fate=failed")).json()["runs"] == []


async def test_a_fate_goes_with_its_run(
    engine: Engine, echo: Echo, run: Callable[..., Awaitable[str]]
) -> None:
    run_id = await run()
    await echo.host.report_fates([fate(f"{run_id}.0", "read")])

    await remove_old(engine.writer, now=datetime.now(UTC).timestamp() + KEEP_RUNS_S + 60)

    assert await engine.rows(sa.select(fates.c.step_id)) == []
