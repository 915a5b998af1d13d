"""What one owner, one event or one component does stays with it."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appmixer.engine.accounts.stored import StoredAccount
from appmixer.engine.contract import ConfigurationError
from appmixer.engine.errors import ConflictError, NotFoundError
from appmixer.engine.host.engine import Engine
from appmixer.engine.limits import read_limits
from appmixer.engine.storage.tables import accounts, events, runs

from ..conftest import CONNECTOR, Echo, Heard
from ..runs.test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture
async def other(engine: Engine) -> str:
    """Another owner, whose account `keys` opens the hall and the attic."""
    made = await engine.owners.create("Other")
    await engine.accounts.connect_token(made["id"], CONNECTOR, "hall+attic", "keys")
    return str(made["id"])


async def test_what_one_owners_flow_took_is_still_unrouted_for_another_with_a_right_to_it(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    await hear("for both")
    await ended_runs(owner, 1)

    mine = await engine.visibility.unrouted(owner, is_administrator=True)
    [theirs] = await engine.visibility.unrouted(other, is_administrator=False)
    await start(engine, other, flow({"text": "x"}))
    await engine.visibility.replay(other, theirs["id"], by="Other", is_administrator=False)
    [run] = await ended_runs(other, 1)

    assert mine == []
    assert (theirs["state"], theirs["payload"]["text"]) == ("unrouted", "for both")
    assert run["status"] == "completed"
    assert await engine.visibility.unrouted(other, is_administrator=False) == []


async def test_an_event_is_taken_when_a_run_has_started_and_not_when_a_trigger_was_asked(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    document = flow({"text": "x"})
    document["components"]["in1"]["input"] = {"room": "hall", "only": "wanted"}
    await start(engine, owner, document)

    await hear("unwanted")
    [event] = await until(lambda: engine.visibility.unrouted(owner, is_administrator=False))
    await hear("wanted")
    await ended_runs(owner, 1)
    still = await engine.visibility.unrouted(owner, is_administrator=False)
    document["components"]["in1"]["input"] = {"room": "hall"}
    await start(engine, owner, document)
    started = await engine.visibility.replay(owner, event["id"], by="main", is_administrator=False)

    assert (event["state"], event["payload"]["text"]) == ("unrouted", "unwanted")
    assert (still, len(started)) == ([event], 1)
    assert await engine.visibility.unrouted(owner, is_administrator=False) == []


async def test_a_replayed_event_is_not_replayed_again_by_accident(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await hear("lost")
    [event] = await until(lambda: engine.visibility.unrouted(owner, is_administrator=False))
    await start(engine, owner, flow({"text": "x"}))

    async def replay(**more: bool) -> list[str]:
        return await engine.visibility.replay(
            owner, event["id"], by="main", is_administrator=False, **more
        )

    first = await replay()
    with pytest.raises(ConflictError, match="main did it at") as refused:
        await replay()
    again = await replay(again=True)

    assert (len(first), len(again), refused.value.field) == (1, 1, "again")
    assert await engine.visibility.unrouted(owner, is_administrator=False) == []


async def test_a_replay_starts_no_flow_of_another_owner_who_listens_to_the_same(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await hear("lost")
    [event] = await until(lambda: engine.visibility.unrouted(owner, is_administrator=False))
    await start(engine, owner, flow({"text": "mine"}))
    await start(engine, other, flow({"text": "theirs"}))

    started = await engine.visibility.replay(owner, event["id"], by="main", is_administrator=False)
    [run] = await ended_runs(owner, 1)

    assert started == [run["id"]]
    assert await engine.runs.list(other) == []


async def test_no_owner_replays_what_another_owner_may_see(
    engine: Engine, owner: str, other: str, hear: Hear, until: Until
) -> None:
    await hear("mine", room="cellar")
    [event] = await until(lambda: engine.visibility.unrouted(owner, is_administrator=False))

    with pytest.raises(NotFoundError):
        await engine.visibility.replay(other, event["id"], by="Other", is_administrator=False)


async def test_no_event_reaches_an_account_whose_access_has_ended(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "mine"}))
    await start(engine, other, flow({"text": "theirs"}))
    ended = sa.update(accounts).where(accounts.c.owner_id == other).values(profile={"rooms": []})
    await engine.writer.commit(lambda connection: connection.execute(ended))

    await hear("private")
    await ended_runs(owner, 1)

    assert await engine.runs.list(other) == []
    assert await engine.visibility.unrouted(other, is_administrator=False) == []


async def test_an_account_that_nobody_understands_keeps_its_events_from_nobody_else(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "mine"}))
    await start(engine, other, flow({"text": "theirs"}))
    odd = sa.update(accounts).where(accounts.c.owner_id == other).values(profile={"no": "rooms"})
    await engine.writer.commit(lambda connection: connection.execute(odd))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"
    assert await engine.runs.list(other) == []


async def test_an_access_that_ends_while_an_event_is_routed_starts_nothing_more(
    engine: Engine,
    owner: str,
    other: str,
    hear: Hear,
    ended_runs: Ended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(engine, owner, flow({"text": "mine"}))
    await start(engine, other, flow({"text": "theirs"}))
    [account] = await engine.accounts.list(other)
    heard = Heard.receive

    async def hear_and_lose(*given: Any) -> Heard.Output | None:
        if account["state"] == "connected":
            account["state"] = "reconnect"
            await engine.accounts.mark_reconnect(account["id"], "The share was withdrawn.")
        return await heard(*given)

    monkeypatch.setattr(Heard, "receive", hear_and_lose)
    await hear("x")
    await ended_runs(owner, 1)
    before = await engine.runs.list(other)
    await engine.accounts.connect_token(other, CONNECTOR, "hall", "keys")
    [run] = await ended_runs(other, 1)

    assert before == []
    assert run["status"] == "completed", "it was held until the account was connected again"


async def test_an_event_that_cannot_be_routed_is_kept_apart_and_the_others_go_on(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    broken = {
        "connector": CONNECTOR,
        "id": "broken",
        "kind": "heard",
        "payload": "{no JSON",
        "digest": b"",
        "routes": json.dumps(["room:hall"]),
        "order_key": "",
        "answers": "[]",
        "about": "",
        "received_at": time.time(),
        "state": "new",
        "duplicates": 0,
    }
    await engine.writer.commit(lambda c: c.execute(sa.insert(events), broken))
    await hear("fine")
    await ended_runs(owner, 1)
    is_apart = sa.select(events).where(events.c.id == "broken", events.c.state == "failed")
    await until(lambda: engine.rows(is_apart))

    assert engine.tasks.troubles() == {}


async def test_a_task_that_fails_is_begun_again_and_shown(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    failures: list[dict[str, str]] = []
    look = engine.later.release_held

    async def fail_twice() -> None:
        if len(failures) < 2:
            failures.append(engine.tasks.troubles())
            raise KeyError("a fault of the engine")
        await look()

    async def has_failed_twice() -> bool:
        return len(failures) == 2

    monkeypatch.setattr(engine.later, "release_held", fail_twice)
    # Not before it fails: routing may have been at work when it was told to.
    await until(has_failed_twice)
    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"
    assert failures == [{}, {"routing": failures[1]["routing"]}]
    assert "KeyError" in engine.tasks.troubles()["routing"]
    assert b'appmixer_task_failures_total{task="routing"} 2.0' in engine.metrics.text()


async def test_slow_steps_of_one_owner_keep_no_other_waiting(
    engine: Engine, owner: str, other: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, other, flow({"text": "slow", "then": "slow"}, room="attic"))
    for number in range(250):
        await hear("x", room="attic", id=f"slow {number}")
    await until(lambda: _is_busy(echo))
    await start(engine, owner, flow({"text": "quick"}))

    started = time.monotonic()
    await hear("x")
    await ended_runs(owner, 1)
    took_s = time.monotonic() - started
    echo.is_over.set()
    await ended_runs(other, 250)

    assert took_s < 10, "promised are two seconds"


async def test_an_owner_whose_inputs_are_costly_keeps_no_other_waiting(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended
) -> None:
    costly = {"text": "{{in1.heard.text}}" * 20_000}
    await start(engine, other, flow(costly, room="attic"))
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    for number in range(100):
        await hear("x", room="attic", id=f"costly {number}")

    await hear("x")
    await ended_runs(owner, 1)
    found = await engine.runs.list(other, limit=1000)
    left = [each for each in found if each["status"] == "running"]

    assert len(left) > 50, "a hundred times 40 ms, and what others have between them"


async def test_an_owner_whose_events_start_many_flows_keeps_no_other_waiting(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended
) -> None:
    for number in range(50):
        await start(engine, other, flow(room="attic"), f"f{number}")
    await start(engine, owner, flow({"text": "quick"}))
    costly = [hear("x", room="attic", id=f"costly {number}") for number in range(700)]
    await asyncio.gather(*costly)

    await hear("x")
    await ended_runs(owner, 1)
    [row] = await engine.rows(sa.select(sa.func.count()).select_from(runs))

    assert row[0] < 10_000, "of 35,000: what was begun, and one round of both"


async def _is_busy(echo: Echo) -> bool:
    await asyncio.sleep(0.1)
    return len([each for each in echo.acts if each[2] == "slow"]) >= 100


async def test_an_owner_who_has_too_many_of_something_is_told_which_limit_it_is(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    for name in ("flows", "waits"):
        object.__setattr__(engine.limits, name, 1)
    await start(engine, owner, flow({"text": "q", "then": "waitTwice"}))
    with pytest.raises(ConflictError, match="APPMIXER_MAX_FLOWS"):
        await engine.flows.put(owner, "second", flow({"text": "x"}))
    await hear("one")
    await ended_runs(owner, 1, "waiting")
    await hear("two")
    [run] = await ended_runs(owner, 1, "failed")

    assert "APPMIXER_MAX_WAITS" in run["error"]["cure"]


def test_a_limit_that_is_no_number_is_refused_with_its_name() -> None:
    with pytest.raises(ConfigurationError, match="APPMIXER_MAX_FLOWS cannot be used"):
        read_limits({"APPMIXER_MAX_FLOWS": "many"})


async def test_a_chain_of_runs_that_cause_one_another_is_cut_and_a_person_begins_a_new_one(
    engine: Engine, owner: str, hear: Hear, until: Until
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    await hear("a person", id="0")

    async def newest(count: int) -> dict[str, Any] | None:
        runs = await engine.runs.list(owner, limit=100)
        is_over = len(runs) == count and runs[0]["status"] in ("completed", "failed")
        return await engine.runs.get(owner, runs[0]["id"]) if is_over else None

    depths: list[str] = []
    run: dict[str, Any] = {}
    for number in range(1, 8):
        run = await until(lambda number=number: newest(number))
        depths.append(run["status"])
        if run["status"] == "failed":
            break
        await hear("a report", id=str(number), about=run["steps"][1]["id"])
    await hear("a person again", id="last")
    last = await until(lambda: newest(len(depths) + 1))

    assert depths == ["completed"] * 6 + ["failed"], "the first, and five that were caused"
    assert run["error"]["kind"] == "LoopError"
    assert "APPMIXER_MAX_CHAIN" in run["error"]["cure"]
    assert last["status"] == "completed"


async def test_a_chain_that_every_report_of_a_send_makes_wider_is_cut(
    engine: Engine, owner: str, hear: Hear, until: Until
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    expected = 1

    async def all_done() -> list[dict[str, Any]]:
        found = await engine.runs.list(owner, limit=1000)
        ended = [run for run in found if run["status"] in ("completed", "failed")]
        return ended if len(ended) == expected else []

    await hear("a person", id="0")
    reported: set[str] = set()
    while True:
        found = await until(all_done)
        ids = {run["id"] for run in found if run["status"] == "completed"}
        if not (new := ids - reported):
            break
        for run_id in new:
            send = (await engine.runs.get(owner, run_id))["steps"][1]["id"]
            for kind in ("sent", "delivered", "read"):
                await hear(kind, id=f"{kind} {run_id}", about=send)
        reported |= new
        expected = 1 + 3 * len(reported)
    failed = [await engine.runs.get(owner, run["id"]) for run in found if run["id"] not in ids]

    assert len(ids) == 1 + 5 * 4
    assert {run["error"]["title"] for run in failed} == {"The flow would go round in a circle"}


async def test_a_conversation_of_many_turns_is_no_chain(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))

    for number in range(20):
        await hear("a tap", id=str(number), order="one")
    found = await ended_runs(owner, 20)

    assert {run["status"] for run in found} == {"completed"}


async def test_what_another_owners_step_sent_makes_no_chain_longer(
    engine: Engine, owner: str, other: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    await start(engine, other, flow({"text": "x"}))
    await hear("x", id="0")
    [mine] = await ended_runs(owner, 1)
    for number in range(1, 8):
        await hear("x", id=str(number), about=mine["steps"][1]["id"])

    await ended_runs(other, 8)
    found = await ended_runs(other, 8)

    assert {run["status"] for run in found} == {"completed"}


async def test_an_account_that_many_need_at_once_is_read_once(
    engine: Engine, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.accounts.connect_token(owner, CONNECTOR, "hall", "keys")
    account = await engine.accounts.named(owner, CONNECTOR, "keys")
    monkeypatch.setattr("appmixer.engine.accounts.stored.CACHE_S", 0.0)
    asked: list[str] = []

    def note(*cursor_and_statement: Any) -> None:
        if " FROM accounts " in cursor_and_statement[2].replace("\n", " "):
            asked.append(cursor_and_statement[2])

    event.listen(engine.database, "before_cursor_execute", note)
    tokens = await asyncio.gather(*(account.access_token() for _ in range(20)))
    again = await account.access_token()

    assert [*tokens, again] == ["hall"] * 21
    assert len(asked) == 2


async def test_of_many_accounts_only_those_used_last_are_kept_in_memory(
    engine: Engine, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.engine.accounts.stored.MAX_CACHED", 2)
    for number in range(5):
        await engine.accounts.connect_token(owner, CONNECTOR, "hall", f"keys {number}")

    tokens: list[str] = []
    for number in [*range(5), *range(5)]:
        account = await engine.accounts.named(owner, CONNECTOR, f"keys {number}")
        tokens.append(await account.access_token())
    gc.collect()

    assert tokens == ["hall"] * 10
    kept = [each for each in gc.get_objects() if isinstance(each, StoredAccount)]
    assert sum(each.owner_id == owner for each in kept) == 2
