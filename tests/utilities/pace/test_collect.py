"""Collect: what the entries of a list have led to, together again."""

from __future__ import annotations

from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


def collecting(items: list[Any], input: dict[str, Any] | None = None) -> dict[str, Any]:
    """A flow that waits as many minutes as each entry says, and collects that."""
    waited = [{"name": "waited", "value": "{{ each.item.value }}"}]
    return flow(
        begin=step("OnStart", {"values": [{"name": "limit", "value": 90}]}),
        each=step("ForEach", {"items": items, "sideBySide": 16}, "begin.started"),
        wait=step("Delay", {"amount": "{{ each.item.value }}"}, "each.item"),
        note=step("SetValues", {"values": waited}, "wait.out"),
        all=step("Collect", input or {}, "note.out"),
        then=step(
            "SetValues",
            {"values": [{"name": "missing", "value": "{{ all.out.missing }}"}]},
            "all.out",
        ),
    )


async def _waiting(site: Site, run_id: str, count: int) -> dict[str, Any]:
    async def find() -> dict[str, Any] | None:
        run = await site.run(run_id)
        return run if run["status"] == "waiting" and run["waitCount"] == count else None

    return await site.until(find)


async def test_without_a_time_it_waits_for_all_and_keeps_their_order(site: Site) -> None:
    run_id = await site.begin(collecting([3, 1, 2]))
    for count in (3, 2, 1):
        await _waiting(site, run_id, count)
        site.clock.advance(60)
    run = await site.ended(run_id)

    assert outputs(run)["all"]["out"] == [
        {
            "values": [{"waited": 3}, {"waited": 1}, {"waited": 2}],
            "count": 3,
            "missing": 0,
            "isComplete": True,
        }
    ]
    assert outputs(run)["then"] == {"out": [{"missing": 0}]}


async def test_when_its_time_is_over_it_goes_on_with_what_has_come(site: Site) -> None:
    input = {"timeoutS": "{{ begin.started.limit }}"}
    run_id = await site.begin(collecting([1, 2, 60], input))
    await _waiting(site, run_id, 4)
    site.clock.advance(60)
    await _waiting(site, run_id, 3)
    await site.restart()
    site.clock.advance(30)

    async def went_on() -> Any:
        run = await site.run(run_id)
        return run if "then" in outputs(run) else None

    meanwhile = await site.until(went_on)
    site.clock.advance(3_600)
    run = await site.ended(run_id)

    assert outputs(meanwhile)["all"]["out"] == [
        {"values": [{"waited": 1}], "count": 3, "missing": 2, "isComplete": False}
    ]
    assert meanwhile["status"] == "waiting"
    assert [each["component"] for each in run["steps"]].count("all") == 1
    assert run["status"] == "completed"


@pytest.mark.parametrize(
    ("input", "path", "told"),
    [
        ({"timeoutS": 0}, "components.all.input.timeoutS", "1 or more"),
        ({"timeoutS": "an hour"}, "components.all.input.timeoutS", "number"),
        (
            {"timeoutS": "{{ each.item.value }}"},
            "components.all.input.timeoutS",
            "each runs once for each value of the list that all collects",
        ),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: dict[str, Any], path: str, told: str
) -> None:
    assert told in dict(await site.faults(collecting([1], input)))[path]
