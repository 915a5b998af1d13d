"""Cancelling, pausing, resuming and retrying runs, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Connector, Fate, FateState, connectors_of
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.runs.fates import HAPPENED
from appmixer.engine.runs.states import RunState
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import runs, segments

from ..conftest import Echo
from ..listing import each_do, flow, listing_module

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]
VERBS = ("cancel", "pause", "resume", "retry")


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(listing_module())


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    is_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres") if is_server else None
    environment = {"APPMIXER_MAX_SIDE_BY_SIDE": "3"}
    return Settings(data=tmp_path / "data", environment=environment, database_url=url)


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        yield engine


def chain(*texts: str) -> dict[str, Any]:
    """A flow that does one thing after the other."""
    steps = {
        f"do{number}": {
            "type": "Do",
            "after": f"do{number - 1}.did" if number else "in1.heard",
            "input": {"text": text},
        }
        for number, text in enumerate(texts)
    }
    return flow(**steps)


async def start(engine: Engine, owner: str, document: dict[str, Any]) -> None:
    await engine.flows.put(owner, "f", document)
    await engine.flows.start(owner, "f")


def texts(echo: Echo, what: str = "begin") -> list[str]:
    return [text for _, text, happened in echo.acts if happened == what]


async def begun(until: Until, echo: Echo, *wanted: str) -> None:
    async def all_of_them() -> bool:
        return set(wanted) <= set(texts(echo))

    await until(all_of_them)


async def set_state(engine: Engine, state: RunState) -> None:
    statement = sa.update(runs).values(state=state.value)
    await engine.writer.commit(lambda connection: connection.execute(statement))


async def the_only(engine: Engine, owner: str) -> str:
    [run] = await engine.runs.list(owner)
    return str(run["id"])


async def test_a_paused_run_begins_no_next_step_until_it_is_resumed(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await start(engine, owner, chain("slow", "next"))
    await hear("x")
    await begun(until, echo, "slow")
    run_id = await the_only(engine, owner)

    paused = await admin.post(f"/api/runs/{run_id}/pause")
    echo.is_over.set()

    async def the_slow_one_is_stored() -> bool:
        run = await engine.runs.get(owner, run_id)
        return run["stepCount"] == 2 and not engine.queue.tasks

    await until(the_slow_one_is_stored)
    held = (await admin.get(f"/api/runs/{run_id}")).json()
    before = texts(echo)
    resumed = await admin.post(f"/api/runs/{run_id}/resume")
    [run] = await ended_runs(owner, 1)

    assert (paused.status_code, paused.json()["status"]) == (200, "held")
    assert (held["status"], before) == ("held", ["slow"])
    assert resumed.json()["status"] == "running"
    assert (run["status"], texts(echo)) == ("completed", ["slow", "next"])


async def test_a_run_completes_though_it_is_paused_when_only_its_last_step_was_under_way(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await start(engine, owner, chain("slow"))
    await hear("x")
    await begun(until, echo, "slow")

    await admin.post(f"/api/runs/{await the_only(engine, owner)}/pause")
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"


async def test_a_paused_list_begins_no_more_values_and_goes_on_where_it_was(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await start(engine, owner, each_do("slow:1 slow:2 slow:3 a b c d"))
    await hear("x")
    await begun(until, echo, "slow:1", "slow:2", "slow:3")
    run_id = await the_only(engine, owner)

    await admin.post(f"/api/runs/{run_id}/pause")
    echo.is_over.set()

    async def rests() -> bool:
        return not engine.queue.tasks

    await until(rests)
    held = (await admin.get(f"/api/runs/{run_id}")).json()
    before = texts(echo)
    await admin.post(f"/api/runs/{run_id}/resume")
    [run] = await ended_runs(owner, 1)

    assert (held["status"], held["lists"][0]["begun"], len(before)) == ("held", 3, 3)
    assert sorted(texts(echo)) == ["a", "b", "c", "d", "slow:1", "slow:2", "slow:3"]
    assert run["status"] == "completed"


async def test_what_a_paused_run_waits_for_is_heard_and_goes_on_when_it_is_resumed(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await start(engine, owner, chain("wait:1", "next"))
    await hear("x")
    [waiting] = await ended_runs(owner, 1, "waiting")

    await admin.post(f"/api/runs/{waiting['id']}/pause")
    await hear("42", room="elsewhere", wait_keys=("answer:wait:1",))

    async def it_is_held() -> bool:
        found = await engine.rows(sa.select(segments.c.id).where(segments.c.state == "held"))
        return len(found) == 1

    await until(it_is_held)
    held = (await admin.get(f"/api/runs/{waiting['id']}")).json()
    await admin.post(f"/api/runs/{waiting['id']}/resume")
    [run] = await ended_runs(owner, 1)

    assert held["status"] == "held"
    assert run["steps"][1]["output"]["did"] == [{"text": "42"}]


async def test_a_run_that_is_paused_stays_so_when_its_account_is_connected_again(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
    refused_tokens: set[str],
) -> None:
    say = {"type": "Say", "input": {"text": "x", "then": "reconnect"}}
    await start(engine, owner, flow(say=say))
    refused_tokens.add("hall+cellar")
    await hear("x")
    [paused] = await ended_runs(owner, 1, "paused")

    refused = await admin.post(f"/api/runs/{paused['id']}/resume")
    await admin.post(f"/api/runs/{paused['id']}/pause")
    await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")
    held = (await admin.get(f"/api/runs/{paused['id']}")).json()
    resumed = await admin.post(f"/api/runs/{paused['id']}/resume")
    [run] = await ended_runs(owner, 1)

    assert (refused.status_code, refused.json()["error"]["title"]) == (
        409,
        "The run waits for its account",
    )
    assert (held["status"], held["waits"][0]["status"]) == ("held", "held")
    assert (resumed.status_code, run["status"]) == (200, "completed")


async def test_a_cancelled_run_ends_at_once_and_what_was_under_way_is_recorded(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    until: Until,
) -> None:
    await start(engine, owner, chain("slow", "next"))
    await hear("x")
    await begun(until, echo, "slow")
    run_id = await the_only(engine, owner)

    answer = await admin.post(f"/api/runs/{run_id}/cancel")
    at_once = (await admin.get(f"/api/runs/{run_id}")).json()
    echo.is_over.set()

    async def rests() -> bool:
        return not engine.queue.tasks

    await until(rests)
    run = (await admin.get(f"/api/runs/{run_id}")).json()

    assert answer.json() == {
        "id": run_id,
        "status": "cancelled",
        "message": "Nothing more of it is begun. A step that is under way ends by itself and is"
        " recorded, and what has left is not undone.",
    }
    assert (at_once["status"], at_once["endedAt"] is not None) == ("cancelled", True)
    assert [step["status"] for step in run["steps"]] == ["completed", "completed"]
    assert (run["status"], texts(echo)) == ("cancelled", ["slow"])


async def test_nothing_ends_the_waits_of_a_cancelled_run_or_begins_its_list(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    until: Until,
) -> None:
    await start(engine, owner, each_do("wait:1 wait:2 slow:1 slow:2 slow:3 a"))
    await hear("x")
    await begun(until, echo, "wait:1", "wait:2", "slow:1", "slow:2", "slow:3")
    run_id = await the_only(engine, owner)

    await admin.post(f"/api/runs/{run_id}/cancel")
    echo.is_over.set()
    await hear("42", room="elsewhere", wait_keys=("answer:wait:1",))
    await hear("last", room="elsewhere", wait_keys=("answer:none",))

    async def all_is_routed() -> bool:
        return (
            not engine.queue.tasks
            and len(await engine.visibility.unrouted(owner, is_administrator=True)) == 2
        )

    await until(all_is_routed)
    run = (await admin.get(f"/api/runs/{run_id}")).json()

    assert (run["status"], run["waitCount"], run["lists"]) == ("cancelled", 0, [])
    assert "a" not in texts(echo)


async def test_a_run_that_stands_in_line_is_cancelled_before_it_begins(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await start(engine, owner, chain("{{ in1.heard.text }}"))
    await hear("slow", order="talk")
    await begun(until, echo, "slow")
    await hear("second", order="talk")
    await hear("third", order="talk")

    async def three() -> Any:
        found = await engine.runs.list(owner)
        return sorted(found, key=lambda run: run["eventId"]) if len(found) == 3 else None

    _, second, _ = await until(three)
    await admin.post(f"/api/runs/{second['id']}/cancel")
    echo.is_over.set()
    await ended_runs(owner, 2, "completed")

    assert texts(echo) == ["slow", "third"]


async def test_a_failed_step_is_done_again_with_what_its_path_saw_and_goes_on(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    document = chain("one", "fail:{{ do0.did.text }}", "after {{ do1.did.text }}")
    await start(engine, owner, document)
    await hear("x")
    [failed] = await ended_runs(owner, 1)

    answer = await admin.post(f"/api/runs/{failed['id']}/retry")
    [run] = await ended_runs(owner, 1, "completed")

    assert failed["status"] == "failed"
    assert answer.json()["message"] == "One step is done again, with what its path saw."
    assert texts(echo) == ["one", "fail:one", "fail:one", "after fail:one"]
    assert [(step["component"], step["attempt"]) for step in run["steps"]] == [
        ("in1", 1),
        ("do0", 1),
        ("do1", 2),
        ("do2", 1),
    ]
    assert (run["error"], run["stepCount"]) == (None, 4)


async def test_a_step_of_unknown_outcome_is_done_again_only_when_that_is_said(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await start(engine, owner, chain("unknown", "next"))
    await hear("x")
    [unknown] = await ended_runs(owner, 1)
    path = f"/api/runs/{unknown['id']}/retry"
    which = {"from": unknown["steps"][1]["id"]}

    refused = [await admin.post(path), await admin.post(path, json=which)]
    repeated = await admin.post(path, json={**which, "evenIfUnknown": True})
    [run] = await ended_runs(owner, 1, "completed")

    assert [each.status_code for each in refused] == [409, 409]
    assert refused[0].json()["error"]["title"] == "Nobody knows whether the step happened"
    assert repeated.status_code == 200
    # Under another name, so that it is not taken for the send that may have happened.
    assert [step_id for step_id, text, what in echo.acts if what == "begin" and text != "next"] == [
        which["from"],
        f"{which['from']}#2",
    ]
    assert [step["id"] for step in run["steps"]].count(which["from"]) == 1


@pytest.mark.parametrize("state", HAPPENED)
async def test_a_step_of_unknown_outcome_that_has_happened_after_all_is_not_done_again(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    state: FateState,
) -> None:
    await start(engine, owner, chain("unknown"))
    await hear("x")
    [run] = await ended_runs(owner, 1)
    step_id = run["steps"][1]["id"]
    await echo.host.report_fates([Fate(step_id, state, datetime.now(UTC))])

    path = f"/api/runs/{run['id']}/retry"
    refused = [
        await admin.post(path, json={"evenIfUnknown": True}),
        await admin.post(path, json={"evenIfUnknown": True, "from": step_id}),
        await admin.post(path),
    ]

    assert [(each.status_code, each.json()["error"]["title"]) for each in refused] == [
        (409, "The step has happened after all")
    ] * 3
    assert texts(echo) == ["unknown"]


@pytest.mark.parametrize("then", ["a", "fail:1", "unknown"])
async def test_a_step_that_failed_after_its_service_had_taken_it_is_not_done_again(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    then: str,
) -> None:
    await start(engine, owner, chain(then))
    await hear("x")
    [run] = await ended_runs(owner, 1)
    await echo.host.report_fates([Fate(run["steps"][1]["id"], "failed", datetime.now(UTC))])

    refused = await admin.post(f"/api/runs/{run['id']}/retry", json={"evenIfUnknown": True})

    assert (refused.status_code, refused.json()["error"]["title"]) == (
        409,
        "What the step did has failed since",
    )
    assert texts(echo) == [then]
    assert (await engine.runs.get(owner, run["id"]))["steps"][1]["output"] == run["steps"][1][
        "output"
    ]


async def test_the_failed_values_of_a_list_are_done_again_and_no_others(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    document = each_do("a fail:1 b fail:2 never c")
    document["components"]["then"] = flow(
        then={"type": "Do", "after": "do.did", "input": {"text": "{{ each.item.text }} then"}}
    )["components"]["then"]
    await start(engine, owner, document)
    await hear("x")
    [failed] = await ended_runs(owner, 1)
    done = len(echo.acts)
    never = next(step for step in failed["steps"] if step["input"] == {"text": "never"})

    one = await admin.post(f"/api/runs/{failed['id']}/retry", json={"from": never["id"]})
    await ended_runs(owner, 1, "failed")
    rest = await admin.post(f"/api/runs/{failed['id']}/retry")
    [run] = await ended_runs(owner, 1, "failed")

    assert (one.status_code, rest.json()["message"]) == (
        200,
        "3 steps are done again, with what their path saw.",
    )
    again = [text for _, text, what in echo.acts[done:] if what == "begin"]
    assert sorted(again) == ["fail:1", "fail:1 then", "fail:2", "fail:2 then", "never", "never"]
    assert run["error"]["title"] == "Never that"


async def test_a_collector_that_failed_is_done_again_with_its_whole_list(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    document = each_do("a b")
    more = flow(
        gather={"type": "Gather", "after": "do.did"},
        say={
            "type": "Do",
            "after": "gather.out",
            "input": {"text": "fail:{{ string(size(gather.out.texts)) }}"},
        },
    )
    document["components"] |= {key: more["components"][key] for key in ("gather", "say")}
    await start(engine, owner, document)
    await hear("x")
    [failed] = await ended_runs(owner, 1)

    await admin.post(f"/api/runs/{failed['id']}/retry")
    [run] = await ended_runs(owner, 1, "completed")

    assert run["steps"][-1]["output"]["did"] == [{"text": "fail:2"}]


@pytest.mark.parametrize(
    ("state", "answers"),
    [
        (RunState.RUNNING, {"cancel": 200, "pause": 200, "resume": 409, "retry": 409}),
        (RunState.WAITING, {"cancel": 200, "pause": 200, "resume": 409, "retry": 409}),
        (RunState.PAUSED, {"cancel": 200, "pause": 200, "resume": 409, "retry": 409}),
        (RunState.HELD, {"cancel": 200, "pause": 409, "resume": 200, "retry": 409}),
        (RunState.COMPLETED, {"cancel": 409, "pause": 409, "resume": 409, "retry": 409}),
        (RunState.FAILED, {"cancel": 409, "pause": 409, "resume": 409, "retry": 409}),
        (RunState.UNKNOWN, {"cancel": 409, "pause": 409, "resume": 409, "retry": 409}),
        (RunState.CANCELLED, {"cancel": 409, "pause": 409, "resume": 409, "retry": 409}),
    ],
)
async def test_each_state_takes_its_commands_and_refuses_the_others_in_a_sentence(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
    state: RunState,
    answers: dict[str, int],
) -> None:
    await start(engine, owner, chain("one"))
    await hear("x")
    [run] = await ended_runs(owner, 1)
    found: dict[str, int] = {}
    for verb in VERBS:
        await set_state(engine, state)
        answer = await admin.post(f"/api/runs/{run['id']}/{verb}")
        found[verb] = answer.status_code
        if answer.status_code == 409:
            assert answer.json()["error"]["title"]

    assert found == answers


@pytest.mark.parametrize("verb", VERBS)
async def test_the_runs_of_other_owners_are_not_there(
    engine: Engine,
    owner: str,
    other: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
    verb: str,
) -> None:
    await start(engine, owner, chain("wait:1"))
    await hear("x")
    [run] = await ended_runs(owner, 1, "waiting")

    answer = await other.post(f"/api/runs/{run['id']}/{verb}")
    none = await other.post(f"/api/runs/{'0' * 32}/{verb}")

    assert (answer.status_code, none.status_code) == (404, 404)
    assert (await engine.runs.get(owner, run["id"]))["status"] == "waiting"


async def test_a_retry_names_what_it_cannot_do(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    document = chain("{{ in1.heard.text }}")
    document["components"]["slow"] = flow(
        slow={"type": "Say", "input": {"text": "fail", "then": "reject"}}
    )["components"]["slow"]
    await start(engine, owner, document)
    await hear("slow")
    await begun(until, echo, "slow")

    async def one_has_failed() -> Any:
        [run] = await engine.runs.list(owner)
        return run["id"]

    run_id = await until(one_has_failed)
    path = f"/api/runs/{run_id}/retry"
    unknown_step = await admin.post(path, json={"from": f"{run_id}.9"})
    unknown_field = await admin.post(path, json={"step": "1"})
    trigger = await admin.post(path, json={"from": run_id})
    echo.is_over.set()
    await ended_runs(owner, 1)

    assert (unknown_step.status_code, unknown_field.status_code) == (404, 422)
    assert trigger.status_code == 409


async def test_a_step_that_is_being_done_again_is_not_begun_a_second_time(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    document = chain("slow")
    document["components"]["no"] = flow(
        no={"type": "Do", "input": {"text": "fail:1"}},
    )["components"]["no"]
    await start(engine, owner, document)
    await hear("x", order="talk")
    await begun(until, echo, "slow")
    echo.is_over.set()
    [failed] = await ended_runs(owner, 1)
    # The conversation is busy, so what is retried has to stand in line.
    echo.is_over.clear()
    await hear("y", order="talk")

    async def the_second_is_slow() -> bool:
        return texts(echo).count("slow") == 2

    await until(the_second_is_slow)
    path = f"/api/runs/{failed['id']}/retry"
    first, second = await admin.post(path), await admin.post(path)
    echo.is_over.set()
    await ended_runs(owner, 1, "completed")

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["error"]["title"] == "The step is being done again already"
    assert len(echo.acts_of(failed["steps"][-1]["id"])) <= 3


async def test_a_resume_that_was_cut_short_is_made_good_by_the_next(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await start(engine, owner, chain("wait:1", "next"))
    await hear("x")
    [waiting] = await ended_runs(owner, 1, "waiting")

    def half_resumed(connection: sa.Connection) -> None:
        connection.execute(sa.update(runs).values(state="running"))
        connection.execute(
            sa.update(segments).where(segments.c.state == "waiting").values(state="held")
        )

    await engine.writer.commit(half_resumed)
    answer = await admin.post(f"/api/runs/{waiting['id']}/resume")
    [run] = await ended_runs(owner, 1)

    assert (answer.status_code, run["status"]) == (200, "completed")


async def test_a_cancelled_run_stays_so_when_its_last_step_ends(
    engine: Engine, owner: str, admin: httpx.AsyncClient, echo: Echo, hear: Hear, until: Until
) -> None:
    await start(engine, owner, chain("slow"))
    await hear("x")
    await begun(until, echo, "slow")
    run_id = await the_only(engine, owner)

    await admin.post(f"/api/runs/{run_id}/cancel")
    echo.is_over.set()

    async def it_is_recorded() -> bool:
        run = await engine.runs.get(owner, run_id)
        return run["stepCount"] == 2 and not engine.queue.tasks

    await until(it_is_recorded)

    assert (await admin.get(f"/api/runs/{run_id}")).json()["status"] == "cancelled"
    counted = (await admin.get("/metrics")).text
    assert (
        'state="completed"'
        not in counted.partition("# HELP appmixer_runs")[2].partition("# HELP")[0]
    )


async def test_what_a_cancel_that_was_cut_short_has_left_is_not_begun(
    engine: Engine,
    owner: str,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await start(engine, owner, chain("{{ in1.heard.text }}"))
    await hear("slow", order="talk")
    await begun(until, echo, "slow")
    await hear("second", order="talk")

    async def two() -> Any:
        found = await engine.runs.list(owner)
        return sorted(found, key=lambda run: run["eventId"]) if len(found) == 2 else None

    _, second = await until(two)
    cancelled = sa.update(runs).where(runs.c.id == second["id"]).values(state="cancelled")
    await engine.writer.commit(lambda connection: connection.execute(cancelled))
    # As after a crash, all is read from the table.
    engine.queue.withdraw(second["id"])
    await hear("third", order="talk")
    echo.is_over.set()
    await ended_runs(owner, 2, "completed")

    assert texts(echo) == ["slow", "third"]


async def test_a_value_that_is_done_again_while_its_list_is_open_is_collected_with_it(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    document = each_do("fail:1 slow")
    document["components"]["gather"] = flow(gather={"type": "Gather", "after": "do.did"})[
        "components"
    ]["gather"]
    await start(engine, owner, document)
    await hear("x")
    await begun(until, echo, "slow", "fail:1")

    async def one_has_failed() -> Any:
        run = await engine.runs.get(owner, await the_only(engine, owner))
        return run["id"] if run["stepCount"] == 3 else None

    run_id = await until(one_has_failed)
    answer = await admin.post(f"/api/runs/{run_id}/retry")

    async def it_was_done() -> bool:
        return "fail:1" in texts(echo, "end")

    await until(it_was_done)
    echo.is_over.set()
    [run] = await ended_runs(owner, 1, "completed")

    gathered = [step["output"] for step in run["steps"] if step["component"] == "gather"]
    assert answer.status_code == 200
    assert gathered == [{"out": [{"texts": ["fail:1", "slow"], "of": 2}]}]
