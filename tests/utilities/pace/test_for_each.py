"""For Each: what follows is done once for each entry of a list."""

from __future__ import annotations

from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


def each(items: Any, **input: Any) -> dict[str, Any]:
    """A flow that names each entry of a list, and what comes after all of them."""
    named = [{"name": "named", "value": "{{ each.item.value }} {{ string(each.item.index) }}"}]
    total = [{"name": "total", "value": "{{ each.done.count }}"}]
    return flow(
        begin=step("OnStart", {"values": [{"name": "people", "value": ["Sheena", "Ana"]}]}),
        each=step("ForEach", {"items": items, **input}, "begin.started"),
        one=step("SetValues", {"values": named}, "each.item"),
        end=step("SetValues", {"values": total}, "each.done"),
    )


def named(run: dict[str, Any]) -> list[str]:
    """Return what was done for the entries, in the order of their ends."""
    steps = [found for found in run["steps"] if found["component"] == "one"]
    return [found["output"]["out"][0]["named"] for found in steps]


async def test_entries_are_done_one_after_the_other_and_then_the_flow_goes_on(site: Site) -> None:
    run = await site.play(each("{{ begin.started.people }}"))

    assert run["status"] == "completed"
    assert named(run) == ["Sheena 0", "Ana 1"]
    assert run["steps"][-1]["output"] == {"out": [{"total": 2}]}


async def test_entries_go_side_by_side_as_many_as_it_says(site: Site) -> None:
    waiting = each([1, 2, 3, 4, 5], sideBySide=3)
    waiting["components"]["one"] = step("Delay", {"amount": 1}, "each.item")
    run_id = await site.begin(waiting)

    async def three_wait() -> Any:
        run = await site.run(run_id)
        return run if run["waitCount"] == 3 else None

    begun = (await site.until(three_wait))["lists"][0]
    site.clock.advance(60)

    async def two_wait() -> Any:
        run = await site.run(run_id)
        return run if run["waitCount"] == 2 and run["lists"][0]["begun"] == 5 else None

    await site.until(two_wait)
    site.clock.advance(60)
    run = await site.ended(run_id)

    assert (begun["begun"], begun["atOnce"], begun["values"]) == (3, 3, 5)
    assert outputs(run)["end"] == {"out": [{"total": 5}]}


async def test_an_empty_list_goes_on_at_once(site: Site) -> None:
    run = await site.play(each([]))

    assert [found["component"] for found in run["steps"]] == ["begin", "each", "end"]
    assert outputs(run)["end"] == {"out": [{"total": 0}]}


@pytest.mark.parametrize(
    ("input", "path", "told"),
    [
        ({}, "components.each.input.items", "List (items) is missing"),
        ({"items": "Sheena, Ana"}, "components.each.input.items", "list"),
        ({"items": [], "sideBySide": 0}, "components.each.input.sideBySide", "1 or more"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: dict[str, Any], path: str, told: str
) -> None:
    document = flow(each=step("ForEach", input, "begin.started"))

    assert told in dict(await site.faults(document))[path]


async def test_what_an_expression_gives_that_is_no_list_fails_the_step(site: Site) -> None:
    run = await site.play(each("{{ begin.started.people[0] }}"))

    assert (run["status"], run["error"]["field"]) == ("failed", "input.items")
    assert [found["component"] for found in run["steps"]] == ["begin", "each"]


async def test_a_list_longer_than_what_expressions_may_give_is_handed_on(site: Site) -> None:
    people = [dict.fromkeys("abcdef", f"person {number}") for number in range(900)]
    document = each("{{ begin.started.people }}", sideBySide=16)
    document["components"]["one"] = step("Delay", {"amount": 0}, "each.item")

    run = await site.play(document, {"people": people})
    [given] = [found for found in run["steps"] if found["component"] == "each"]

    assert run["status"] == "completed", run["error"]
    assert run["stepCount"] == 903
    assert given["input"]["items"][48:] == [*people[48:50], "… and 850 more"]
    assert given["outputCounts"] == {"item": 900}


async def test_a_list_that_is_written_out_may_be_as_long_as_a_flow_may_be(site: Site) -> None:
    rows = [dict.fromkeys("abcdefghijklmnopqrst", number) for number in range(600)]
    document = each(rows, sideBySide=16)
    document["components"]["one"] = step("Delay", {"amount": 0}, "each.item")

    run = await site.play(document)

    assert (run["status"], run["stepCount"]) == ("completed", 603)


async def test_after_a_restart_no_entry_is_lost_and_none_is_done_twice(site: Site) -> None:
    counting = each([*range(40)], sideBySide=4)
    counting["components"]["one"] = step(
        "SetStored", {"key": "done", "how": "add", "value": 1}, "each.item"
    )
    counting["components"]["wait"] = step("Delay", {"amount": 1}, "one.stored")
    run_id = await site.begin(counting)

    async def some_wait() -> Any:
        run = await site.run(run_id)
        return run if run["waitCount"] == 4 and run["status"] == "waiting" else None

    half_done = await site.until(some_wait)
    await site.restart()
    while not (run := await site.run(run_id))["endedAt"]:
        site.clock.advance(60)
        await site.asleep()
    counted = await site.play(flow(get=step("GetStored", {"key": "done"}, "begin.started")))

    assert half_done["status"] == "waiting"
    assert half_done["lists"][0]["begun"] == 4
    assert run["status"] == "completed"
    assert outputs(counted)["get"]["found"][0]["value"] == 40
