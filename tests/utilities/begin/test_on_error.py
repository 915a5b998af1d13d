"""On Error: what an owner wants to be told begins a run, once, and never goes round in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import Notice
from appmixer.engine.storage import notices
from appmixer.utilities import plugin

from ...engine.conftest import CONNECTOR as ECHO
from ...engine.conftest import Echo, echo_module
from ..probe import probe
from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

FAILING = flow("Orders", refuse=step("test.probe.Refuse", {"text": "x"}, "begin.started"))
HALL = Notice(
    "paused-1", "A template was paused", "People blocked it.", "Change it.", {"template": "hello"}
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site that also has a connector with accounts."""
    site = Site(tmp_path / "data", modules=(plugin, probe(), echo_module()))
    await site.start()
    yield site
    await site.stop()


def telling(input: Mapping[str, Any] | None = None, then: str = "Note") -> dict[str, Any]:
    text = {"text": "{{ told.error.about }}: {{ told.error.title }}"}
    return {
        "name": "Telling",
        "components": {
            "told": step("OnError", input),
            "then": step(f"test.probe.{then}", text, "told.error"),
        },
    }


def hold_back(site: Site) -> None:
    """Let the engine keep what is to be told, and tell nothing any more."""

    async def nothing(row: object) -> None:
        await asyncio.Event().wait()

    object.__setattr__(site.engine.notifier, "_tell", nothing)


