"""Condition: which of two ways a flow goes on, by rules as people know them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from appmixer.utilities.patterns import MAX_TEXT_CHARS
from appmixer.utilities.rules import Operator

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


def deciding(input: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A condition behind a start with these values, and a step behind each of its ports."""
    named = [{"name": name, "value": value} for name, value in (values or {}).items()]
    passed = [{"name": "passed", "value": "{{ check.value }}"}]
    return flow(
        begin=step("OnStart", {"values": named}),
        check=step("Condition", input, "begin.started"),
        yes=step("SetValues", {"values": passed}, "check.true"),
        no=step("SetValues", {"values": passed}, "check.false"),
    )


def way(run: Mapping[str, Any]) -> str:
    """Return which step was behind the port."""
    assert run["status"] == "completed", run["error"]
    [found] = {each["component"] for each in run["steps"]} & {"yes", "no"}
    return str(found)


async def test_all_its_fields_decide_and_the_value_is_passed_on(site: Site) -> None:
    rules = [
        {"value": "{{ begin.started.text }}", "operator": "contains", "compareTo": "ORDER"},
        {"value": "{{ begin.started.sum }}", "operator": "between", "compareTo": 10, "upTo": "20"},
    ]
    input = {"rules": rules, "match": "all", "ignoreCase": True, "value": "{{ begin.started.sum }}"}

    run = await site.play(deciding(input, {"text": "my order", "sum": 20}))
    other = await site.play(deciding({**input, "match": "any"}, {"text": "none", "sum": 21}))

    assert way(run) == "yes"
    assert outputs(run)["yes"] == {"out": [{"passed": 20}]}
    assert way(other) == "no"
    assert outputs(other)["check"] == {"false": [{"value": 21}]}


async def test_one_rule_is_enough_of_an_input(site: Site) -> None:
    run = await site.play(deciding({"rules": [{"value": "yes", "compareTo": "yes"}]}))

    assert way(run) == "yes"
    assert outputs(run)["yes"] == {"out": [{"passed": None}]}


@pytest.mark.parametrize(
    ("input", "path", "told"),
    [
        ({}, "components.check.input.rules", "Rules (rules) is missing"),
        (
            {"rules": [{"value": 1, "operator": "isLike", "compareTo": 1}]},
            "components.check.input.rules[0].operator",
            "Operator has to be one of: equals, ",
        ),
        (
            {"rules": [{"value": "x", "operator": "matches", "compareTo": "(unclosed"}]},
            "components.check.input.rules.0",
            "missing ): (unclosed",
        ),
        (
            {"rules": [{"value": 5, "operator": "between", "compareTo": 1}]},
            "components.check.input.rules.0",
            "between needs something in upTo, where it ends",
        ),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: Mapping[str, Any], path: str, told: str
) -> None:
    [(found, text)] = await site.faults(deciding(input))

    assert found == path
    assert told in text


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"value": "{{ begin.started.x }}", "operator": "greater", "compareTo": 5},
            ("rules[0].value", "'many' is no number."),
        ),
        (
            {"value": "{{ begin.started.x }}", "operator": "before", "compareTo": "2026-09-21"},
            ("rules[0].value", "'many' is no moment."),
        ),
        (
            {"value": "2026-09-21T09:00:00", "operator": "after", "compareTo": "2026-09-21"},
            ("rules[0].value", "'2026-09-21T09:00:00' is a moment without time zone."),
        ),
        (
            {"value": 1, "operator": "less", "compareTo": "{{ begin.started.x }}"},
            ("rules[0].compareTo", "'many' is no number."),
        ),
        (
            {"value": "a", "operator": "matches", "compareTo": "{{ begin.started.broken }}"},
            ("rules.0", "the pattern cannot be used: missing ]: [a."),
        ),
    ],
)
async def test_what_cannot_be_compared_fails_with_field_cause_and_cure(
    site: Site, rule: Mapping[str, Any], told: tuple[str, str]
) -> None:
    document = deciding({"rules": [rule]}, {"x": "many", "broken": "[a"})

    run = await site.play(document)

    error = run["steps"][-1]["error"]
    assert run["status"] == "failed"
    assert (error["field"], error["cause"]) == told
    assert error["cure"]


