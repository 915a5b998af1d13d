"""Drafts: kept whatever they lack, told every fault, and nobody's secret comes back from one."""

from __future__ import annotations

import copy
import json
from base64 import b64decode
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.flows.models import FlowFaults
from appmixer.engine.flows.secret_fields import HIDDEN
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage.seal import Seal
from appmixer.engine.storage.tables import flow_drafts, flow_versions, runs

from ..conftest import Echo
from .test_shapes import FLOW

pytestmark = pytest.mark.anyio

DRAFT = "/api/flows/echo/draft"
UNFINISHED: dict[str, Any] = {
    "name": "",
    "colour": "red",
    "components": {
        "incoming": {"type": "test.echo.Heard", "account": "keys"},
        "reply": {
            "type": "test.echo.Say",
            "source": {"in": {"incoming": ["herd"]}},
            "input": {"text": "{{ incoming.heard.txt }}", "pin": "4711"},
            "position": "left",
        },
        "lost": {"input": {"text": "x"}},
        "7": {},
    },
}


def with_reply(**changes: Any) -> dict[str, Any]:
    document = copy.deepcopy(FLOW)
    document["components"]["reply"]["input"] = {"text": "hi", **changes}
    return document


async def test_an_unfinished_draft_is_kept_and_comes_back_with_all_its_faults(
    admin: httpx.AsyncClient, owner: str
) -> None:
    stored = await admin.put(DRAFT, json=UNFINISHED)
    found = (await admin.get(DRAFT)).json()

    assert stored.status_code == 200
    assert found == stored.json()
    shown = copy.deepcopy(UNFINISHED)
    shown["components"]["reply"]["input"]["pin"] = HIDDEN
    assert found["document"] == shown
    assert {fault["path"]: fault["text"] for fault in found["faults"]} == {
        "name": "It is empty; fill it in.",
        "colour": "There is no such field; check its spelling or remove it.",
        "components.7": "Names start with a letter and go on with letters, digits and _.",
        "components.7.type": "It is missing; fill it in.",
        "components.reply.position": "It has to be a group of fields, {…}.",
        "components.lost.type": "It is missing; fill it in.",
        "components.reply.source.in.incoming": (
            "incoming has no output port 'herd'; it has: heard."
        ),
        "components.reply.input.text": (
            "incoming.heard.txt: incoming.heard has no 'txt'; it has: text, who, items, ratio."
        ),
    }


@pytest.mark.parametrize("raw", [{}, {"components": 7}, {"name": 1, "components": {"a": {}}}])
async def test_any_object_is_a_draft(admin: httpx.AsyncClient, owner: str, raw: Any) -> None:
    stored = await admin.put(DRAFT, json=raw)

    assert stored.status_code == 200
    assert stored.json()["document"] == raw
    assert stored.json()["faults"]


@pytest.mark.parametrize("step", [None, 7, "x", [{}]])
async def test_a_draft_with_a_step_that_is_no_object_is_refused_and_not_stored(
    admin: httpx.AsyncClient, owner: str, step: Any
) -> None:
    refused = await admin.put(DRAFT, json={"components": {"fine": {}, "a": step}})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"path": "components.a", "text": "The step 'a' has to be a group of fields, {…}."}
    ]
    assert (await admin.get(DRAFT)).status_code == 404


async def test_a_draft_that_is_too_large_to_be_looked_at_is_refused(
    admin: httpx.AsyncClient, owner: str
) -> None:
    refused = await admin.put(DRAFT, json={"components": {f"s{n}": 0 for n in range(2_001)}})

    assert refused.status_code == 422
    assert refused.json()["error"]["cause"] == (
        "The flow has 2,001 steps; 2,000 are allowed. Split it."
    )
    assert (await admin.get(DRAFT)).status_code == 404


async def test_a_draft_changes_nothing_of_the_flow_and_goes_with_it(
    admin: httpx.AsyncClient, owner: str
) -> None:
    flow = (await admin.put("/api/flows/echo", json=FLOW)).json()
    draft = (await admin.put(DRAFT, json=with_reply())).json()
    listed = (await admin.get("/api/flows")).json()
    await admin.put("/api/flows/echo", json=FLOW)
    kept = await admin.get(DRAFT)
    await admin.delete("/api/flows/echo")

    assert [each["etag"] for each in listed["flows"]] == [flow["etag"]]
    assert [(each["id"], each["etag"]) for each in listed["drafts"]] == [("echo", draft["etag"])]
    assert (kept.json()["basedOn"], kept.json()["faults"]) == (1, [])
    assert (await admin.get(DRAFT)).status_code == 404


