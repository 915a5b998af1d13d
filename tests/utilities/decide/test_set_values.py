"""Set Values: names for values, which later steps read."""

from __future__ import annotations

from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


async def test_later_steps_read_values_by_the_names_they_were_given(site: Site) -> None:
    given = [
        {"name": "whom", "value": "world"},
        {"name": "many", "value": [1, 2]},
        {"name": "sum", "value": "{{ 40 + 2 }}"},
    ]
    greeting = {"name": "greeting", "value": "Hello {{ shaped.out.whom }} {{ shaped.out.sum }}"}

    run = await site.play(
        flow(
            shaped=step("SetValues", {"values": given}, "begin.started"),
            greeted=step("SetValues", {"values": [greeting]}, "shaped.out"),
        )
    )

    assert run["status"] == "completed"
    assert outputs(run)["shaped"] == {"out": [{"whom": "world", "many": [1, 2], "sum": 42}]}
    assert outputs(run)["greeted"] == {"out": [{"greeting": "Hello world 42"}]}


async def test_one_name_without_a_value_is_enough_of_an_input(site: Site) -> None:
    run = await site.play(
        flow(shaped=step("SetValues", {"values": [{"name": "x"}]}, "begin.started"))
    )

    assert outputs(run)["shaped"] == {"out": [{"x": None}]}


@pytest.mark.parametrize(
    ("values", "path", "told"),
    [
        ([], "components.shaped.input.values", "Values is empty"),
        ([{"name": "2nd", "value": 1}], "components.shaped.input.values[0].name", "a letter, then"),
        ([{"name": "x"}, {"name": "x"}], "components.shaped.input.values", "'x' is taken"),
        ([{"value": 1}], "components.shaped.input.values[0].name", "is missing"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, values: list[Any], path: str, told: str
) -> None:
    document = flow(shaped=step("SetValues", {"values": values}, "begin.started"))

    assert told in dict(await site.faults(document))[path]


async def test_a_name_that_is_not_there_is_told_with_the_nearest_one(site: Site) -> None:
    later = [{"name": "b", "value": "{{ shaped.out.greting }}"}]
    document = flow(
        shaped=step("SetValues", {"values": [{"name": "greeting"}]}, "begin.started"),
        later=step("SetValues", {"values": later}, "shaped.out"),
    )

    [(path, text)] = await site.faults(document)

    assert path == "components.later.input.values[0].value"
    assert "greeting" in text


async def test_a_name_that_an_expression_gives_twice_fails_the_step(site: Site) -> None:
    values = [{"name": "x"}, {"name": "{{ 'x' }}"}]

    run = await site.play(flow(shaped=step("SetValues", {"values": values}, "begin.started")))

    assert (run["status"], run["error"]["field"]) == ("failed", "values")
