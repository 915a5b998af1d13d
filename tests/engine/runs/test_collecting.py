"""What a step that collects a list sees, and what may be read behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appmixer.engine.contract import Connector, connectors_of
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import read_document
from appmixer.engine.flows.models import FlowFaults
from appmixer.engine.host.engine import Engine

from ..conftest import Echo
from ..listing import flow, listing_module
from .test_lists import start, the_run

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(listing_module())


def faults(document: object, connectors: dict[str, Connector]) -> list[str]:
    try:
        read_document(document, component_types(connectors))
    except FlowFaults as found:
        return [str(fault) for fault in found.faults]
    return []


def collecting(text: str, **more: dict[str, Any]) -> dict[str, Any]:
    """Return a flow that collects what is done for each value, and says something afterwards."""
    steps: dict[str, dict[str, Any]] = {
        "first": {"type": "Do", "input": {"text": "first"}},
        "each": {"type": "Each", "after": "first.did", "input": {"texts": "a b"}},
        "do": {"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
        "gather": {"type": "Gather", "after": "do.did"},
        "say": {"type": "Do", "after": "gather.out", "input": {"text": text}},
    }
    return flow(**{**steps, **more})


def hidden(path: str, step: str, by: str = "gather") -> str:
    return (
        f"components.say.input.text: {path}: {step} runs once for each value of the list that {by}"
        " collects, so it has no value of its own here; read what is above the list, or what was"
        " collected."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ first.did.text }}{{ string(gather.out.of) }}{{ in1.heard.text }}", []),
        ("{{ each.item.text }}", [hidden("each.item.text", "each")]),
        ("{{ do.did.text }}", [hidden("do.did.text", "do")]),
        ("{{ has(do.did) ? '' : '' }}", [hidden("has(do.did)", "do")]),
    ],
)
def test_what_lies_inside_a_list_cannot_be_read_behind_the_step_that_collects_it(
    connectors: dict[str, Connector], text: str, expected: list[str]
) -> None:
    assert faults(collecting(text), connectors) == expected


def test_inside_the_list_and_behind_its_last_port_all_can_be_read(
    connectors: dict[str, Connector],
) -> None:
    document = collecting(
        "{{ do.did.text }}{{ first.did.text }}{{ each.item.text }}",
        say={
            "type": "Do",
            "after": "do.did",
            "input": {"text": "{{ do.did.text }}{{ first.did.text }}{{ each.item.text }}"},
        },
        end={
            "type": "Do",
            "after": "each.done",
            "input": {"text": "{{ string(each.done.count) }}{{ first.did.text }}"},
        },
    )

    assert faults(document, connectors) == []


def test_of_lists_within_lists_each_step_that_collects_leaves_one(
    connectors: dict[str, Connector],
) -> None:
    def nested(text: str, after: str) -> dict[str, Any]:
        return flow(
            outer={"type": "Each", "input": {"texts": "a b"}},
            inner={"type": "Each", "after": "outer.item", "input": {"numbers": 2}},
            gather={"type": "Gather", "after": "inner.item"},
            all={"type": "Gather", "after": "gather.out"},
            say={"type": "Do", "after": after, "input": {"text": text}},
        )

    assert faults(nested("{{ outer.item.text }}", "gather.out"), connectors) == []
    assert faults(nested("{{ inner.item.text }}", "gather.out"), connectors) == [
        hidden("inner.item.text", "inner")
    ]
    assert faults(nested("{{ outer.item.text }}", "all.out"), connectors) == [
        hidden("outer.item.text", "outer", "all")
    ]


def test_what_one_of_two_paths_to_the_step_that_collects_has_seen_is_not_sure(
    connectors: dict[str, Connector],
) -> None:
    def joined(text: str) -> dict[str, Any]:
        return collecting(
            "",
            other={"type": "Do", "input": {"text": "other"}},
            gather={"type": "Gather", "after": "do.did other.did"},
            say={"type": "Do", "after": "gather.out", "input": {"text": text}},
        )

    asked = "{{ has(other.did) ? other.did.text : has(first.did) ? first.did.text : '' }}"
    assert faults(joined(asked), connectors) == []
    [fault] = faults(joined("{{ other.did.text }}"), connectors)
    assert "not every path to this step passes there" in fault
    assert faults(joined("{{ do.did.text }}"), connectors) == [hidden("do.did.text", "do")]


def within(seconds: Any, texts: str) -> dict[str, Any]:
    """Return a flow that collects what is done for each text, but only for so long."""
    return flow(
        each={"type": "Each", "input": {"texts": texts} if texts else {}},
        do={"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
        gather={"type": "GatherWithin", "after": "do.did", "input": {"withinS": seconds}},
        say={"type": "Do", "after": "gather.out", "input": {"text": "said"}},
    )


def gathered(run: dict[str, Any], component: str = "gather") -> list[Any]:
    return [step["output"]["out"][0] for step in run["steps"] if step["component"] == component]


async def test_what_has_come_in_time_is_collected_once_and_the_others_go_on(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, within("{{ 0.1 + 0.2 }}", "a slow b"))

    async def has_said() -> Any:
        run = await the_run(engine, owner) if await engine.runs.list(owner) else None
        return run if run and "say" in [step["component"] for step in run["steps"]] else None

    await hear("x")
    meanwhile = await until(has_said)
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    assert gathered(meanwhile) == [{"texts": ["a", "b"], "of": 3, "isComplete": False}]
    assert meanwhile["status"] == "running"
    assert gathered(run) == gathered(meanwhile)
    assert (run["status"], run["stepCount"]) == ("completed", 7)


async def test_nobody_waits_for_the_time_when_all_values_are_done(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, within(3_600, "a slow b"))

    async def only_the_slow_one_is_left() -> Any:
        run = await the_run(engine, owner) if await engine.runs.list(owner) else None
        return run if run and run["stepCount"] == 4 else None

    await hear("x")
    meanwhile = await until(only_the_slow_one_is_left)
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    waiting = [wait for wait in meanwhile["waits"] if wait["component"] == "gather"]
    assert [wait["reason"] for wait in waiting] == ["It collects the values of a list."]
    assert gathered(run) == [{"texts": ["a", "slow", "b"], "of": 3, "isComplete": True}]
    assert (run["status"], run["waits"]) == ("completed", [])


@pytest.mark.parametrize("seconds", [3_600, "{{ in1.heard.text }}"])
async def test_of_an_empty_list_nothing_is_collected_and_the_flow_goes_on(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, seconds: Any
) -> None:
    await start(engine, owner, within(seconds, ""))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    if seconds == 3_600:
        assert gathered(run) == [{"texts": [], "of": 0, "isComplete": True}]
        assert (run["status"], run["steps"][-1]["component"]) == ("completed", "say")
    else:
        assert run["error"]["title"] == "The input is not right"


async def test_a_list_of_one_value_within_a_list_is_collected_by_itself(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        outer={"type": "Each", "input": {"texts": "a b"}},
        inner={"type": "Each", "after": "outer.item", "input": {"numbers": 1}},
        do={"type": "Do", "after": "inner.item", "input": {"text": "{{ outer.item.text }}"}},
        gather={"type": "Gather", "after": "do.did"},
        all={"type": "GatherWithin", "after": "gather.out", "input": {"withinS": 3_600}},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert sorted(each["texts"] for each in gathered(run)) == [["a"], ["b"]]
    assert gathered(run, "all") == [{"texts": ["a", "b"], "of": 2, "isComplete": True}]
    assert run["status"] == "completed"


async def test_who_collects_a_list_that_nobody_foresaw_does_not_wait_for_the_one_around_it(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = within(3_600, "a")
    document["components"]["many"] = {
        **document["components"]["each"],
        "type": "test.echo.Many",
        "source": {"in": {"each": ["item"]}},
        "input": {"numbers": 2},
    }
    document["components"]["do"] |= {
        "source": {"in": {"many": ["item"]}},
        "input": {"text": "{{ many.item.text }}"},
    }
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert gathered(run) == [{"texts": ["0", "1"], "of": 2, "isComplete": True}]
    assert (run["status"], run["waits"]) == ("completed", [])


async def test_a_step_that_failed_to_give_a_list_gives_none_to_collect(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = within(3_600, "a")
    document["components"]["each"]["input"] = {"numbers": "{{ in1.heard.items[0] }}"}
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert [step["component"] for step in run["steps"]] == ["in1", "each"]
    assert run["status"] == "failed"