def told(run: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = outputs(run)["told"]["error"][0]
    return found


async def fail(site: Site, client: httpx.AsyncClient | None = None) -> str:
    """Let a run of the flow `orders` fail, and return its id."""
    client = client or site.client
    await client.put("/api/flows/orders", json=FAILING)
    run_id = str((await client.post("/api/flows/orders/run", json={})).json()["runId"])

    async def has_ended() -> bool:
        return bool((await client.get(f"/api/runs/{run_id}")).json()["endedAt"])

    await site.until(has_ended)
    return run_id


async def connect(site: Site, owner_id: str, rooms: str) -> str:
    shown = await site.engine.accounts.connect_token(owner_id, ECHO, rooms, "keys")
    return str(shown["id"])


async def test_a_run_that_fails_is_told_with_flow_step_cause_and_cure(site: Site) -> None:
    await site.start_flow(telling(), "telling")

    failed = await fail(site)
    [run] = await site.runs(1, "telling")

    assert told(run) == {
        "about": "flow",
        "title": "Not that",
        "cause": "It is not allowed.",
        "cure": "Say something else.",
        "flowId": "orders",
        "flowName": "Orders",
        "runId": failed,
        "step": "refuse",
        "account": "",
        "connector": "",
        "details": {},
        "occurredAt": "2026-09-21T14:13:20Z",
    }
    assert site.noted == ["flow: Not that"]


async def test_a_failed_run_that_fails_once_more_is_told_once_more(site: Site) -> None:
    await site.start_flow(telling(), "telling")
    failed = await fail(site)
    await site.runs(1, "telling")
    site.clock.advance(1)

    await site.client.post(f"/api/runs/{failed}/retry", json={})
    found = await site.runs(2, "telling")

    assert [told(each)["runId"] for each in found] == [failed, failed]


async def test_nobody_else_is_told_and_neither_of_runs_that_are_tests_or_were_cancelled(
    site: Site,
) -> None:
    made = await site.engine.owners.create("Other")
    other = await site.client_of(made["token"])
    await other.put("/api/flows/telling", json=telling())
    await other.post("/api/flows/telling/start")
    await site.start_flow(telling(), "telling")
    resting = flow(rest=step("test.probe.Rest", {}, "begin.started"))

    await fail(site, other)
    await site.client.put("/api/flows/orders/draft", json=FAILING)
    tested = await site.client.post("/api/flows/orders/run", json={"draft": True})
    await site.ended(tested.json()["runId"])
    cancelled = await site.begin(resting, flow_id="resting")
    await site.client.post(f"/api/runs/{cancelled}/cancel")
    await site.ended(cancelled)
    failed = await fail(site)
    [run] = await site.runs(1, "telling")

    assert told(run)["runId"] == failed
    listed = (await other.get("/api/runs", params={"flowId": "telling"})).json()["runs"]
    assert len(listed) == 1


async def test_a_flow_that_fails_over_what_it_is_told_starts_neither_itself_nor_others(
    site: Site,
) -> None:
    await site.start_flow(telling(then="Refuse"), "one")
    await site.start_flow(telling(then="Refuse"), "two")

    await fail(site)
    for flow_id in ("one", "two"):
        [run] = await site.runs(1, flow_id)
        assert run["status"] == "failed"
    await fail(site)

    # Had the first ones told of their failure, there would be more.
    assert len(await site.runs(2, "one")) == len(await site.runs(2, "two")) == 2


async def test_only_what_was_chosen_is_told(site: Site) -> None:
    owner_id = site.engine.owners.first_owner_id
    account_id = await connect(site, owner_id, "hall")
    await site.start_flow(telling({"about": ["account"], "flowIds": []}), "accounts")
    await site.start_flow(telling({"about": ["flow"], "flowIds": ["other"]}), "flows")

    await fail(site)
    await site.engine.accounts.mark_reconnect(account_id, "It has expired.")
    [run] = await site.runs(1, "accounts")

    assert told(run)["about"] == "account"
    assert await site.runs(0, "flows") == []


async def test_an_account_that_has_to_be_connected_again_is_told_once(site: Site) -> None:
    owner_id = site.engine.owners.first_owner_id
    account_id = await connect(site, owner_id, "hall")
    await site.start_flow(telling(), "telling")

    await site.engine.accounts.mark_reconnect(account_id, "It has expired.")
    await site.engine.accounts.mark_reconnect(account_id, "It has expired.")
    [run] = await site.runs(1, "telling")
    site.clock.advance(1)
    await connect(site, owner_id, "hall")
    await site.engine.accounts.mark_reconnect(account_id, "It was withdrawn.")
    found = await site.runs(2, "telling")

    given = told(run)
    assert given["title"] == "An account has to be connected again"
    assert (given["account"], given["connector"]) == ("keys", ECHO)
    assert [told(each)["cause"] for each in found] == ["It has expired.", "It was withdrawn."]


async def test_what_a_connector_tells_reaches_those_whose_accounts_it_is_about_once(
    site: Site,
) -> None:
    made = await site.engine.owners.create("Other")
    other = await site.client_of(made["token"])
    await connect(site, site.engine.owners.first_owner_id, "hall")
    await connect(site, made["id"], "cellar")
    await other.put("/api/flows/telling", json=telling())
    await other.post("/api/flows/telling/start")
    await site.start_flow(telling(), "telling")
    echo = site.engine.plugins[ECHO]
    assert isinstance(echo, Echo)

    await echo.host.tell_owners(["room:hall"], HALL)
    await echo.host.tell_owners(["room:hall"], HALL)
    [run] = await site.runs(1, "telling")
    await echo.host.tell_owners(["room:hall"], HALL)
    await fail(site)
    found = await site.runs(2, "telling")

    given = told(run)
    assert (given["about"], given["connector"]) == ("service", ECHO)
    assert (given["title"], given["cause"], given["cure"]) == (HALL.title, HALL.cause, HALL.cure)
    assert given["details"] == {"template": "hello"}
    assert sorted(told(each)["about"] for each in found) == ["flow", "service"]
    listed = (await other.get("/api/runs", params={"flowId": "telling"})).json()["runs"]
    assert listed == []


async def test_what_was_to_be_told_when_the_engine_stopped_is_told_after_its_restart(
    site: Site,
) -> None:
    await site.start_flow(telling(), "telling")
    hold_back(site)
    failed = await fail(site)
    await site.restart()
    [run] = await site.runs(1, "telling")
    await site.restart()

    assert told(run)["runId"] == failed
    assert len(await site.runs(1, "telling")) == 1


async def test_more_than_can_be_told_is_left_out_for_that_owner(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MAX_WAITING", 2)
    await site.start_flow(telling(), "telling")
    hold_back(site)
    failed: list[str] = []
    for _ in range(3):
        failed.append(await fail(site))
        site.clock.advance(1)
    await site.restart()
    await site.runs(2, "telling")
    failed.append(await fail(site))
    found = await site.runs(3, "telling")

    assert {told(each)["runId"] for each in found} == {*failed[:2], failed[3]}


async def test_a_person_may_run_it_now_and_a_stopped_flow_is_told_nothing(site: Site) -> None:
    run = await site.play(telling(), {"title": "Only a try"})
    await site.start_flow(telling(), "telling")
    await site.client.post("/api/flows/telling/stop")
    await fail(site)

    assert run["status"] == "completed"
    assert site.noted == ["flow: Only a try"]
    assert await site.runs(0, "telling") == []


@pytest.mark.parametrize(
    ("input", "path", "told_so"),
    [
        ({"about": ["weather"]}, "about[0]", "has to be one of: flow, account, service"),
        ({"flowIds": "orders"}, "flowIds", "has to be a list"),
        ({"flows": []}, "flows", "There is no field flows"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: Mapping[str, Any], path: str, told_so: str
) -> None:
    found = dict(await site.faults(telling(input)))

    assert told_so in found[f"components.told.input.{path}"]
