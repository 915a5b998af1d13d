"""What a step that collects a list sees, and what may be read behind it."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import Connector, connectors_of
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import read_document
from appmixer.engine.flows.models import FlowFaults

from ..listing import flow, listing_module

pytestmark = pytest.mark.anyio


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
    return flow(
        first={"type": "Do", "input": {"text": "first"}},
        each={"type": "Each", "after": "first.did", "input": {"texts": "a b"}},
        do={"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
        **{
            "gather": {"type": "Gather", "after": "do.did"},
            "say": {"type": "Do", "after": "gather.out", "input": {"text": text}},
            **more,
        },
    )


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
