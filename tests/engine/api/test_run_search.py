"""Runs are found by what is known of them, as far back as there are any, and nobody else's."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.host.engine import Engine
from appmixer.engine.runs import searching
from appmixer.engine.storage.database import mapping
from appmixer.engine.storage.tables import runs

from ..conftest import CONNECTOR
from .test_drafts import DRAFT
from .test_shapes import FLOW

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def flow(admin: httpx.AsyncClient, owner: str) -> None:
    document = copy.deepcopy(FLOW)
    document["components"]["reply"]["input"]["text"] = "{{ incoming.heard.text }} to you"
    await admin.put("/api/flows/echo", json={**document, "name": "Echo of the hall"})
    assert (await admin.post("/api/flows/echo/start")).status_code == 200


async def found(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/api/runs?{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["runs"]]


async def test_a_listed_run_says_what_it_is_about(
    admin: httpx.AsyncClient, flow: None, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await hear("say", order="Sheena")
    [ended] = await ended_runs(owner, 1)

    [run] = (await admin.get("/api/runs")).json()["runs"]
    shown = (await admin.get(f"/api/runs/{ended['id']}")).json()

    assert {name: run[name] for name in ("flowName", "triggerType", "trigger", "version")} == {
        "flowName": "Echo of the hall",
        "triggerType": "test.echo.Heard",
        "trigger": "incoming",
        "version": 1,
    }
    assert (run["conversation"], run["isReplay"], run["isTest"]) == ("Sheena", False, False)
    took = datetime.fromisoformat(run["endedAt"]) - datetime.fromisoformat(run["startedAt"])
    assert abs(took - timedelta(seconds=run["durationS"])) < timedelta(seconds=0.002)
    assert {name: shown[name] for name in run} == run


async def test_a_replay_is_marked_as_one(
    admin: httpx.AsyncClient, flow: None, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await hear("say")
    [first] = await ended_runs(owner, 1)
    [event] = (await admin.get("/api/events")).json()["events"]
    await admin.post(f"/api/events/{event['id']}/replay", json={"again": True})
    await ended_runs(owner, 2)

    listed = (await admin.get("/api/runs")).json()["runs"]

    assert {each["id"] == first["id"]: each["isReplay"] for each in listed} == {
        True: False,
        False: True,
    }


async def test_a_run_that_was_begun_like_another_is_a_replay_of_it(
    admin: httpx.AsyncClient, flow: None, owner: str, ended_runs: Ended
) -> None:
    first = (await admin.post("/api/flows/echo/run", json={"values": {"text": "say"}})).json()
    again = (await admin.post("/api/flows/echo/run", json={"like": first["runId"]})).json()
    await ended_runs(owner, 2)

    listed = (await admin.get("/api/runs")).json()["runs"]

    assert {each["id"]: (each["isReplay"], each["likeRunId"]) for each in listed} == {
        first["runId"]: (False, None),
        again["runId"]: (True, first["runId"]),
    }


async def test_a_run_that_an_earlier_release_has_named_is_no_replay(
    admin: httpx.AsyncClient,
    flow: None,
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await hear("say", id="1")
    await ended_runs(owner, 1)
    [row] = await engine.rows(sa.select(runs.c.flow_key))
    what = "|".join([CONNECTOR, "1", row.flow_key, "incoming", ""])
    former = hashlib.sha256(what.encode()).hexdigest()[:32]
    await engine.writer.commit(lambda c: c.execute(sa.update(runs).values(id=former)))

    [run] = (await admin.get("/api/runs")).json()["runs"]

    assert (run["id"], run["isReplay"]) == (former, False)


async def test_runs_are_found_by_version_test_and_time(
    admin: httpx.AsyncClient, flow: None, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await hear("say")
    await ended_runs(owner, 1)
    between = datetime.now(UTC)
    await admin.put("/api/flows/echo", json=FLOW)
    await admin.post("/api/flows/echo/start")
    await hear("say")
    await ended_runs(owner, 2)
    await admin.put(DRAFT, json=FLOW)
    begun = await admin.post("/api/flows/echo/run", json={"draft": True, "values": {"text": "say"}})
    await ended_runs(owner, 3)

    test = begun.json()["runId"]
    [_, second, first] = await found(admin, "flowId=echo")
    moment = quote(between.isoformat())
    assert await found(admin, "flowId=echo&version=1") == [first]
    assert await found(admin, "flowId=echo&version=-1") == [test]
    assert await found(admin, "test=true") == [test]
    assert await found(admin, "test=false") == [second, first]
    assert await found(admin, f"since={moment}") == [test, second]
    assert await found(admin, f"until={moment}") == [first]
    assert await found(admin, "flowId=other") == []


@pytest.mark.parametrize(
    "text", ["Grüße", "grüße to YOU", "Zürich 🌊", "5551234567", "+1 (555) 123-4567", '"quoted" %_']
)
async def test_a_run_is_found_by_a_text_in_its_steps(
    admin: httpx.AsyncClient,
    flow: None,
    owner: str,
    ended_runs: Ended,
    text: str,
) -> None:
    said = {"text": "Grüße", "who": 'Zürich 🌊 15551234567 "quoted" %_'}
    for values in ({"text": "other", "who": "quoted"}, said):
        await admin.post("/api/flows/echo/run", json={"values": values})
    await ended_runs(owner, 2, "failed")

    ids = await found(admin, f"search={quote(text)}")

    shown = [(await admin.get(f"/api/runs/{each}")).json() for each in ids]
    assert [each["steps"][0]["output"]["heard"][0]["text"] for each in shown] == ["Grüße"]


async def test_a_run_is_found_by_how_its_id_begins(
    admin: httpx.AsyncClient, flow: None, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await hear("say")
    await hear("say")
    [one, _] = await ended_runs(owner, 2)

    assert await found(admin, f"search={one['id'][:10]}") == [one["id"]]


async def test_a_search_goes_on_where_it_has_stopped(
    engine: Engine,
    admin: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "MAX_RUNS", 3)
    await hear("reject")
    [rare] = await ended_runs(owner, 1, "failed")
    copies = sa.select(*(each for each in runs.c if each.name not in ("id", "state")))
    [row] = await engine.rows(copies)
    many = [
        {**mapping(row), "id": f"{number:032x}", "state": "completed", "started_at": at}
        for number, at in enumerate([row.started_at + 1] * 3 + [row.started_at + 2] * 4)
    ]
    await engine.writer.commit(lambda connection: connection.execute(sa.insert(runs), many))

    pages = list[list[str]]()
    before = ""
    while True:
        page = (await admin.get(f"/api/runs?status=failed{before}")).json()
        pages.append([each["id"] for each in page["runs"]])
        if page["next"] is None:
            break
        before = f"&before={page['next']}"

    assert [each for page in pages for each in page] == [rare["id"]]
    assert len(pages) > 1
    plain = (await admin.get("/api/runs?limit=5")).json()
    rest = (await admin.get(f"/api/runs?limit=5&before={plain['next']}")).json()
    assert (len(plain["runs"]), len(rest["runs"]), rest["next"]) == (5, 3, None)


async def test_nobody_finds_the_runs_of_another_owner(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    flow: None,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await hear("say")
    [run] = await ended_runs(owner, 1)
    await other.put(DRAFT, json=FLOW)

    for query in (
        "",
        "flowId=echo",
        "test=false",
        "search=say",
        f"search={run['id'][:8]}",
        f"before={'f' * 32}",
        f"before={run['id']}",
    ):
        assert await found(other, query) == []
    # A place among another owner's runs is none.
    await other.post("/api/flows/echo/run", json={"draft": True, "values": {"text": "say"}})
    assert len(await found(other, "")) == 1
    assert await found(other, f"before={run['id']}") == []


@pytest.mark.parametrize("query", ["since=yesterday", "since=2026-01-01T00:00:00", "version=x"])
async def test_what_cannot_be_looked_for_is_refused_with_the_field(
    admin: httpx.AsyncClient, query: str
) -> None:
    refused = await admin.get(f"/api/runs?{query}")

    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == query.partition("=")[0]
