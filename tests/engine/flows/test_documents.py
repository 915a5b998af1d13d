"""Flow documents: every fault is named with its path, before anything runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appmixer.engine.contract import Connector
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import read_document
from appmixer.engine.flows.inputs import input_errors
from appmixer.engine.flows.models import FlowFaults


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
            ["components.say.source: Nothing leads here: lead an earlier step's port to 'in'."],
        ),
        (
            {"source": {"in": {"say": ["said"]}}, "input": {"text": "x"}},
            ["components.say.source: This path leads back to where it came from."],
        ),
        (
            {"input": {}},
            ["components.say.input.text: Text (text) is missing; fill it in."],
        ),
        (
            {"input": {"text": "x", "txt": "y"}},
            ["components.say.input.txt: There is no field txt; the fields are: text, pin, then."],
        ),
        (
            {"input": {"text": 7}},
            ["components.say.input.text: Text has to be a text."],
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
        (
            {"input": {"text": "Hello {{1}}"}},
            [
                "components.say.input.text: {{1}} is only a number, and {{ }} would be taken away."
                " If the service is to get it as it stands, mark the text:"
                ' {"$literal": "… {{1}} …"}.'
            ],
        ),
        (
            {"input": {"text": "Hello {{ in1.heard.text"}},
            [
                "components.say.input.text: A {{ is not closed by }}. Close it; or, if it belongs"
                ' to the text, mark the text: {"$literal": "…"}.'
            ],
        ),
        (
            {"input": {"text": "{{ in1.heard.items.filter(x, y.z) }}"}},
            [
                "components.say.input.text: y.z: there is no step 'y' before; there is: in1.",
            ],
        ),
        (
            {"input": {"text": "{{ in1.heard.items.map(each, each.name) }}"}},
            [],
        ),
        (
            {"input": {"text": "x", "then": {"$literal": "shout"}}},
            [
                "components.say.input.then: Then has to be one of: say, twice, wait, reject, later,"
                " reconnect, unknown, bug, unstorable, nothing, waitTwice, alwaysLater, slow, keep,"
                " keepAndReject, sayAndWait."
            ],
        ),
        (
            {"input": {"text": "", "then": ""}},
            [],
        ),
        (
            {"input": {"text": "x", "pin": {"$sealed": "AAAA"}}},
            [
                "components.say.input.pin.$sealed: Names that begin with $ are the engine's own;"
                ' only {"$literal": value}, with nothing beside it, is yours to write.',
                "components.say.input.pin: Pin has to be a text.",
            ],
        ),
        (
            {"input": {"text": "x", "pin": {"$literal": "1", "$sealed": "AAAA"}}},
            None,
        ),
    ],
)
def test_each_fault_is_named(
    connectors: dict[str, Connector], changes: dict[str, Any], expected: list[str] | None
) -> None:
    found = faults(document(**changes), connectors)

    if expected is None:
        assert found
        assert "cannot be read" in found[0] or "begin with $" in found[0]
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("called", "sentence"),
    [
        ("in1.heard.text.wibble()", "There is no function 'wibble'; there is: addTime, all, "),
        ("JSON.parse('1')", "There is no function 'JSON.parse'; did you mean parseJson, as in "),
        ("in1.heard.text.replce('a', 'b')", "There is no function 'replce'; did you mean replace"),
    ],
)
def test_an_unknown_function_is_named_whole_with_the_nearest(
    connectors: dict[str, Connector], called: str, sentence: str
) -> None:
    [found] = faults(document(input={"text": f"{{{{ {called} }}}}"}), connectors)

    assert found.startswith(f"components.say.input.text: {sentence}")


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


def chain(length: int) -> dict[str, Any]:
    """A flow in which each step leads to the next."""
    found = document()
    for number in range(length - 2):
        source = {"in": {f"s{number - 1}": ["said"]}} if number else {"in": {"say": ["said"]}}
        step = {"type": "test.echo.Say", "account": "keys", "source": source}
        found["components"][f"s{number}"] = {**step, "input": {"text": "x" * 800}}
    return found


def test_a_thousand_steps_and_a_megabyte_are_no_fault(connectors: dict[str, Connector]) -> None:
    assert faults(chain(1200), connectors) == []


def test_steps_that_lead_in_a_circle_are_named_and_those_behind_them_are_not(
    connectors: dict[str, Connector],
) -> None:
    circular = chain(6)
    circular["components"]["say"]["source"]["in"]["s1"] = ["said"]

    named = [found.partition(".source")[0] for found in faults(circular, connectors)]

    assert named == ["components.say", "components.s0", "components.s1"]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (
            chain(2001),
            "components: The flow has 2,001 steps; 2,000 are allowed. Split it.",
        ),
        (
            document(input={"text": [0] * 2_400_000}),
            "The flow holds more than 50,000 values. Split it.",
        ),
        (
            document(input={"text": "x" * 2_000_001}),
            "The texts of the flow have more than 2,000,000 characters. Split it.",
        ),
        (
            document(input={"text": json.loads("[" * 60 + "]" * 60)}),
            "The flow is nested more than 50 levels deep. Make it flatter.",
        ),
        (
            document(input={"text": [0] * 20_000}),
            "components.say.input: The input holds more than 10,000 values.",
        ),
        (
            document(input={"text": "{{ 1 + 1 }}" * 45_000}),
            "components: The expressions of the flow have more than 200,000 characters, plain paths"
            " aside. Split it.",
        ),
    ],
)
def test_what_is_too_large_is_refused_with_the_limit(
    connectors: dict[str, Connector], raw: dict[str, Any], sentence: str
) -> None:
    assert faults(raw, connectors) == [sentence]


@pytest.mark.parametrize(
    "item", [{"$a": 0}, "{{ nope }}", "{{ in1.heard.nope }}"], ids=["$", "unknown", "no field"]
)
def test_a_long_name_is_not_repeated_whole_in_each_of_many_faults(
    connectors: dict[str, Connector], item: Any
) -> None:
    raw = document(input={"text": "x", "k" * 400_000: [item] * 3_000})

    found = faults(raw, connectors)

    assert len(found) > 1_000
    assert f"components.say.input.{'k' * 100}…[7]" in found[7]
    assert sum(map(len, found)) < 1_000_000


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