async def test_a_draft_is_forgotten_once(admin: httpx.AsyncClient, owner: str) -> None:
    await admin.put(DRAFT, json={})

    answers = [await admin.delete(DRAFT) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert answers[1].json()["error"]["title"] == "There is no draft of 'echo'."


async def test_no_secret_of_a_draft_comes_back_or_lies_open_and_yet_it_stays(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    await admin.put(DRAFT, json=with_reply(pin="4711"))
    again = await admin.put(DRAFT, json=with_reply(pin=HIDDEN))
    misspelt = with_reply(pin="0815")
    misspelt["components"]["reply"]["type"] = "test.echo.Sai"
    await admin.put("/api/flows/other/draft", json=misspelt)
    stored_flow = await admin.put("/api/flows/echo", json=with_reply(pin=HIDDEN))
    row = await engine.flows.document(*await engine.flows.drafts.executable(owner, "echo"))
    stored = await engine.rows(sa.select(flow_drafts.c.sealed))
    versions = await engine.rows(sa.select(flow_versions.c.document))

    assert again.json()["document"]["components"]["reply"]["input"]["pin"] == HIDDEN
    assert (again.json()["faults"], stored_flow.status_code) == ([], 200)
    sealed = row.components["reply"].input["pin"]["$sealed"]
    assert engine.seal.open(b64decode(sealed)) == "4711"
    at_rest = repr([each.sealed for each in stored]) + json.dumps([v.document for v in versions])
    assert "4711" not in at_rest
    assert "0815" not in at_rest


async def test_a_hidden_secret_that_stands_for_nothing_is_a_fault(
    admin: httpx.AsyncClient, owner: str
) -> None:
    draft = await admin.put(DRAFT, json=with_reply(pin=HIDDEN))
    refused = await admin.put("/api/flows/echo", json=with_reply(pin=HIDDEN))

    fault = {
        "path": "components.reply.input.pin",
        "text": "It is hidden here, and nothing is kept in its place; enter it again.",
    }
    assert draft.json()["faults"] == [fault]
    assert (refused.status_code, refused.json()["errors"]) == (422, [fault])


async def test_a_draft_that_cannot_be_read_any_more_can_be_stored_anew(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    await admin.put(DRAFT, json=UNFINISHED)
    foreign = Seal(Fernet.generate_key()).close(UNFINISHED)
    damage = sa.update(flow_drafts).values(sealed=foreign)
    await engine.writer.commit(lambda connection: connection.execute(damage))

    refused = await admin.get(DRAFT)
    stored = await admin.put(DRAFT, json={"name": "anew"})

    assert (refused.status_code, stored.status_code) == (409, 200)
    assert refused.json()["error"]["title"] == "The draft cannot be read"
    assert (await admin.get(DRAFT)).json()["name"] == "anew"


async def test_nobody_sees_changes_or_removes_the_draft_of_another_owner(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str
) -> None:
    await admin.put(DRAFT, json={"name": "mine"})

    answers = [await other.get(DRAFT), await other.delete(DRAFT)]
    theirs = await other.put(DRAFT, json={"name": "theirs"})

    assert [answer.status_code for answer in answers] == [404, 404]
    assert theirs.json()["document"] == {"name": "theirs"}
    assert (await admin.get(DRAFT)).json()["name"] == "mine"
    assert [each["name"] for each in (await other.get("/api/flows")).json()["drafts"]] == ["theirs"]


async def test_drafts_count_as_flows_where_there_is_a_limit(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    object.__setattr__(engine.limits, "flows", 2)
    await admin.put("/api/flows/echo", json=FLOW)
    taken = [await admin.put(f"/api/flows/{name}/draft", json={}) for name in ("echo", "b", "c")]
    flow = await admin.put("/api/flows/c", json=FLOW)
    grown = await admin.put("/api/flows/b", json=FLOW)

    assert [answer.status_code for answer in taken] == [200, 200, 409]
    assert "APPMIXER_MAX_FLOWS" in taken[2].json()["error"]["cure"]
    assert (flow.status_code, grown.status_code) == (409, 200)


async def test_a_draft_tells_how_it_differs_from_a_version(
    admin: httpx.AsyncClient, owner: str
) -> None:
    await admin.put("/api/flows/echo", json=with_reply(pin="4711"))
    changed = with_reply(pin="0815", then="twice")
    del changed["components"]["reply"]["position"]
    changed["components"]["more"] = {}
    changed["name"] = "Echo 2"
    await admin.put(DRAFT, json=changed)

    found = (await admin.get(f"{DRAFT}?compare=1")).json()["changes"]

    assert found == {
        "flow": [{"path": "name", "before": "Echo", "after": "Echo 2"}],
        "steps": [
            {
                "step": "reply",
                "type": "test.echo.Say",
                "change": "changed",
                "fields": [
                    {"path": "input.pin", "before": HIDDEN, "after": HIDDEN},
                    {"path": "input.then", "before": None, "after": "twice"},
                    {"path": "position", "before": {"x": 1.0, "y": 2.0}, "after": None},
                ],
            },
            {"step": "more", "type": "", "change": "added", "fields": []},
        ],
    }
    assert (await admin.get(f"{DRAFT}?compare=7")).status_code == 404


async def run_draft(engine: Engine, owner: str, text: str) -> str:
    """Run the draft as it is."""
    begun = await engine.by_hand.begin(owner, "echo", values={"text": text}, draft=True)
    return str(begun["runId"])


async def test_a_run_of_a_draft_is_marked_as_test_and_goes_on_as_the_draft_was(
    engine: Engine, admin: httpx.AsyncClient, owner: str, echo: Echo, ended_runs: Any
) -> None:
    await admin.put(DRAFT, json=with_reply(text="first", pin="4711"))
    first = await run_draft(engine, owner, "a")
    await admin.put(DRAFT, json=with_reply(text="second"))
    later = {await run_draft(engine, owner, "b"), await run_draft(engine, owner, "c")}
    found = await ended_runs(owner, 3)
    listed = (await admin.get("/api/runs")).json()["runs"]
    tested = (await admin.get("/api/flows/echo/versions/-1")).json()

    assert sorted(text for _, text, _ in echo.acts) == ["first", "second", "second"]
    versions = {run["id"]: run["version"] for run in found}
    assert versions == {first: -1, **dict.fromkeys(later, -2)}
    assert {run["isTest"] for run in listed} == {True}
    assert tested["isTest"]
    assert tested["document"]["components"]["reply"]["input"] == {"text": "first", "pin": HIDDEN}
    assert (await admin.get("/api/flows/echo")).status_code == 404


async def test_runs_of_versions_are_no_tests_and_versions_of_tests_are_in_no_list(
    engine: Engine, admin: httpx.AsyncClient, owner: str, hear: Any, ended_runs: Any
) -> None:
    await admin.put(DRAFT, json=with_reply())
    await engine.flows.drafts.executable(owner, "echo")
    await admin.put("/api/flows/echo", json=with_reply())
    await admin.post("/api/flows/echo/start")
    await hear("x")
    [run] = await ended_runs(owner, 1)
    listed = (await admin.get("/api/flows/echo/versions")).json()["versions"]

    assert (run["version"], run["isTest"]) == (1, False)
    assert [each["version"] for each in listed] == [1]


async def test_a_draft_with_faults_is_not_run(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    await admin.put(DRAFT, json=UNFINISHED)

    with pytest.raises(FlowFaults, match=r"components\.lost\.type"):
        await engine.flows.drafts.executable(owner, "echo")
    with pytest.raises(LookupError):
        await engine.flows.drafts.executable(owner, "none")


async def test_versions_of_tests_are_forgotten_but_none_that_a_run_goes_on_with(
    engine: Engine, admin: httpx.AsyncClient, owner: str, echo: Echo, until: Any, ended_runs: Any
) -> None:
    object.__setattr__(engine.limits, "versions", 2)
    await admin.put(DRAFT, json=with_reply(then="waitTwice"))
    await run_draft(engine, owner, "waits")
    await ended_runs(owner, 1, "waiting")
    for number in range(4):
        await admin.put(DRAFT, json=with_reply(text=str(number)))
        await engine.flows.drafts.executable(owner, "echo")
    for number in range(3):
        await admin.put("/api/flows/echo", json=with_reply(text=str(number)))
    rows = await engine.rows(sa.select(flow_versions.c.version).order_by(flow_versions.c.version))

    assert [row.version for row in rows] == [-5, -4, -1, 2, 3]
    assert len(await engine.rows(sa.select(runs))) == 1
