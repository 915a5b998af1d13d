"""Switch: a way for each case of a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

CASES = [
    {"name": "sales", "operator": "oneOf", "compareTo": ["1", "Sales"]},
    {"name": "true", "operator": "startsWith", "compareTo": "Y"},
    {"name": "large", "operator": "greater", "compareTo": "{{ begin.started.limit }}"},
]


def switching(input: Mapping[str, Any], value: Any = "") -> dict[str, Any]:
    values = [{"name": "value", "value": value}, {"name": "limit", "value": 100}]
    way = [{"name": "way", "value": "sold {{ switch.sales.value }}"}]
    return flow(
        begin=step("OnStart", {"values": values}),
        switch=step("Switch", input, "begin.started"),
        sold=step("SetValues", {"values": way}, "switch.sales"),
        other=step("SetValues", {"values": [{"name": "way", "value": "other"}]}, "switch.else"),
    )


@pytest.mark.parametrize(
    ("value", "port"), [("sales", "sales"), ("yes", "true"), (101, "large"), ("7", "else")]
)
async def test_a_value_leaves_at_the_port_of_the_first_case_it_fits(
    site: Site, value: Any, port: str
) -> None:
    input = {"value": "{{ begin.started.value }}", "cases": CASES, "ignoreCase": True}

    run = await site.play(switching(input, value))

    given = outputs(run)
    assert run["status"] == "completed"
    assert given["switch"] == {port: [{"value": value}]}
    assert given.get("sold") == ({"out": [{"way": f"sold {value}"}]} if port == "sales" else None)
    assert ("other" in given) == (port == "else")


async def test_a_case_with_a_name_alone_is_enough_of_an_input(site: Site) -> None:
    run = await site.play(switching({"cases": [{"name": "sales"}]}))

    assert outputs(run)["switch"] == {"sales": [{"value": None}]}


@pytest.mark.parametrize(
    ("cases", "path", "told"),
    [
        ([], "", "Cases is empty"),
        (
            [{"name": "sales"}, {"name": "sales"}],
            "",
            "'sales' is taken",
        ),
        ([{"name": "Sales!"}], "[0].name", "a small letter"),
        ([{"name": "else"}], "", "'else' is taken"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, cases: list[Any], path: str, told: str
) -> None:
    found = dict(await site.faults(switching({"value": "x", "cases": cases})))

    assert told in found[f"components.switch.input.cases{path}"]


async def test_a_port_of_no_case_and_a_name_that_is_an_expression_are_told(site: Site) -> None:
    [(path, text), *_] = await site.faults(switching({"cases": [{"name": "support"}]}))
    open_name = [{"name": "{{ begin.started.value }}", "compareTo": "x"}]
    told = dict(await site.faults(switching({"cases": open_name})))

    assert path == "components.sold.source.in.switch"
    assert "support" in text
    assert "Write the value out." in told["components.switch.input.cases"]
