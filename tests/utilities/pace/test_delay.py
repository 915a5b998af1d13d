"""Delay: a flow goes on later, also after a restart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

BERLIN = {"timeZone": "Europe/Berlin"}


def delayed(input: dict[str, Any]) -> dict[str, Any]:
    return flow(wait=step("Delay", input, "begin.started"))


async def _waits_until(site: Site, run_id: str) -> str:
    """Return until when a run waits, as people see it."""

    async def find() -> Any:
        run = await site.run(run_id)
        return run["waits"] if run["status"] == "waiting" else None

    [wait] = await site.until(find)
    assert wait["reason"] == f"It goes on at {wait['until'][:19]}Z."
    return str(wait["until"][:19])


def _set(site: Site, moment: str) -> None:
    site.clock.now = datetime.fromisoformat(moment).timestamp()


async def test_it_goes_on_after_the_time_also_when_the_engine_was_stopped(site: Site) -> None:
    _set(site, "2026-09-21T12:00:00Z")
    run_id = await site.begin(delayed({"how": "for", "amount": 90, "unit": "minutes"}))

    until = await _waits_until(site, run_id)
    await site.restart()
    site.clock.advance(89 * 60)
    await site.asleep()
    early = await site.run(run_id)
    await site.stop()
    site.clock.advance(61)
    await site.start()
    run = await site.ended(run_id)

    assert until == "2026-09-21T13:30:00"
    assert early["status"] == "waiting"
    assert outputs(run)["wait"] == {"out": [{"at": "2026-09-21T13:30:01Z"}]}


async def test_a_number_of_minutes_is_enough_of_an_input_and_none_does_not_wait(
    site: Site,
) -> None:
    run_id = await site.begin(delayed({"amount": 2}))
    await _waits_until(site, run_id)
    site.clock.advance(120)

    assert (await site.ended(run_id))["status"] == "completed"
    assert (await site.play(delayed({"amount": 0})))["status"] == "completed"


@pytest.mark.parametrize(
    ("input", "until"),
    [
        ({"until": "2026-09-22T09:00:00", **BERLIN}, "2026-09-22T07:00:00"),
        ({"until": "2026-09-22T09:00:00+09:00", **BERLIN}, "2026-09-22T00:00:00"),
        ({"until": "2026-09-22", **BERLIN}, "2026-09-21T22:00:00"),
        ({"until": 1790035200}, "2026-09-22T00:00:00"),
        ({"until": "2026-09-21T11:00:00Z"}, None),
    ],
)
async def test_a_moment_is_read_in_the_time_zone_unless_it_says_its_own(
    site: Site, input: dict[str, Any], until: str | None
) -> None:
    _set(site, "2026-09-21T12:00:00Z")
    run_id = await site.begin(delayed({"how": "until", **input}))

    if until is None:
        assert (await site.ended(run_id))["status"] == "completed"
    else:
        assert await _waits_until(site, run_id) == until


@pytest.mark.parametrize(
    ("now", "input", "until"),
    [
        # A Monday; Berlin is two hours ahead of UTC until 25 October.
        ("2026-09-21T05:00:00Z", BERLIN, "2026-09-21T07:00:00"),
        ("2026-09-21T07:00:00Z", BERLIN, None),
        ("2026-09-21T15:00:00Z", BERLIN, "2026-09-22T07:00:00"),
        ("2026-09-25T15:00:00Z", BERLIN, "2026-09-28T07:00:00"),
        ("2026-10-23T20:00:00Z", BERLIN, "2026-10-26T08:00:00"),
        ("2026-09-21T12:00:00Z", {"days": ["monday"], "closes": "10:00"}, "2026-09-28T09:00:00"),
        # Over night, from Monday to Tuesday.
        ("2026-09-22T01:00:00Z", {"days": ["monday"], "opens": "22:00", "closes": "06:00"}, None),
        (
            "2026-09-22T07:00:00Z",
            {"days": ["monday"], "opens": "22:00", "closes": "06:00"},
            "2026-09-28T22:00:00",
        ),
        # The hour that is skipped in spring.
        (
            "2027-03-27T20:00:00Z",
            {"days": ["sunday"], "opens": "02:30", "closes": "08:00", **BERLIN},
            "2027-03-28T01:30:00",
        ),
    ],
)
async def test_working_hours_are_those_of_the_time_zone(
    site: Site, now: str, input: dict[str, Any], until: str | None
) -> None:
    _set(site, now)
    run_id = await site.begin(delayed({"how": "workingHours", **input}))

    if until is None:
        [given] = outputs(await site.ended(run_id))["wait"]["out"]
        assert datetime.fromisoformat(given["at"]) == datetime.fromisoformat(now).astimezone(UTC)
    else:
        assert await _waits_until(site, run_id) == until


@pytest.mark.parametrize(
    ("input", "path", "told"),
    [
        ({}, "components.wait.input.amount", "it is empty"),
        ({"how": "until"}, "components.wait.input.until", "it is empty"),
        ({"amount": -1}, "components.wait.input.amount", "0 or more"),
        ({"amount": 1, "unit": "weeks"}, "components.wait.input.unit", "seconds, minutes"),
        (
            {"how": "workingHours", "opens": "9 am"},
            "components.wait.input.opens",
            "hours and minutes, such as 09:00",
        ),
        ({"how": "workingHours", "days": []}, "components.wait.input.days", "empty"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, input: dict[str, Any], path: str, told: str
) -> None:
    assert told in dict(await site.faults(delayed(input)))[path]


@pytest.mark.parametrize(
    ("input", "field", "cause"),
    [
        ({"amount": 367, "unit": "days"}, "amount", "A flow waits for up to 366 days."),
        ({"how": "until", "until": "2099-01-01"}, "until", "A flow waits for up to 366 days."),
        ({"how": "until", "until": "soon"}, "until", "'soon' is no moment."),
        (
            {"amount": 1, "timeZone": "Mars/Olympus"},
            "timeZone",
            "'Mars/Olympus' is no name of one.",
        ),
        ({"amount": 1, "timeZone": "../etc"}, "timeZone", "'../etc' is no name of one."),
    ],
)
async def test_what_only_the_run_can_tell_fails_the_step_and_says_so(
    site: Site, input: dict[str, Any], field: str, cause: str
) -> None:
    run = await site.play(delayed(input))

    assert run["status"] == "failed"
    assert (run["error"]["field"], run["error"]["cause"]) == (field, cause)
