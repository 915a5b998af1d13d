"""The functions that are described are those that there are, and do what their examples say."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import Connector, stand_ins
from appmixer.engine.flows.expressions import fill
from appmixer.engine.flows.functions import FUNCTIONS, MACROS, TABLE, Function
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

from ..flows.test_functions import FAILING, NEVER_RIGHT, NOW, RIGHT, SCOPE

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
EndedRuns = Callable[..., Awaitable[list[dict[str, Any]]]]
StepsOf = Callable[[list[str]], Awaitable[list[dict[str, Any]]]]
# `has` asks for something of an earlier step.
ORDER = {"order": {"out": {"id": 7}}}
GUIDE = Path(__file__).parents[3] / "docs" / "flow-builder.md"


@pytest.mark.parametrize("function", TABLE, ids=lambda each: each.name)
def test_an_example_has_the_value_that_stands_beside_it(function: Function) -> None:
    assert fill(f"{{{{ {function.example} }}}}", ORDER) == function.result
    assert f"{function.name}(" in function.example


def test_every_function_that_can_be_used_is_described_once() -> None:
    names = [each.name for each in TABLE]

    assert sorted(names) == sorted({*FUNCTIONS, *MACROS, "has"})


def test_every_function_stands_in_the_guide_as_it_is() -> None:
    rows = [
        f"| `{each.signature}` | {each.description} | `{each.example}` |".replace("||", r"\|\|")
        for each in TABLE
    ]

    found = re.findall(r"^\| `.*\(.*\)` \|.*\|$", GUIDE.read_text("utf-8"), re.MULTILINE)

    assert sorted(found) == sorted(rows)


async def test_the_functions_can_be_asked_for(admin: httpx.AsyncClient) -> None:
    found = (await admin.get("/api/functions")).json()["functions"]

    assert [each["name"] for each in found] == [each.name for each in TABLE]
    assert next(each for each in found if each["name"] == "substring") == {
        "name": "substring",
        "kind": "method",
        "group": "texts",
        "signature": "text.substring(start, end?)",
        "arguments": [
            {"name": "text", "kind": "text", "isOptional": False},
            {"name": "start", "kind": "whole number", "isOptional": False},
            {"name": "end", "kind": "whole number", "isOptional": True},
        ],
        "gives": "text",
        "description": "What stands from one place, counted from 0, up to another, as far as the"
        " text goes.",
        "keywords": ["slice", "substr", "left", "mid", "truncate", "cut"],
        "example": "'Hello'.substring(1, 3)",
        "result": "el",
    }


def flow_of(texts: list[str]) -> dict[str, Any]:
    """Return a flow that says each of these texts, whatever becomes of the others."""
    heard = {"type": "test.echo.Heard", "account": "keys"}
    steps = {
        f"say{number}": {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": {"in1": ["heard"]}},
            "input": {"text": text},
        }
        for number, text in enumerate(texts)
    }
    return {"name": "Functions", "components": {"in1": heard, **steps}}


def told(expression: str) -> str:
    """Return an expression over what a trigger hears: a text in JSON."""
    return re.sub(r"(?<![\w.'])m\.(?=\w)", "parseJson(in1.heard.text).", expression)


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors, stand_ins.Clock(NOW)) as engine:
        yield engine


@pytest.fixture
async def steps_of(
    admin: httpx.AsyncClient, owner: str, hear: Hear, ended_runs: EndedRuns
) -> StepsOf:
    """Store a flow, let it hear the scope of the tests, and return its steps by the texts."""

    async def run(texts: list[str]) -> list[dict[str, Any]]:
        stored = await admin.put("/api/flows/functions", json=flow_of(texts))
        assert stored.status_code == 200, stored.text
        await admin.post("/api/flows/functions/start")
        await hear(json.dumps(SCOPE["m"]))
        [ended] = await ended_runs(owner, 1)
        steps = {each["component"]: each for each in ended["steps"]}
        return [steps[f"say{number}"] for number in range(len(texts))]

    return run


async def test_functions_give_in_a_run_what_they_give_by_themselves(steps_of: StepsOf) -> None:
    # A stored flow may not read a step that it has not.
    right = [each for each in RIGHT if "has(m" not in each[0] and "other." not in each[0]]

    steps = await steps_of([f"{{{{ toJson([{told(each)}]) }}}}" for each, _ in right])

    given = [json.loads(each["output"]["said"][0]["text"])[0] for each in steps]
    assert given == [value for _, value in right]


async def test_a_step_fails_with_what_its_function_cannot_take(steps_of: StepsOf) -> None:
    steps = await steps_of([f"={{{{ {told(each)} }}}}" for each, _ in FAILING])

    assert {each["status"] for each in steps} == {"failed"}
    assert [
        (expression, step["error"])
        for (expression, reason), step in zip(FAILING, steps, strict=True)
        if reason.replace("m.nope has no value", "has no value") not in str(step["error"])
    ] == []


async def test_all_that_can_never_be_right_is_told_when_a_flow_is_stored(
    admin: httpx.AsyncClient, owner: str
) -> None:
    document = flow_of([f"{{{{ {told(each)} }}}}" for each, _ in NEVER_RIGHT])

    answer = await admin.put("/api/flows/functions", json=document)

    assert answer.status_code == 422
    faults = answer.json()["errors"]
    assert [each["path"] for each in faults] == [
        f"components.say{number}.input.text" for number in range(len(NEVER_RIGHT))
    ]
    assert [
        (expression, fault)
        for (expression, reason), fault in zip(NEVER_RIGHT, faults, strict=True)
        if reason not in fault["text"]
    ] == []


async def test_a_default_stands_for_what_another_branch_gives(
    admin: httpx.AsyncClient, owner: str, hear: Hear, ended_runs: EndedRuns
) -> None:
    document = flow_of(["one"])
    document["components"]["last"] = {
        "type": "test.echo.Say",
        "account": "keys",
        "source": {"in": {"say0": ["said"], "in1": ["heard"]}},
        "input": {"text": "{{ default(say0.said.text, 'none') }}"},
    }
    misspelt = json.loads(json.dumps(document).replace("said.text", "said.txet"))

    refused = await admin.put("/api/flows/functions", json=misspelt)
    stored = await admin.put("/api/flows/functions", json=document)
    await admin.post("/api/flows/functions/start")
    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert "say0.said.txet" in refused.text
    assert refused.status_code == 422
    assert stored.status_code == 200
    said = [
        each["output"]["said"][0]["text"] for each in run["steps"] if each["component"] != "in1"
    ]
    assert sorted(said) == ["none", "one", "one"]
