"""On Start: one run when the flow starts, and one whenever a person runs it now."""

from __future__ import annotations

from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

VALUES = [{"name": "phone", "value": "+1"}, {"name": "many", "value": [1, 2]}]
DECLARING = flow(
    begin=step("OnStart", {"values": VALUES}),
    shaped=step(
        "SetValues",
        {"values": [{"name": "to", "value": "{{ begin.started.phone }}"}]},
        "begin.started",
    ),
)


async def test_the_flow_runs_once_as_soon_as_it_is_started(site: Site) -> None:
    await site.start_flow(DECLARING)
    [run] = await site.runs(1)
    site.clock.advance(86_400)
    await site.asleep()

    given = outputs(run)
    assert given["begin"] == {
        "started": [{"startedAt": "2026-09-21T14:13:20Z", "phone": "+1", "many": [1, 2]}]
    }
    assert given["shaped"] == {"out": [{"to": "+1"}]}
    assert len(await site.runs(1)) == 1


async def test_it_runs_again_when_the_flow_is_started_again_and_not_when_the_engine_is(
    site: Site,
) -> None:
    await site.start_flow(DECLARING)
    await site.runs(1)
    await site.restart()
    site.clock.advance(60)
    await site.asleep()
    after_restart = await site.runs(1)
    await site.client.post("/api/flows/flow/stop")
    await site.client.post("/api/flows/flow/start")

    assert len(after_restart) == 1
    assert len(await site.runs(2)) == 2


async def test_a_start_that_the_engine_did_not_live_to_see_comes_after_its_restart(
    site: Site,
) -> None:
    site.engine.turn.is_mine.clear()
    await site.start_flow(DECLARING)
    await site.stop()
    site.clock.advance(3600)
    await site.start()

    [run] = await site.runs(1)
    assert outputs(run)["begin"]["started"][0]["startedAt"] == "2026-09-21T14:13:20Z"


async def test_a_person_who_runs_it_now_may_give_other_values(site: Site) -> None:
    run = await site.play(DECLARING, {"phone": "+2"})

    assert outputs(run)["begin"] == {
        "started": [{"startedAt": None, "phone": "+2", "many": [1, 2]}]
    }
    assert outputs(run)["shaped"] == {"out": [{"to": "+2"}]}


async def test_values_that_the_flow_does_not_know_are_refused(site: Site) -> None:
    await site.put(DECLARING)

    refused = await site.client.post("/api/flows/flow/run", json={"values": {"fone": "+2"}})

    [error] = refused.json()["errors"]
    assert refused.status_code == 422
    assert error["path"] == "values.fone"


async def test_without_declared_values_it_takes_what_it_is_given(site: Site) -> None:
    shaped = {"values": [{"name": "x", "value": "{{ begin.started.anything }}"}]}

    run = await site.play(
        flow(shaped=step("SetValues", shaped, "begin.started")), {"anything": {"a": 1}}
    )

    assert outputs(run)["shaped"] == {"out": [{"x": {"a": 1}}]}


@pytest.mark.parametrize(
    ("values", "path", "told"),
    [
        ([{"name": "a b"}], "components.begin.input.values[0].name", "a letter, then"),
        ([{"name": "x"}, {"name": "x"}], "components.begin.input.values", "'x' is taken"),
        ([{"name": "startedAt"}], "components.begin.input.values", "'startedAt' is taken"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, values: list[Any], path: str, told: str
) -> None:
    assert told in dict(await site.faults(flow(begin=step("OnStart", {"values": values}))))[path]