TRUE_ONES: list[tuple[Any, str, Any]] = [
    ("yes", "equals", "yes"),
    (5, "equals", "5"),
    ("5.0", "equals", 5),
    (True, "equals", "true"),
    ([1, {"a": 2}], "equals", [1, {"a": 2}]),
    (None, "equals", ""),
    ("Yes", "doesNotEqual", "yes"),
    (True, "doesNotEqual", 1),
    ("Hello there", "contains", "lo th"),
    (["a", "b"], "contains", "b"),
    ({"a": 1}, "contains", "a"),
    (4711, "contains", "71"),
    ("Hello", "doesNotContain", "x"),
    (None, "doesNotContain", "x"),
    ("Hello", "startsWith", "He"),
    ("Hello", "doesNotStartWith", "lo"),
    ("Hello", "endsWith", "lo"),
    ("Hello", "doesNotEndWith", "He"),
    ("order 4711", "matches", r"^order \d+$"),
    ("order x", "doesNotMatch", r"\d"),
    ("10", "greater", 9),
    (9, "greaterOrEqual", "9"),
    (-1.5, "less", 0),
    (0, "lessOrEqual", 0),
    ("2026-09-22", "greater", "2026-09-21T23:59:00Z"),
    ("2026-09-21T01:00:00+02:00", "before", "2026-09-21"),
    (1790000000, "after", "2026-09-21T13:13:19Z"),
    (1790000000000, "notBefore", 1790000000),
    ("2026-09-21", "notAfter", "2026-09-21"),
    ("b", "oneOf", ["a", "b"]),
    ("2", "oneOf", "1, 2, 3"),
    ("4", "notOneOf", "1, 2, 3"),
    (" ", "empty", None),
    ([], "empty", None),
    (0, "notEmpty", None),
    (False, "notEmpty", None),
]


async def test_an_operator_means_what_people_take_it_for(site: Site) -> None:
    wrong: list[tuple[Any, str, Any]] = []

    for value, operator, other in TRUE_ONES:
        rule = {"value": value, "operator": operator, "compareTo": other}
        if way(await site.play(deciding({"rules": [rule]}))) != "yes":
            wrong.append((value, operator, other))

    assert wrong == []
    assert {each for _, each, _ in TRUE_ONES} | {"between", "notBetween"} == {*get_args(Operator)}


async def test_nothing_is_neither_greater_nor_less_than_anything(site: Site) -> None:
    for operator in ("greater", "less", "before", "after", "contains", "startsWith"):
        rule = {"value": None, "operator": operator, "compareTo": "1"}

        assert way(await site.play(deciding({"rules": [rule]}))) == "no"


async def test_the_worst_of_patterns_keeps_nobody_else_waiting(site: Site) -> None:
    worst = {"value": "a" * MAX_TEXT_CHARS, "operator": "matches"}
    rules = [{**worst, "compareTo": each} for each in (r"(\w{1,50}){1,10}z", "(a|aa)+$")]
    run_id = await site.begin(deciding({"rules": rules, "match": "all"}))
    longest, ended = 0.0, False

    while not ended:
        before = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - before)
        ended = bool((await site.run(run_id))["endedAt"])

    assert way(await site.run(run_id)) == "no"
    assert longest < 5 * 0.05


async def test_a_text_that_is_too_long_for_a_pattern_is_refused_with_the_limit(site: Site) -> None:
    rule = {"value": "a" * (MAX_TEXT_CHARS + 1), "operator": "matches", "compareTo": "z$"}

    run = await site.play(deciding({"rules": [rule]}))

    error = run["steps"][-1]["error"]
    assert (error["title"], error["field"]) == (
        "The text is too long for a pattern",
        "rules[0].value",
    )
    assert "10,000" in error["cause"]
