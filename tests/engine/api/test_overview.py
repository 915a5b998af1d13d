"""The bell and the numbers: what is stored already, told at a glance, each owner their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import Fate, FateState, RejectedError
from appmixer.engine.host.engine import Engine
from appmixer.engine.runs import failures, statistics

from .test_drafts import DRAFT
from .test_fates import FLOW, connectors, fate
from .test_shapes import _mark  # pyright: ignore[reportPrivateUsage]

pytestmark = pytest.mark.anyio

__all__ = ["connectors"]
Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
PATH = "/api/flows/echo"


@pytest.fixture
async def flow(admin: httpx.AsyncClient, owner: str) -> None:
    await admin.put(PATH, json=FLOW)
    assert (await admin.post(f"{PATH}/start")).status_code == 200


async def notices(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/api/notices")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["notices"]
    return found


async def test_an_owner_with_nothing_to_do_has_no_notice(
    admin: httpx.AsyncClient, flow: None, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await hear("say")
    await ended_runs(owner, 1)

    assert await notices(admin) == []


async def test_failures_of_a_flow_are_one_notice_with_the_last_reason(
    admin: httpx.AsyncClient, flow: None, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await hear("reject")
    await ended_runs(owner, 1, "failed")
    [one] = await notices(admin)
    await hear("reject")
    _, last = await ended_runs(owner, 2, "failed")
    await admin.put(DRAFT, json=FLOW)
    test = {"draft": True, "values": {"text": "reject"}}
    await admin.post(f"{PATH}/run", json=test)
    await ended_runs(owner, 3, "failed")

    [found] = await notices(admin)

    assert found == {
        "id": found["id"],
        "kind": "failed",
        "title": "Echo has failed 2 times in a day",
        "cause": "Not that. It is not allowed.",
        "cure": "Say something else.",
        "since": last["startedAt"],
        "count": 2,
        "path": "/runs?flowId=echo&status=failed",
        "flowId": "echo",
        "accountId": None,
        "runId": last["id"],
    }
    assert (one["id"], one["title"], one["count"]) == (found["id"], "Echo has failed", 1)
    assert one["path"] == f"/runs/{one['runId']}"


async def test_a_send_that_failed_later_is_a_failure_of_its_flow(
    admin: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    engine: Engine,
) -> None:
    await hear("say")
    [run] = await ended_runs(owner, 1)
    await engine.hosts["test:echo"].report_fates(
        [Fate(f"{run['id']}.0", "failed", datetime.now(UTC), RejectedError("Lost"))]
    )

    [found] = await notices(admin)

    assert (found["kind"], found["runId"], found["cause"]) == ("failed", run["id"], failures.LATER)
    # It cannot be tried again: its step has done what it does.
    assert found["cure"] == "Open the run: the step that failed says what to do."


@pytest.mark.parametrize(
    ("state", "told"), [("unknown", "Nobody knows."), ("read", None), ("failed", failures.LATER)]
)
async def test_a_send_of_unknown_outcome_is_a_failure_until_it_is_told_to_have_happened(
    admin: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    engine: Engine,
    state: FateState,
    told: str | None,
) -> None:
    await hear("unknown")
    [run] = await ended_runs(owner, 1, "unknown")

    await engine.hosts["test:echo"].report_fates([fate(f"{run['id']}.0", state)])

    assert [each["cause"] for each in await notices(admin)] == [told] * (told is not None)


async def test_what_has_to_be_connected_mended_or_looked_through_is_told(
    admin: httpx.AsyncClient, engine: Engine, flow: None, owner: str
) -> None:
    lost: dict[str, Any] = {"name": "Lost", "components": {**FLOW["components"]}}
    lost["components"]["incoming"] = {**FLOW["components"]["incoming"], "input": {"room": "attic"}}
    await admin.put("/api/flows/lost", json=lost)
    await admin.post("/api/flows/lost/start")
    await _mark(engine, "echo")
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    await engine.accounts.mark_reconnect(account["id"], "Token refused. It has expired.")

    found = {each["kind"]: each for each in await notices(admin)}

    assert set(found) == {"account", "stopped", "changed"}
    assert found["account"]["title"] == "The account keys has to be connected again"
    assert found["account"]["cause"] == "Token refused. It has expired."
    assert (found["account"]["path"], found["account"]["accountId"]) == (
        "/accounts/keys",
        account["id"],
    )
    assert (found["stopped"]["title"], found["stopped"]["path"]) == (
        "Lost does not run",
        "/flows/lost",
    )
    assert found["stopped"]["cause"].startswith("Not your room.")
    assert (found["changed"]["cause"], found["changed"]["path"]) == (
        "It is paused.",
        "/flows/echo/steps/reply",
    )


async def test_only_the_administrator_is_told_of_the_engine(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    engine: Engine,
    until: Callable[..., Awaitable[Any]],
) -> None:
    async def fail() -> None:
        raise RuntimeError("asleep")

    async def has_failed() -> bool:
        return bool(engine.tasks.troubles())

    engine.tasks.begin("sleeper", fail)
    await until(has_failed)

    [found] = await notices(admin)
    assert (found["kind"], found["title"]) == ("engine", "A part of the engine fails: sleeper")
    assert await notices(other) == []


async def test_nobody_is_told_of_another_owners_things(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await hear("reject")
    await ended_runs(owner, 1, "failed")
    await other.put(PATH, json={"name": "x", "components": {"i": {"type": "test.echo.Heard"}}})

    assert await notices(other) == []
    counts = (await other.get("/api/statistics")).json()
    assert (counts["day"]["runs"], counts["day"]["flows"], counts["engine"]) == ({}, [], None)


async def test_runs_sends_and_flows_are_counted_and_tests_apart(
    admin: httpx.AsyncClient,
    engine: Engine,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await hear("say")
    await hear("say")
    [run, _] = await ended_runs(owner, 2)
    await hear("reject")
    await ended_runs(owner, 1, "failed")
    await engine.hosts["test:echo"].report_fates([fate(f"{run['id']}.0", "delivered")])
    await admin.put(DRAFT, json=FLOW)
    await admin.post(f"{PATH}/run", json={"draft": True, "values": {"text": "say"}})
    await ended_runs(owner, 3, "completed")

    counts = (await admin.get("/api/statistics")).json()

    runs, fates = {"completed": 2, "failed": 1}, {"delivered": 1}
    day = counts["day"]
    assert {name: day[name] for name in day if name != "since"} == {
        "isWhole": True,
        "runs": runs,
        "tests": 1,
        "fates": fates,
        "flows": [{"flowId": "echo", "flowName": "Echo", "runs": runs, "fates": fates}],
    }
    assert counts["week"]["runs"] == runs
    assert counts["engine"]["keptDays"] == {"runs": 30, "events": 14}
    assert counts["engine"]["events"] == 3
    assert counts["engine"]["databaseBytes"] > 0
    assert counts["engine"]["limits"]["flows"] == 1_000


@pytest.mark.parametrize(("kept_times", "runs"), [(0, {"completed": 1}), (1_000_000, {})])
async def test_runs_are_counted_anew_unless_counting_takes_long(
    admin: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    monkeypatch: pytest.MonkeyPatch,
    kept_times: int,
    runs: dict[str, int],
) -> None:
    monkeypatch.setattr(statistics, "KEPT_TIMES", kept_times)
    assert (await admin.get("/api/statistics")).json()["day"]["runs"] == {}
    await hear("say")
    await ended_runs(owner, 1)

    assert (await admin.get("/api/statistics")).json()["day"]["runs"] == runs


async def test_only_so_many_runs_are_counted_and_the_answer_says_so(
    admin: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "MAX_RUNS", 2)
    for number in range(1, 4):
        await hear("say")
        await ended_runs(owner, number)
    _, second, newest = await ended_runs(owner, 3)

    day = (await admin.get("/api/statistics")).json()["day"]

    assert (day["isWhole"], day["runs"]) == (False, {"completed": 2})
    assert day["since"] == min(newest["startedAt"], second["startedAt"])
