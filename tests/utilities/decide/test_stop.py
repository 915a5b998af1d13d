"""Stop: a run ends where its flow says so, whatever else of it is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


def stopping(input: Mapping[str, Any], *after: str, **steps: Any) -> dict[str, Any]:
    return flow(stop=step("Stop", input, *(after or ("begin.started",))), **steps)


async def test_a_run_ends_as_done_with_the_sentence_in_its_record(site: Site) -> None:
    behind = step("test.probe.Note", {"text": "behind"}, "stop.stopped")

    run = await site.play(
        stopping({"outcome": "completed", "text": "Nothing to do today."}, behind=behind)
    )

    assert (run["status"], run["error"]) == ("completed", None)
    assert outputs(run)["stop"] == {
        "stopped": [{"outcome": "completed", "text": "Nothing to do today."}]
    }
    assert site.noted == []


async def test_a_run_ends_as_failed_with_the_sentence_as_its_error(site: Site) -> None:
    run = await site.play(stopping({"outcome": "failed", "text": "The order is unknown."}))

    assert (run["status"], run["error"]["title"]) == ("failed", "The order is unknown.")
    assert run["steps"][-1]["error"] == run["error"]


async def test_nothing_has_to_be_filled_in(site: Site) -> None:
    run = await site.play(stopping({}))

    assert run["status"] == "completed"
    assert outputs(run)["stop"] == {"stopped": [{"outcome": "completed", "text": ""}]}


@pytest.mark.parametrize(
    ("input", "path", "told"),
    [
        ({"outcome": "cancelled"}, "outcome", "has to be one of: completed, failed"),
        ({"text": "x" * 1001}, "text", "is too long"),
        ({"why": "x"}, "why", "There is no field why"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: Mapping[str, Any], path: str, told: str
) -> None:
    found = dict(await site.faults(stopping(input)))

    assert told in found[f"components.stop.input.{path}"]


async def test_steps_that_wait_and_steps_to_come_of_other_branches_do_not_go_on(
    site: Site,
) -> None:
    document = flow(
        rest=step("test.probe.Rest", {"text": "late"}, "begin.started"),
        late=step("test.probe.Note", {"text": "late"}, "rest.out"),
        first=step("test.probe.Note", {"text": "first"}, "begin.started"),
        stop=step("Stop", {"text": "over"}, "begin.started"),
        last=step("test.probe.Note", {"text": "last"}, "begin.started"),
    )
    run = await site.play(document)
    site.clock.advance(7200)
    await site.asleep()
    again = await site.run(run["id"])
    other = await site.play(flow(note=step("test.probe.Note", {"text": "z"}, "begin.started")))

    assert run["status"] == again["status"] == "completed"
    assert other["status"] == "completed"
    assert site.noted == ["first", "z"]
    assert run["endedAt"] == again["endedAt"]


async def test_a_list_is_not_gone_on_with_once_one_of_its_values_stops_the_run(
    site: Site,
) -> None:
    rules = [{"value": "{{ many.out.count }}", "compareTo": 3}]
    document = flow(
        many=step("test.probe.Several", {"count": 1000}, "begin.started"),
        is_third=step("Condition", {"rules": rules}, "many.out"),
        stop=step("Stop", {"outcome": "failed", "text": "Three is enough"}, "is_third.true"),
        note=step("test.probe.Note", {"text": "{{ string(many.out.count) }}"}, "is_third.false"),
    )

    run = await site.play(document)
    other = await site.play(flow(note=step("test.probe.Note", {"text": "z"}, "begin.started")))
    again = await site.run(run["id"])

    assert (run["status"], run["error"]["title"]) == ("failed", "Three is enough")
    assert again["status"] == "failed"
    assert other["status"] == "completed"
    assert site.noted == ["0", "1", "2", "z"]


async def test_a_step_under_way_ends_and_nothing_behind_it_begins(site: Site) -> None:
    rules = [{"value": "{{ many.out.count }}", "compareTo": 1}]
    document = flow(
        many=step("test.probe.Several", {"count": 2, "atOnce": 4}, "begin.started"),
        is_one=step("Condition", {"rules": rules}, "many.out"),
        slow=step("test.probe.Slow", {"text": "a"}, "is_one.false"),
        behind=step("test.probe.Note", {"text": "behind"}, "slow.out"),
        last=step("test.probe.Slow", {"text": "b"}, "many.out"),
        stop=step("Stop", {"outcome": "failed"}, "is_one.true"),
    )
    run = await site.play(document)
    site.clock.advance(10)
    site.probe.may_go_on.set()

    async def has_ended() -> dict[str, Any] | None:
        again = await site.run(run["id"])
        return again if {"slow", "last"} <= {*outputs(again)} else None

    again = await site.until(has_ended)
    other = await site.play(flow(note=step("test.probe.Note", {"text": "z"}, "begin.started")))

    assert (again["status"], again["endedAt"]) == ("failed", run["endedAt"])
    assert other["status"] == "completed"
    assert sorted(site.noted) == ["slow a", "slow b", "slow b", "z"]


async def test_a_stop_that_is_tried_again_brings_nothing_else_back(site: Site) -> None:
    rules = [{"value": "{{ many.out.count }}", "compareTo": 0}]
    document = flow(
        many=step("test.probe.Several", {"count": 5}, "begin.started"),
        is_first=step("Condition", {"rules": rules}, "many.out"),
        stop=step("Stop", {"outcome": "failed"}, "is_first.true"),
        note=step("test.probe.Note", {"text": "note"}, "is_first.false"),
    )
    run = await site.play(document)

    await site.client.post(f"/api/runs/{run['id']}/retry", json={})
    again = await site.ended(run["id"])
    other = await site.play(flow(note=step("test.probe.Note", {"text": "z"}, "begin.started")))

    assert again["status"] == "failed"
    assert other["status"] == "completed"
    assert site.noted == ["z"]


async def test_a_run_whose_process_dies_just_after_its_stop_does_not_go_on(site: Site) -> None:
    async def die(run_id: str) -> None: ...

    document = flow(
        rest=step("test.probe.Rest", {"text": "late"}, "begin.started"),
        late=step("test.probe.Note", {"text": "late"}, "rest.out"),
        stop=step("Stop", {}, "begin.started"),
    )
    object.__setattr__(site.engine.executor, "end_run", die)
    run = await site.play(document)
    await site.restart()
    site.clock.advance(7200)
    await site.asleep()
    other = await site.play(flow(note=step("test.probe.Note", {"text": "z"}, "begin.started")))

    again = await site.run(run["id"])
    assert (again["status"], again["endedAt"]) == ("completed", run["endedAt"])
    assert other["status"] == "completed"
    assert site.noted == ["z"]


async def test_a_run_that_was_stopped_stays_so_after_a_restart(site: Site) -> None:
    document = flow(
        rest=step("test.probe.Rest", {"text": "late"}, "begin.started"),
        late=step("test.probe.Note", {"text": "late"}, "rest.out"),
        stop=step("Stop", {"outcome": "failed"}, "begin.started"),
    )
    run = await site.play(document)
    await site.restart()
    site.clock.advance(7200)
    await site.asleep()
    other = await site.play(flow(note=step("test.probe.Note", {"text": "z"}, "begin.started")))

    assert (await site.run(run["id"]))["status"] == "failed"
    assert other["status"] == "completed"
    assert site.noted == ["z"]
