"""Flow documents: every fault is named with its path, before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import Connector
from appmixer.engine.documents import FlowFaults, input_errors, read_document
from appmixer.engine.schemas import component_types


def faults(document: object, connectors: dict[str, Connector]) -> list[str]:
    try:
        read_document(document, component_types(connectors))
    except FlowFaults as found:
        return [str(fault) for fault in found.faults]
    return []


def document(**changes: Any) -> dict[str, Any]:
    say = {
        "type": "test.echo.Say",
        "account": "keys",
        "source": {"in": {"in1": ["heard"]}},
        "input": {"text": "{{ in1.heard.text }}"},
    }
    return {
        "name": "test",
        "components": {
            "in1": {"type": "test.echo.Heard", "account": "keys"},
            "say": {**say, **changes},
        },
    }


def test_a_good_document_has_no_faults(connectors: dict[str, Connector]) -> None:
    assert faults(document(), connectors) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"inputs": {}},
            ["components.say.inputs: There is no such field; check its spelling or remove it."],
        ),
        (
            {"type": "test.echo.Sai"},
            [
                "components.say.type: There is no component 'test.echo.Sai';"
                " did you mean 'test.echo.Say'?"
            ],
        ),
        (
            {"source": {"in": {"in1": ["herd"]}}},
            ["components.say.source.in.in1: in1 has no output port 'herd'; it has: heard."],
        ),
        (
            {"source": {"in": {"nobody": ["heard"]}}, "input": {"text": "x"}},
            ["components.say.source.in.nobody: There is no component 'nobody'."],
        ),
        (
            {"source": {}, "input": {"text": "x"}},
            ["components.say.source: Nothing leads here; name a component and a port under 'in'."],
        ),
        (
            {"source": {"in": {"say": ["said"]}}, "input": {"text": "x"}},
            ["components.say.source: This path leads back to where it came from."],
        ),
        (
            {"input": {}},
            ["components.say.input: Text (text) is missing; fill it in."],
        ),
        (
            {"input": {"text": "x", "txt": "y"}},
            ["components.say.input: There is no field txt; the fields are: text, pin, then."],
        ),
        (
            {"input": {"text": 7}},
            ["components.say.input.text: 7 is not of type string."],
        ),
        (
            {"input": {"text": "{{ in1.heard.txt }}"}},
            [
                "components.say.input.text: in1.heard.txt: in1.heard has no 'txt';"
                " it has: text, who, items, ratio."
            ],
        ),
        (
            {"input": {"text": "{{ in1.herd.text }}"}},
            ["components.say.input.text: in1.herd.text: in1 has no port 'herd'; it has: heard."],
        ),
        (
            {"input": {"text": "{{ elsewhere.heard.text }}"}},
            [
                "components.say.input.text: elsewhere.heard.text: there is no step 'elsewhere'"
                " before; there is: in1."
            ],
        ),
        (
            {"input": {"text": "{{ in1.heard.text + }}"}},
            None,
        ),
        (
            {"input": {"text": {"$literal": "{{1}}"}}},
            [],
        ),
    ],
)
def test_each_fault_is_named(
    connectors: dict[str, Connector], changes: dict[str, Any], expected: list[str] | None
) -> None:
    found = faults(document(**changes), connectors)

    if expected is None:
        assert len(found) == 1
        assert "cannot be read" in found[0]
    else:
        assert found == expected


def test_all_faults_are_told_at_once(connectors: dict[str, Connector]) -> None:
    broken = document(input={"text": "{{ in1.heard.txt }}", "txt": "y"})
    broken["components"]["other"] = {"type": "nothing"}

    assert len(faults(broken, connectors)) == 3


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"name": "x", "components": {}}, {"name": 1}])
def test_what_is_no_document_at_all_is_refused_in_words(
    connectors: dict[str, Connector], raw: object
) -> None:
    assert faults(raw, connectors)


def test_a_flow_without_a_trigger_would_never_run(connectors: dict[str, Connector]) -> None:
    only = {"type": "test.echo.Say", "account": "keys", "input": {"text": "x"}}

    found = faults({"name": "x", "components": {"say": only}}, connectors)

    assert "No component is a trigger, so nothing would ever start this flow." in found[-1]


def test_a_trigger_takes_no_expressions(connectors: dict[str, Connector]) -> None:
    broken = document()
    broken["components"]["in1"]["input"] = {"room": "{{ say.said.text }}"}

    assert faults(broken, connectors) == [
        "components.in1.input: A trigger starts the flow, so its input cannot use {{ }}."
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^[0-9]{6}$", "123456", True),
        ("^[0-9]{6}$", "123456\n", False),
        (r"^[$]\$$", "$$", True),
        (r"^[$]\$$", "$$\n", False),
        ("ab", "cabd", True),
    ],
)
def test_a_pattern_ends_where_the_text_ends(pattern: str, text: str, fits: bool) -> None:
    schema = {"properties": {"field": {"type": "string", "pattern": pattern}}}

    assert [fault.path for fault in input_errors({"field": text}, schema)] == (
        [] if fits else [".field"]
    )
