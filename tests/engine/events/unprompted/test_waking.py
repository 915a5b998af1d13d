"""Triggers that are woken at a time: once for each, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from appmixer.engine.contract import Connector, Cron, RejectedError, ThrottledError
from appmixer.engine.contract.testing import START_OF_TIME, Clock
from appmixer.engine.events.unprompted import Unprompted
from appmixer.engine.events.waking import AT_ONCE, PLACES
from appmixer.engine.flows.schedules import next_time, rule_of
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.runs.due import Due
from appmixer.engine.settings import Settings
from appmixer.engine.storage import tables

from .clockwork import Asked, Clockwork, Scheduled, flow
from .conftest import Until, client_of, start

pytestmark = pytest.mark.anyio

Runs = Callable[..., Awaitable[list[dict[str, Any]]]]
HOUR_S = 3600.0


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(START_OF_TIME + seconds, UTC).isoformat(timespec="milliseconds")


def values(run: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = run["steps"][0]["output"]["out"][0]
    return found


async def shown(client: httpx.AsyncClient, flow_id: str = "flow") -> list[dict[str, Any]]:
    wakes: list[dict[str, Any]] = (await client.get(f"/api/flows/{flow_id}")).json()["wakes"]
    return wakes


async def asleep(engine: Engine, until: Until) -> None:
    """Wait until the engine has nothing to wake now."""

    for _ in range(20):  # for whoever has been woken to get up
        await asyncio.sleep(0)

    async def rests() -> bool:
        return engine.waker.is_at_rest

    await until(rests)


async def test_a_trigger_is_woken_at_each_interval_with_the_time_it_asked_for(
    engine: Engine, admin: httpx.AsyncClient, clock: Clock, runs: Runs, until: Until
) -> None:
    started = await start(admin, flow("Scheduled", {"everyS": 600}))
    await asleep(engine, until)
    clock.advance(599)
    await asleep(engine, until)
    early = (await admin.get("/api/runs")).json()["runs"]
    clock.advance(3)
    await runs(1)
    clock.advance(598)
    found = await runs(2)

    assert started["wakes"] == [
        {
            "component": "begin",
            "name": "",
            "kind": "every",
            "intervalS": 600,
            "cron": None,
            "timeZone": None,
            "nextAt": iso(600),
            "reason": "",
        }
    ]
    assert early == []
    assert [(run["status"], run["eventId"]) for run in found] == [("completed", None)] * 2
    assert [values(run)["scheduledAt"] for run in found] == [
        "2026-09-21T14:23:20Z",
        "2026-09-21T14:33:20Z",
    ]
    assert values(found[0])["actualAt"] == "2026-09-21T14:23:22Z"
    assert [each["nextAt"] for each in await shown(admin)] == [iso(1800)]


async def test_a_moment_comes_once_and_a_new_version_does_not_bring_it_back(
    engine: Engine, admin: httpx.AsyncClient, clock: Clock, runs: Runs, until: Until
) -> None:
    document = flow("Scheduled", {"once": "2026-09-21T15:00:00Z"}, note={"text": "x"})
    await start(admin, document)
    clock.advance(HOUR_S)
    await runs(1)
    over = await shown(admin)

    again = await start(admin, {**document, "name": "Renamed"})
    clock.advance(HOUR_S)
    await asleep(engine, until)

    assert [each["nextAt"] for each in over] == [None]
    assert again["warnings"] == ["The time at which this flow was to begin is over."]
    assert len(await runs(1)) == 1


async def test_what_was_missed_while_the_engine_was_down_is_caught_up_with_once_or_not_at_all(
    settings: Settings, connectors: dict[str, Connector], clock: Clock, until: Until
) -> None:
    async with open_engine(settings, connectors, clock) as engine:
        owner = engine.owners.first_owner_id
        for flow_id, catches_up in {"catching": True, "skipping": False}.items():
            given = {"everyS": HOUR_S, "catchesUp": catches_up}
            await engine.flows.put(owner, flow_id, flow("Scheduled", given))
            await engine.flows.start(owner, flow_id)

    clock.advance(5.5 * HOUR_S)
    async with open_engine(settings, connectors, clock) as engine:
        await asleep(engine, until)
        first = await engine.runs.list(owner)
        next_times = [
            (await engine.flows.get(owner, each))["wakes"][0]["nextAt"]
            for each in ("catching", "skipping")
        ]
        clock.advance(HOUR_S / 2)

        async def three() -> bool:
            return len(await engine.runs.list(owner)) == 3

        await until(three)
        details = [await engine.runs.get(owner, each["id"]) for each in first]

    assert [(each["flowId"], values(each)["scheduledAt"]) for each in details] == [
        ("catching", "2026-09-21T15:13:20Z")
    ]
    assert next_times == [iso(6 * HOUR_S)] * 2


async def test_a_stop_ends_it_and_a_later_start_begins_anew(
    engine: Engine, admin: httpx.AsyncClient, clock: Clock, runs: Runs, until: Until
) -> None:
    await start(admin, flow("Scheduled", {"everyS": 600}))
    stopped = (await admin.post("/api/flows/flow/stop")).json()
    clock.advance(6000)
    await asleep(engine, until)

    began = (await admin.post("/api/flows/flow/start")).json()

    assert stopped["wakes"] == []
    assert [each["nextAt"] for each in began["wakes"]] == [iso(6600)]
    assert (await admin.get("/api/runs")).json()["runs"] == []


async def test_a_trigger_that_fails_to_stop_is_woken_no_more_and_takes_no_requests(
    engine: Engine,
    admin: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    clock: Clock,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: Any) -> None:
        raise ZeroDivisionError("a trigger's fault")

    document = flow("Asked")
    document["components"]["clock"] = {"type": "test.clockwork.Scheduled"}
    shown = await start(admin, document)
    for trigger in (Asked, Scheduled):
        monkeypatch.setattr(trigger, "stop", fail)

    stopped = (await admin.post("/api/flows/flow/stop")).json()
    clock.advance(600)
    await asleep(engine, until)
    answer = await stranger.post(httpx.URL(shown["hooks"][0]["url"]).path, content="x")

    assert (stopped["wakes"], [each["isOpen"] for each in stopped["hooks"]]) == ([], [False])
    assert answer.status_code == 404
    assert (await admin.get("/api/runs")).json()["runs"] == []


async def test_a_new_version_takes_a_schedule_over_as_it_is_and_changes_what_has_changed(
    engine: Engine, admin: httpx.AsyncClient, clock: Clock, runs: Runs, until: Until
) -> None:
    await start(admin, flow("Scheduled", {"everyS": 600}))
    clock.advance(500)
    await asleep(engine, until)

    kept = await start(admin, flow("Scheduled", {"everyS": 600}, note={"text": "new"}))
    clock.advance(100)
    [run] = await runs(1)
    changed = await start(admin, flow("Scheduled", {"everyS": 300}))
    gone = await start(admin, flow("Asked"))

    assert [each["nextAt"] for each in kept["wakes"]] == [iso(600)]
    assert (run["version"], [each["component"] for each in run["steps"]]) == (2, ["begin", "note"])
    assert [each["nextAt"] for each in changed["wakes"]] == [iso(900)]
    assert gone["wakes"] == []


async def test_a_version_that_cannot_start_leaves_the_schedule_of_the_other_one_alone(
    admin: httpx.AsyncClient, clock: Clock, runs: Runs
) -> None:
    await start(admin, flow("Scheduled", {"everyS": 600}))
    bad = flow("Scheduled", {"cron": "0 9 * *"})
    assert (await admin.put("/api/flows/flow", json=bad)).status_code == 200

    refused = await admin.post("/api/flows/flow/start")
    clock.advance(600)
    [run] = await runs(1)

    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "cron"
    assert run["version"] == 1


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"cron": "0 9 * *"}, "cron", "'0 9 * *' has not five fields."),
        ({"cron": "0 25 * * *"}, "cron", "Bad hour"),
        ({"cron": "0 0 30 2 *"}, "cron", "Bad day-of-month"),
        ({"cron": "0 9 * * *", "timeZone": "Europe/Pragu"}, "timeZone", "none of the IANA"),
        ({"cron": "0 9 * * *", "timeZone": "../../etc/passwd"}, "timeZone", "none of the IANA"),
        ({"cron": "0 9 * * *", "timeZone": "Europe"}, "timeZone", "none of the IANA"),
        ({"everyS": 0.5}, "interval", "0.5 seconds"),
        ({"everyS": 1e9}, "interval", "1e+09 seconds"),
        ({"once": "2030-01-01T00:00:00"}, "at", "2030-01-01T00:00:00"),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused_at_the_start(
    admin: httpx.AsyncClient, given: dict[str, Any], field: str, said: str
) -> None:
    await admin.put("/api/flows/flow", json=flow("Scheduled", given))

    refused = (await admin.post("/api/flows/flow/start")).json()["error"]

    assert refused["field"] == field
    assert said in refused["cause"]
    assert refused["cure"]


@pytest.mark.parametrize(
    ("expression", "since", "found"),
    [
        # The hour from two to three does not exist on 28 March 2027, and is there twice on
        # 25 October 2026.
        ("30 2 * * *", "2027-03-27T12:00", ["2027-03-28T03:00+02:00", "2027-03-29T02:30+02:00"]),
        ("30 2 * * *", "2026-10-24T12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ("*/30 * * * *", "2027-03-28T01:00", ["2027-03-28T01:30+01:00", "2027-03-28T03:00+02:00"]),
        ("30 * * * *", "2026-10-25T02:00", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]),
        (
            "0 9 * * MON-FRI",
            "2026-09-18T12:00",
            ["2026-09-21T09:00+02:00", "2026-09-22T09:00+02:00"],
        ),
    ],
)
def test_cron_knows_the_wall_clocks_of_its_time_zone(
    expression: str, since: str, found: list[str]
) -> None:
    zone = ZoneInfo("Europe/Prague")
    at = datetime.fromisoformat(since).replace(tzinfo=zone).timestamp()
    rule = rule_of(Cron(expression, "Europe/Prague"), at)

    times = [first := next_time(rule, at), next_time(rule, first or 0.0)]

    assert [
        datetime.fromtimestamp(each or 0.0, zone).isoformat(timespec="minutes") for each in times
    ] == found


def test_a_fixed_time_in_the_hour_that_comes_twice_is_not_due_a_second_time() -> None:
    rule = rule_of(Cron("30 2 * * *", "Europe/Prague"), START_OF_TIME)
    # A quarter past two for the second time.
    after = datetime.fromisoformat("2026-10-25T02:15:00+01:00").timestamp()

    found = next_time(rule, after)

    assert found == datetime.fromisoformat("2026-10-26T02:30:00+01:00").timestamp()


async def test_a_polling_trigger_starts_a_run_for_each_piece_of_news_and_keeps_its_place(
    engine: Engine,
    admin: httpx.AsyncClient,
    plugin: Clockwork,
    clock: Clock,
    runs: Runs,
    until: Until,
) -> None:
    await start(admin, flow("Polled", note={"text": "{{ begin.out.text }}"}))
    plugin.news += ["a", "b"]
    clock.advance(60)
    await runs(2)
    clock.advance(60)
    await asleep(engine, until)
    plugin.news.append("c")
    clock.advance(60)
    await runs(3)

    assert sorted(plugin.noted) == ["a", "b", "c"]
    assert plugin.asked_since == [0, 2, 2]


async def test_news_that_could_not_be_stored_as_runs_is_news_still(
    engine: Engine,
    admin: httpx.AsyncClient,
    plugin: Clockwork,
    clock: Clock,
    runs: Runs,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(admin, flow("Polled", note={"text": "{{ begin.out.text }}"}))
    await asleep(engine, until)
    plugin.news += ["a", "b"]
    store = engine.waker.unprompted.__class__.store
    crashes = [True]

    async def crash_once(*given: Any) -> bool:
        if crashes.pop() if crashes else False:
            raise OperationalError("", {}, OSError("the database is away"))
        return await store(*given)

    monkeypatch.setattr(engine.waker.unprompted.__class__, "store", crash_once)
    clock.advance(60)

    await runs(2)

    assert plugin.asked_since == [0, 0]
    assert sorted(plugin.noted) == ["a", "b"]


async def test_a_service_that_is_busy_is_asked_again_and_the_flow_says_so(
    engine: Engine,
    admin: httpx.AsyncClient,
    plugin: Clockwork,
    clock: Clock,
    runs: Runs,
    until: Until,
) -> None:
    plugin.fault = ThrottledError("Busy", "It has much to do.", retry_after_s=20)
    await start(admin, flow("Polled"))
    plugin.news.append("a")
    await asleep(engine, until)
    clock.advance(60)

    async def is_told() -> bool:
        return [each["reason"] for each in await shown(admin)] == ["Busy. It has much to do."]

    await until(is_told)
    none = (await admin.get("/api/runs")).json()["runs"]
    plugin.fault = None
    clock.advance(20)
    await runs(1)

    assert none == []
    assert [each["reason"] for each in await shown(admin)] == [""]


async def test_a_trigger_that_fails_shows_a_failed_run_and_is_woken_again(
    engine: Engine,
    admin: httpx.AsyncClient,
    plugin: Clockwork,
    clock: Clock,
    runs: Runs,
    until: Until,
) -> None:
    plugin.fault = RejectedError("Not that", "It is wrong.")
    await start(admin, flow("Scheduled", {"everyS": 600}))
    await asleep(engine, until)
    clock.advance(600)
    [failed] = await runs(1)
    plugin.fault = None
    clock.advance(600)
    both = await runs(2)

    assert (failed["status"], failed["error"]["title"]) == ("failed", "Not that")
    assert [run["status"] for run in both] == ["failed", "completed"]


@pytest.mark.parametrize("moment", ["receive", "commit", "hand over"])
async def test_a_time_amid_which_the_process_dies_begins_one_run(
    settings: Settings,
    connectors: dict[str, Connector],
    clock: Clock,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    is_dying = asyncio.Event()

    async def hang(*_: object) -> None:
        is_dying.set()
        await asyncio.Event().wait()

    async def is_amid() -> bool:
        return is_dying.is_set() or (moment == "receive" and before.begun > 0)

    with monkeypatch.context() as patch:
        if moment == "hand over":
            patch.setattr(Due, "hand_over", hang)
        if moment == "commit":
            patch.setattr(Unprompted, "store", hang)
        async with open_engine(settings, connectors, clock) as engine:
            before = plugin_in(engine)
            owner = engine.owners.first_owner_id
            document = flow("Scheduled", {"everyS": 600, "isSlow": True}, note={"text": "noted"})
            await engine.flows.put(owner, "flow", document)
            await engine.flows.start(owner, "flow")
            await asleep(engine, until)
            if moment == "receive":
                before.may_go_on.clear()
            clock.advance(600)
            await until(is_amid)
    async with open_engine(settings, connectors, clock) as engine:

        async def have_ended() -> list[dict[str, Any]]:
            return await engine.runs.list(owner, status="completed")

        await until(have_ended)
        await asleep(engine, until)
        [run] = await engine.runs.list(owner)
        found = await engine.runs.get(owner, run["id"])
        noted = plugin_in(engine).noted

    due_at = datetime.fromisoformat(values(found)["scheduledAt"])
    assert due_at.timestamp() == START_OF_TIME + 600
    assert (before.noted, noted) == ([], ["noted"])


def plugin_in(engine: Engine) -> Clockwork:
    plugin = engine.plugins["test:clockwork"]
    assert isinstance(plugin, Clockwork)
    return plugin


async def test_many_that_are_due_in_one_moment_are_woken_once_each(
    engine: Engine, admin: httpx.AsyncClient, clock: Clock, until: Until
) -> None:
    """More than are in memory at a time; docs/engine.md has a figure for ten thousand."""
    count = AT_ONCE + PLACES + 100
    many = {"type": "test.clockwork.Scheduled", "input": {"everyS": 600}}
    document = {"name": "Many", "components": {f"at{number}": many for number in range(count)}}
    await start(admin, document)
    await asleep(engine, until)
    clock.advance(600)

    async def are_begun() -> bool:
        return len(await engine.rows(sa.select(tables.runs.c.id))) >= count

    await until(are_begun)
    await asleep(engine, until)
    begun = await engine.rows(sa.select(tables.runs.c.trigger))

    assert sorted(row.trigger for row in begun) == sorted(f"at{number}" for number in range(count))


async def test_a_thousand_schedules_of_one_owner_do_not_delay_anothers(
    engine: Engine,
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    plugin: Clockwork,
    clock: Clock,
    until: Until,
) -> None:
    plugin.may_go_on.clear()
    given = {"cron": "0 15 * * *", "isSlow": True}
    many = {"type": "test.clockwork.Scheduled", "input": given}
    document = {"name": "Many", "components": {f"at{number}": many for number in range(1000)}}
    await start(admin, document)
    await start(other, flow("Scheduled", {"cron": "20 15 * * *"}))
    await asleep(engine, until)
    clock.advance(HOUR_S)

    async def are_awake() -> bool:
        return plugin.begun >= 32

    await until(are_awake)
    clock.advance(600)

    async def has_run() -> bool:
        return bool((await other.get("/api/runs")).json()["runs"])

    await until(has_run)
    others = (await admin.get("/api/runs")).json()["runs"]

    assert others == [], "none of theirs comes to an end"


async def test_an_owner_may_have_so_many_schedules_and_no_more(
    settings: Settings, connectors: dict[str, Connector], clock: Clock
) -> None:
    environment = {**settings.environment, "APPMIXER_MAX_SCHEDULES": "1"}
    limited = Settings(data=settings.data, environment=environment)
    async with open_engine(limited, connectors, clock) as engine:
        made = await engine.owners.create("Other")
        async with client_of(engine, made["token"]) as client:
            await start(client, flow("Scheduled", {"everyS": 600}), "first")
            again = await start(client, flow("Scheduled", {"everyS": 900}), "first")
            await client.put("/api/flows/second", json=flow("Scheduled", {"everyS": 600}))
            refused = await client.post("/api/flows/second/start")

    assert again["state"] == "running"
    assert refused.status_code == 409
    assert "APPMIXER_MAX_SCHEDULES" in refused.json()["error"]["cure"]
