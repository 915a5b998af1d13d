"""What steps gave not long ago, and what expressions and tests make of it."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from appmixer.engine.flows.secret_fields import HIDDEN

from .test_drafts import DRAFT
from .test_shapes import FLOW, SAY

pytestmark = pytest.mark.anyio

SAMPLES = "/api/flows/echo/samples"


async def begin(client: httpx.AsyncClient, **what: Any) -> str:
    answer = await client.post("/api/flows/echo/run", json=what)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["runId"])


@pytest.fixture
def ended(admin: httpx.AsyncClient, until: Callable[..., Awaitable[Any]]) -> Any:
    """Begin a run and wait for its end: ended(values={...})."""

    async def run(**what: Any) -> dict[str, Any]:
        run_id = await begin(admin, **what)

        async def over() -> dict[str, Any] | None:
            found: dict[str, Any] = (await admin.get(f"/api/runs/{run_id}")).json()
            return found if found["endedAt"] else None

        found: dict[str, Any] = await until(over)
        return found

    return run


async def test_each_step_has_the_newest_value_of_each_of_its_ports(
    admin: httpx.AsyncClient, owner: str, ended: Any
) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    twice = await ended(values={"text": "twice"})
    say = await ended(values={"text": "say", "who": "Sheena"})

    steps = (await admin.get(SAMPLES)).json()["steps"]

    incoming = steps["incoming"]["ports"]["heard"]
    at = incoming.pop("at")
    assert incoming == {
        "value": {"text": "say", "who": "Sheena", "items": [], "ratio": None},
        "isCut": False,
        "source": "run",
        "runId": say["id"],
        "stepId": say["id"],
        "version": 1,
        "isTest": False,
    }
    assert at == say["startedAt"]
    ports = steps["reply"]["ports"]
    assert {port: each["runId"] for port, each in ports.items()} == {
        "said": say["id"],
        "aside": twice["id"],
    }
    assert ports["aside"]["value"]["text"] == "twice"


async def test_a_step_that_never_ran_has_its_components_example(
    admin: httpx.AsyncClient, owner: str
) -> None:
    await admin.put(DRAFT, json={"components": {**FLOW["components"], "lost": {}}})

    steps = (await admin.get(SAMPLES)).json()["steps"]

    assert set(steps) == {"incoming", "reply"}
    heard = steps["incoming"]["ports"]["heard"]
    assert (heard["source"], heard["runId"], heard["at"]) == ("example", None, None)
    assert set(heard["value"]) == {"text", "who", "items", "ratio"}


async def test_samples_of_tests_can_be_left_out_and_other_steps_of_that_name_do_not_count(
    admin: httpx.AsyncClient, owner: str, ended: Any
) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    real = await ended(values={"text": "say"})
    await admin.put(DRAFT, json=FLOW)
    test = await ended(values={"text": "say"}, draft=True)
    found = [(await admin.get(f"{SAMPLES}{how}")).json()["steps"] for how in ("", "?tests=false")]
    swapped = copy.deepcopy(FLOW)
    swapped["components"]["reply"] = {"type": "test.echo.Heard"}
    await admin.put(DRAFT, json=swapped)
    other = (await admin.get(SAMPLES)).json()["steps"]

    runs = [each["reply"]["ports"]["said"]["runId"] for each in found]
    assert runs == [test["id"], real["id"]]
    assert found[0]["reply"]["ports"]["said"]["isTest"] is True
    assert {each["source"] for each in other["reply"]["ports"].values()} == {"example"}


async def test_what_is_long_is_cut(admin: httpx.AsyncClient, owner: str, ended: Any) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    await ended(values={"text": "say", "who": "x" * 5_000, "items": list(range(100))})

    heard = (await admin.get(SAMPLES)).json()["steps"]["incoming"]["ports"]["heard"]

    assert heard["isCut"] is True
    assert heard["value"]["who"] == "x" * 2_000 + "…"
    assert heard["value"]["items"] == list(range(20))


async def test_nobody_sees_samples_of_another_owner_or_begins_a_run_like_theirs(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str, ended: Any
) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    run = await ended(values={"text": "say"})
    hidden = await other.get(SAMPLES)
    theirs = {"name": "x", "components": {"incoming": {"type": "test.echo.Heard"}}}
    await other.put(DRAFT, json=theirs)

    steps = (await other.get(SAMPLES)).json()["steps"]
    refused = await other.post("/api/flows/echo/run", json={"draft": True, "like": run["id"]})

    assert hidden.status_code == 404
    assert {each["source"] for each in steps["incoming"]["ports"].values()} == {"example"}
    assert refused.status_code == 404


async def test_a_draft_is_tested_with_what_a_real_run_began_with(
    admin: httpx.AsyncClient, owner: str, ended: Any
) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    real = await ended(values={"text": "say", "who": "Sheena"})
    draft = copy.deepcopy(FLOW)
    draft["components"]["reply"]["input"] = {"text": "Hello {{ incoming.heard.who }}"}
    await admin.put(DRAFT, json=draft)

    test = await ended(draft=True, like=real["id"])

    assert (test["isTest"], test["version"], test["likeRunId"]) == (True, -1, real["id"])
    assert test["steps"][0]["output"] == real["steps"][0]["output"]
    assert test["steps"][1]["output"]["said"][0]["text"] == "Hello Sheena"


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"values": {"text": "x"}}, "A run has values of its own"),
        ({"trigger": "other"}, "The run cannot be begun like that one"),
    ],
)
async def test_a_run_like_another_takes_nothing_else(
    admin: httpx.AsyncClient, owner: str, ended: Any, more: dict[str, Any], title: str
) -> None:
    await admin.put("/api/flows/echo", json=FLOW)
    real = await ended(values={"text": "say"})

    refused = await admin.post("/api/flows/echo/run", json={"like": real["id"], **more})

    error = refused.json()["error"]
    assert (refused.status_code, error["title"], error["field"]) == (422, title, "like")


async def test_texts_are_shown_with_the_values_of_earlier_steps(
    admin: httpx.AsyncClient, owner: str
) -> None:
    given = {"incoming": {"heard": {"text": "hi", "items": [1, 2]}}}
    texts = {
        "plain": "no expression",
        "in a text": "You said {{ incoming.heard.text }}.",
        "whole": "{{ incoming.heard.items }}",
        "wrong": "{{ incoming.heard.txt }}",
        "open": "{{ incoming",
    }

    values = (await admin.post("/api/expressions", json={"texts": texts, "given": given})).json()

    found = {name: each["value"] for name, each in values["values"].items()}
    problems = {name: each["problem"] for name, each in values["values"].items()}
    assert found == {
        "plain": "no expression",
        "in a text": "You said hi.",
        "whole": [1, 2],
        "wrong": None,
        "open": None,
    }
    assert problems["wrong"].startswith(
        "incoming.heard.txt has no value: incoming.heard has no 'txt'"
    )
    assert problems["open"].startswith("A {{ is not closed by }}.")
    assert [problems[name] for name in ("plain", "in a text", "whole")] == ["", "", ""]


async def test_one_component_is_tried_with_the_values_of_earlier_steps(
    admin: httpx.AsyncClient, owner: str
) -> None:
    given = {"incoming": {"heard": {"text": "hi"}}}
    input = {"text": "{{ incoming.heard.text }}!", "pin": "4711"}
    asked = {"account": "keys", "input": input, "given": given}

    done = (await admin.post(SAY, json=asked)).json()
    wrong = await admin.post(SAY, json={**asked, "input": {"text": "{{ incoming.heard.txt }}"}})

    assert done["output"]["said"][0]["text"] == "hi!"
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["path"] == "input.text"
    assert HIDDEN not in str(done)
