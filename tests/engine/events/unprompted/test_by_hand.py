"""Runs that a person begins, with values in the place of what the trigger would have given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from .clockwork import Clockwork, flow
from .conftest import start

pytestmark = pytest.mark.anyio

Runs = Callable[..., Awaitable[list[dict[str, Any]]]]
VALUES: dict[str, Any] = {"method": "GET", "body": "by hand", "query": {}}


async def test_a_stopped_flow_runs_now_with_the_given_values(
    admin: httpx.AsyncClient, plugin: Clockwork, runs: Runs
) -> None:
    document = flow("Asked", note={"text": "{{ begin.out.body }} {{ begin.out.header }}."})
    await admin.put("/api/flows/flow", json=document)

    answer = await admin.post("/api/flows/flow/run", json={"values": VALUES})
    [run] = await runs(1)

    begun = answer.json()
    assert answer.status_code == 202
    assert begun == {
        "runId": run["id"],
        "url": f"/api/runs/{run['id']}",
        "flowId": "flow",
        "version": 1,
        "trigger": "begin",
    }
    assert answer.headers["location"] == begun["url"]
    assert (await admin.get(begun["url"])).json()["id"] == run["id"]
    # What was left out has its default.
    assert plugin.noted == ["by hand ."]
    assert (run["trigger"], run["eventId"], run["status"]) == ("begin", None, "completed")


async def test_the_running_version_runs_unless_another_one_is_named(
    admin: httpx.AsyncClient, plugin: Clockwork, runs: Runs
) -> None:
    await start(admin, flow("Asked", note={"text": "one"}))
    await admin.put("/api/flows/flow", json=flow("Asked", note={"text": "two"}))

    for given in ({}, {"version": 2}, {"version": 1}):
        await admin.post("/api/flows/flow/run", json={"values": VALUES, **given})
    found = await runs(3)

    assert sorted(run["version"] for run in found) == [1, 1, 2]
    assert sorted(plugin.noted[1:]) == ["one", "one", "two"]


async def test_a_draft_runs_as_a_test_although_there_is_no_such_flow(
    admin: httpx.AsyncClient, plugin: Clockwork, runs: Runs
) -> None:
    await admin.put("/api/flows/flow/draft", json=flow("Asked", note={"text": "drafted"}))

    answer = await admin.post("/api/flows/flow/run", json={"values": VALUES, "draft": True})
    [run] = await runs(1)
    without = await admin.post("/api/flows/flow/run", json={"values": VALUES})
    both = await admin.post(
        "/api/flows/flow/run", json={"values": VALUES, "draft": True, "version": 1}
    )

    assert (answer.status_code, plugin.noted) == (202, ["drafted"])
    assert (run["isTest"], run["version"], run["status"]) == (True, -1, "completed")
    assert without.status_code == 404
    assert (both.status_code, both.json()["error"]["field"]) == (422, "draft")


async def test_a_draft_that_cannot_run_says_all_that_is_wrong_with_it(
    admin: httpx.AsyncClient,
) -> None:
    document = flow("Asked", note={"text": "{{ nobody.x }}"})
    del document["components"]["note"]["type"]
    await admin.put("/api/flows/flow/draft", json=document)

    answer = await admin.post("/api/flows/flow/run", json={"values": VALUES, "draft": True})

    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"values": {"method": "GET", "query": {}}}, 422, "values"),
        ({"values": {**VALUES, "body": 1}}, 422, "values.body"),
        ({"values": {**VALUES, "more": 1}}, 422, "values.more"),
        ({"values": VALUES, "trigger": "note"}, 422, "trigger"),
        ({"values": VALUES, "trigger": "nobody"}, 422, "trigger"),
        ({"values": VALUES, "version": 7}, 404, ""),
        ({"values": VALUES, "version": 0}, 422, "version"),
        ({"values": [1]}, 422, "values"),
        ({"wrong": 1}, 422, "wrong"),
    ],
)
async def test_what_the_trigger_could_not_have_given_is_refused_by_its_name(
    admin: httpx.AsyncClient, given: dict[str, Any], status: int, field: str
) -> None:
    await admin.put("/api/flows/flow", json=flow("Asked", note={"text": "x"}))

    answer = await admin.post("/api/flows/flow/run", json=given)

    assert answer.status_code == status, answer.text
    assert answer.json()["error"].get("field", "").startswith(field)
    assert (await admin.get("/api/runs")).json()["runs"] == []


async def test_everything_that_is_wrong_with_the_values_is_told_at_once(
    admin: httpx.AsyncClient,
) -> None:
    await admin.put("/api/flows/flow", json=flow("Asked"))

    answer = await admin.post("/api/flows/flow/run", json={"values": {"body": 1, "more": 2}})

    paths = {each["path"] for each in answer.json()["errors"]}
    assert {"values.body", "values.more"} <= paths


async def test_of_several_triggers_one_has_to_be_named(
    admin: httpx.AsyncClient, runs: Runs
) -> None:
    document = flow("Asked")
    document["components"]["clock"] = {"type": "test.clockwork.Scheduled"}
    await admin.put("/api/flows/flow", json=document)

    refused = await admin.post("/api/flows/flow/run", json={"values": VALUES})
    taken = await admin.post("/api/flows/flow/run", json={"values": VALUES, "trigger": "begin"})
    [run] = await runs(1)

    assert refused.status_code == 422
    assert refused.json()["error"]["cause"] == "This version has begin, clock."
    assert (taken.status_code, run["trigger"]) == (202, "begin")


async def test_a_call_that_is_made_again_with_its_key_begins_one_run(
    admin: httpx.AsyncClient, runs: Runs
) -> None:
    await admin.put("/api/flows/flow", json=flow("Asked"))
    key = {"Idempotency-Key": "once"}

    answers = await asyncio.gather(
        *(admin.post("/api/flows/flow/run", json={"values": VALUES}, headers=key) for _ in range(4))
    )
    other = await admin.post(
        "/api/flows/flow/run", json={"values": {**VALUES, "body": "other"}}, headers=key
    )
    wrong = await admin.post(
        "/api/flows/flow/run", json={"values": VALUES}, headers={"Idempotency-Key": "x" * 300}
    )
    [run] = await runs(1)

    assert {each.json()["runId"] for each in answers} == {run["id"]}
    assert other.status_code == 409
    assert wrong.status_code == 422


async def test_nobody_runs_another_owners_flow(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await start(admin, flow("Asked"))

    answers = [
        await client.post("/api/flows/flow/run", json={"values": VALUES})
        for client in (other, stranger)
    ]

    assert [each.status_code for each in answers] == [404, 401]
    assert (await admin.get("/api/runs")).json()["runs"] == []
