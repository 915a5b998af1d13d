"""Schedule: runs that the clock begins, and what becomes of them when nobody looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

HOUR_S = 3600.0
# The clock of these tests begins on Monday 2026-09-21 at 14:13:20 in UTC.


def scheduled(input: Mapping[str, Any]) -> dict[str, Any]:
    at = [{"name": "at", "value": "{{ begin.due.scheduledAt }}"}]
    return flow(
        begin=step("Schedule", input), shaped=step("SetValues", {"values": at}, "begin.due")
    )


def times(runs: list[dict[str, Any]]) -> list[str]:
    return [outputs(each)["shaped"]["out"][0]["at"] for each in runs]


async def test_an_interval_counts_from_its_first_time_in_its_unit(site: Site) -> None:
    await site.start_flow(
        scheduled(
            {
                "mode": "interval",
                "every": 1.5,
                "unit": "hours",
                "firstAt": "2026-09-21T17:00:00+02:00",
                "afterPause": "catchUp",
            }
        )
    )
    await site.asleep()
    for count in (1, 2):
        site.clock.advance(HOUR_S if count == 1 else 1.5 * HOUR_S)
        found = await site.runs(count)

    assert times(found) == ["2026-09-21T15:00:00Z", "2026-09-21T16:30:00Z"]


async def test_cron_follows_the_wall_clock_of_its_time_zone(site: Site) -> None:
    shown = await site.start_flow(
        scheduled({"mode": "cron", "cron": "0 9 * * MON-FRI", "timeZone": "Europe/Prague"})
    )
    site.clock.advance(24 * HOUR_S)
    [run] = await site.runs(1)

    assert shown["wakes"][0]["nextAt"] == "2026-09-22T07:00:00.000+00:00"
    assert times([run]) == ["2026-09-22T07:00:00Z"]


async def test_one_date_comes_once(site: Site) -> None:
    await site.start_flow(scheduled({"mode": "once", "at": "2026-09-21T17:00:00+02:00"}))
    await site.asleep()
    site.clock.advance(HOUR_S)
    [run] = await site.runs(1)
    site.clock.advance(24 * HOUR_S)
    await site.asleep()

    assert times([run]) == ["2026-09-21T15:00:00Z"]
    assert len(await site.runs(1)) == 1


async def test_what_is_due_while_the_engine_is_stopped_is_caught_up_with_once_or_skipped(
    site: Site,
) -> None:
    for flow_id in ("catchUp", "skip"):
        input = {"mode": "interval", "every": 60, "afterPause": flow_id}
        await site.start_flow(scheduled(input), flow_id)
    await site.stop()
    site.clock.advance(5.5 * HOUR_S)
    await site.start()
    await site.asleep()

    [caught] = await site.runs(1, "catchUp")
    assert times([caught]) == ["2026-09-21T15:13:20Z"]
    assert await site.runs(0, "skip") == []
    for flow_id in ("catchUp", "skip"):
        [wakes] = (await site.client.get(f"/api/flows/{flow_id}")).json()["wakes"]
        assert wakes["nextAt"] == "2026-09-21T20:13:20.000+00:00"


async def test_a_person_may_run_it_now(site: Site) -> None:
    run = await site.play(scheduled({"mode": "interval", "every": 1}))

    assert outputs(run)["begin"] == {"due": [{"scheduledAt": None, "actualAt": None}]}
    assert run["status"] == "completed"


@pytest.mark.parametrize(
    ("input", "path", "told"),
    [
        ({}, "mode", "is missing"),
        ({"mode": "daily"}, "mode", "has to be one of: interval, cron, once"),
        ({"mode": "cron"}, "", "mode is cron, so cron has to say when that is"),
        ({"mode": "interval", "every": 2, "unit": "years"}, "unit", "has to be one of: seconds"),
        ({"mode": "interval", "every": 400, "unit": "days"}, "", "from a second to a year"),
        ({"mode": "once", "at": "2026-09-21T17:00:00"}, "at", "time zone"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: Mapping[str, Any], path: str, told: str
) -> None:
    found = dict(await site.faults(scheduled(input)))

    assert told in found[f"components.begin.input{'.' if path else ''}{path}"]


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"mode": "cron", "cron": "61 * * * *"}, "cron"),
        ({"mode": "cron", "cron": "0 9 * * *", "timeZone": "Europe/Atlantis"}, "timeZone"),
    ],
)
async def test_what_no_clock_shows_is_refused_when_the_flow_starts(
    site: Site, input: Mapping[str, Any], field: str
) -> None:
    await site.put(scheduled(input))

    refused = await site.client.post("/api/flows/flow/start")

    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field
    assert refused.json()["error"]["cure"]
