"""What a join means: a step with two sources, the values it sees, and what may be read there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appmixer.engine.contract import Connector
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import read_document
from appmixer.engine.flows.models import FlowFaults
from appmixer.engine.host.engine import Engine

from ..branches import Decide, Doubtful, with_components
from .test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def connectors() -> dict[str, Connector]:
    """The echo, and a component whose ports have names that CEL reserves."""
    return with_components(Decide)


def faults(document: object, connectors: dict[str, Connector]) -> list[str]:
    try:
        read_document(document, component_types(connectors))
    except FlowFaults as found:
        return [str(fault) for fault in found.faults]
    return []


def joined(text: str, **sources: list[str]) -> dict[str, Any]:
    """Two branches behind the trigger, `say1` and `say2`, and `say3` behind both of them."""
    return flow(
        {"text": "one {{ in1.heard.text }}", "then": "twice"},
        {"text": "two {{ in1.heard.text }}"},
        {"text": text, "source": sources or {"say1": ["said"], "say2": ["said"]}},
    )


def deciding(text: str, *ports: str) -> dict[str, Any]:
    """A decision on what was heard, and `say1` behind some of its ports."""
    document = flow({"text": text, "source": {"decide": [*ports]}})
    document["components"]["decide"] = {
        "type": "test.echo.Decide",
        "account": "keys",
        "source": {"in": {"in1": ["heard"]}},
        "input": {"text": "{{ in1.heard.text }}"},
    }
    return document


EITHER = (
    "{{ has(say1.said) ? 'left ' + say1.said.text : has(say2.said.text) ? 'right ' + say2.said.text"
    " : 'none' }}"
)


async def test_a_step_with_two_sources_runs_for_each_value_and_sees_its_own_path(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, joined(EITHER))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"
    inputs = [step["input"]["text"] for step in run["steps"] if step["component"] == "say3"]
    assert sorted(inputs) == ["left one x", "right two x"]


async def test_what_leaves_at_a_port_that_no_path_can_name_is_read_under_the_step_itself(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, deciding("said {{ decide.text }}", "true", "false"))

    await hear("yes")
    await hear("no")
    found = await ended_runs(owner, 2)

    said = [step["input"]["text"] for run in found for step in run["steps"][2:]]
    assert sorted(said) == ["said no", "said yes"]


def test_a_name_that_may_be_a_port_or_a_field_is_a_fault() -> None:
    both = deciding("{{ has(decide.text) ? 'x' : '' }}", "true", "text")
    both["components"]["decide"]["type"] = "test.echo.Doubtful"
    port = deciding("{{ decide.text.text }}", "text")
    port["components"]["decide"]["type"] = "test.echo.Doubtful"

    found = [faults(each, with_components(Doubtful)) for each in (both, port)]

    assert found == [
        [
            "components.say1.input.text: decide: text is a port of decide and a field of what"
            " leaves at true; lead only one of the two here."
        ],
        [],
    ]


async def test_named_and_unnamed_ports_are_told_apart_by_asking(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    text = (
        "{{ has(decide.maybe) ? '? ' + decide.maybe.text : has(decide.text) ? decide.text : '' }}"
    )
    await start(engine, owner, deciding(text, "true", "false", "maybe"))

    await hear("yes")
    await hear("well")
    found = await ended_runs(owner, 2)

    said = [step["input"]["text"] for run in found for step in run["steps"][2:]]
    assert sorted(said) == ["? well", "yes"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (joined(EITHER), []),
        (joined("{{ in1.heard.text }}"), []),
        (
            joined("{{ say1.said.text }}"),
            [
                "say1.said.text: not every path to this step passes there, so it may not have a"
                " value; ask for it first: has(say1.said) ? say1.said.text : …"
            ],
        ),
        (
            joined("{{ has(say2.said) ? say1.said.text : '' }}"),
            [
                "say1.said.text: not every path to this step passes there, so it may not have a"
                " value; ask for it first: has(say1.said) ? say1.said.text : …"
            ],
        ),
        (
            joined("{{ size(say1) }}"),
            [
                "say1: not every path to this step passes there, so it may not have a value; ask"
                " for it first: has(say1.…) ? say1 : …"
            ],
        ),
        (
            joined("{{ in1.heard.items.map(i, say1.said.text) }}"),
            [
                "say1.said.text: not every path to this step passes there, so it may not have a"
                " value; ask for it first: has(say1.said) ? say1.said.text : …"
            ],
        ),
        (
            joined("{{ say1.said.text }}", say1=["said", "aside"]),
            [
                "say1.said.text: not every path to this step passes there, so it may not have a"
                " value; ask for it first: has(say1.said) ? say1.said.text : …"
            ],
        ),
        (
            joined("{{ say1.aside.text }}", say1=["said"]),
            ["say1.aside.text: say1 leads here by: said; by aside on no path."],
        ),
        (
            joined("{{ has(say1.aside) }}", say1=["said"]),
            ["say1: say1 leads here by: said; by aside on no path."],
        ),
        (
            joined("{{ has(say2.said) }}", say1=["said"]),
            ["has(say2.said): say2 does not run before this step on any path."],
        ),
        (
            joined("{{ has(say1.sad) }}"),
            ["say1: say1 has no port 'sad'; it has: said, aside."],
        ),
        (deciding("{{ decide.text }}", "true", "false"), []),
        (
            deciding("{{ decide.true.text }}", "true"),
            [
                "decide.true.text: true is a word of the expression language and no part of a path;"
                " what leaves there is read as decide.field."
            ],
        ),
        (
            deciding("{{ decide.txt }}", "true"),
            ["decide.txt: decide has no 'txt'; it has: text."],
        ),
        (
            deciding("{{ decide.text }}", "true", "maybe"),
            [
                "decide.text: not every path to this step passes there, so it may not have a value;"
                " ask for it first: has(decide.text) ? decide.text : …"
            ],
        ),
        (
            deciding("{{ decide.text }}", "maybe"),
            ["decide.text: decide has no port 'text'; it has: maybe."],
        ),
    ],
)
def test_what_may_not_be_there_is_a_fault_unless_the_expression_asks_for_it(
    connectors: dict[str, Connector], document: dict[str, Any], expected: list[str]
) -> None:
    found = faults(document, connectors)

    assert [each.partition("input.text: ")[2] for each in found] == expected


def test_what_is_on_every_path_may_be_read_behind_a_join(connectors: dict[str, Connector]) -> None:
    document = joined("{{ in1.heard.text }}")
    document["components"]["say4"] = {
        **document["components"]["say3"],
        "source": {"in": {"say3": ["said"]}},
        "input": {"text": "{{ say3.said.text }} {{ in1.heard.text }}"},
    }
    behind = {**document["components"]["say4"], "input": {"text": "{{ say1.said.text }}"}}

    assert faults(document, connectors) == []
    document["components"]["say4"] = behind
    [fault] = faults(document, connectors)
    assert fault.startswith("components.say4.input.text: say1.said.text: not every path")
