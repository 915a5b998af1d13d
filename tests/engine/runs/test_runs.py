"""Runs of flows: fan-out, errors, waits, order, duplicates, pauses and replay."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import ActionContext, Connector, ThrottledError
from appmixer.engine.contract.testing import Clock
from appmixer.engine.flows.sealed_inputs import open_secrets
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.runs.outcomes import Outcome
from appmixer.engine.runs.states import SegmentState
from appmixer.engine.runs.waits import end_answered
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import events, flows, held, segments

from ..conftest import CONNECTOR, Echo, Said, Say

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Acts = list[tuple[str, str, str]]
Until = Callable[..., Awaitable[Any]]


def flow(*steps: dict[str, Any], room: str = "hall") -> dict[str, Any]:
    """A trigger `in1`, then the steps in parallel unless they name their source."""
    components: dict[str, Any] = {
        "in1": {"type": "test.echo.Heard", "account": "keys", "input": {"room": room}}
    }
    for number, step in enumerate(steps, 1):
        source = step.pop("source", {"in1": ["heard"]})
        components[f"say{number}"] = {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": source},
            "input": step,
        }
    return {"name": "test", "components": components}


async def start(engine: Engine, owner: str, document: dict[str, Any], name: str = "f") -> None:
    await engine.flows.put(owner, name, document)
    await engine.flows.start(owner, name)


def states(run: dict[str, Any]) -> dict[str, str]:
    return {step["component"]: step["status"] for step in run["steps"]}


async def test_what_a_step_gives_before_it_waits_stands_beside_what_it_gives_afterwards(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts, until: Until
) -> None:
    document = flow(
        {"text": "q", "then": "sayAndWait"},
        {"text": "{{ say1.aside.text }} r", "then": "sayAndWait", "source": {"say1": ["aside"]}},
        {"text": "{{ say1.said.text }}!", "source": {"say1": ["said"]}},
        {"text": "{{ say2.said.text }}?", "source": {"say2": ["said"]}},
    )
    await start(engine, owner, document)

    await hear("x")
    await until(lambda: _returned(len(acts) == 2))
    await hear("one", room="elsewhere", wait_keys=("answer:q",))
    await until(lambda: _returned(len(acts) == 3))
    await hear("two", room="elsewhere", wait_keys=("answer:q r",))
    [run] = await ended_runs(owner, 1)

    said = {
        step["component"]: {port: [each["text"] for each in values] for port, values in output}
        for step in run["steps"][1:]
        if (output := step["output"].items())
    }
    assert [text for _, text, _ in acts] == ["q", "q r", "q: one!", "q r: two?"]
    assert said == {
        "say1": {"aside": ["q"], "said": ["q: one"]},
        "say2": {"aside": ["q r"], "said": ["q r: two"]},
        "say3": {"said": ["q: one!"]},
        "say4": {"said": ["q r: two?"]},
    }
    assert len({step["id"] for step in run["steps"]}) == len(run["steps"]) == 5


async def test_after_a_crash_nothing_is_done_again_that_followed_from_before_a_wait(
    settings: Settings, connectors: dict[str, Connector], until: Until
) -> None:
    document = flow(
        {"text": "q", "then": "sayAndWait"},
        {"text": "{{ say1.aside.text }} before", "source": {"say1": ["aside"]}},
        {"text": "{{ say1.said.text }}!", "then": "slow", "source": {"say1": ["said"]}},
    )
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, CONNECTOR, "hall", "keys")
        await start(engine, owner, document)
        before: Any = engine.plugins[CONNECTOR]
        await engine.events.accept(CONNECTOR, _told("x", "hall"))
        await until(lambda: _returned(len(before.acts) == 2))
        await engine.events.accept(CONNECTOR, _told("one", "elsewhere", "answer:q"))
        await until(lambda: _returned(len(before.acts) == 3))
        for task in engine.queue.tasks:
            task.cancel()
    async with open_engine(settings, connectors) as engine:
        after: Any = engine.plugins[CONNECTOR]
        after.is_over.set()

        async def ended() -> Any:
            return await engine.runs.list(owner, status="completed")

        [run] = await until(ended)
        found = await engine.runs.get(owner, run["id"])

    assert [text for _, text, _ in after.acts] == ["q: one!"]
    assert after.acts == before.acts[2:]
    assert len(found["steps"]) == 4


async def test_a_list_after_a_wait_before_which_something_was_given_fails_in_a_sentence(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    acts: Acts,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def many(_: Say, context: ActionContext, state: object, event: object) -> None:
        for text in ("one", "two"):
            await context.send("aside", Said(text=text, step=context.step_id))

    monkeypatch.setattr(Say, "resume", many)
    await start(engine, owner, flow({"text": "q", "then": "sayAndWait"}))

    await hear("x")
    await until(lambda: _returned(acts))
    await hear("yes", room="elsewhere", wait_keys=("answer:q",))
    [run] = await ended_runs(owner, 1)

    step = run["steps"][1]
    assert (run["status"], step["error"]["title"]) == (
        "failed",
        "The component gives a list after it waited",
    )
    assert [each["text"] for each in step["output"]["aside"]] == ["q"]


async def _returned(found: Any) -> Any:
    return found


def _told(text: str, room: str, *answers: str) -> bytes:
    event = {"id": text, "kind": "heard", "payload": {"text": text}, "routes": [f"room:{room}"]}
    return json.dumps({**event, "answers": answers}).encode()


async def test_a_value_reaches_every_component_that_listens_and_goes_on_from_there(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    document = flow(
        {"text": "a {{ in1.heard.text }}", "then": "twice"},
        {"text": "b {{ in1.heard.text }}"},
        {"text": "{{ say1.aside.text }}!", "source": {"say1": ["aside"]}},
        {"text": "{{ say1.said.text }}?", "source": {"say1": ["said"]}},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"
    assert [text for _, text, _ in acts] == ["a x", "b x", "a x!", "a x?"]
    assert len({step_id for step_id, _, _ in acts}) == 4


async def test_a_failing_branch_leaves_the_others_alone_and_fails_the_run(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "no", "then": "reject"}, {"text": "yes"}))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "failed"
    assert states(run) == {"in1": "completed", "say1": "failed", "say2": "completed"}
    assert run["error"] == {
        "kind": "RejectedError",
        "title": "Not that",
        "cause": "It is not allowed.",
        "cure": "Say something else.",
        "field": "text",
    }


async def test_a_throttled_step_is_done_again_under_the_same_id(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(engine, owner, flow({"text": "x", "then": "later"}))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"
    assert run["steps"][1]["attempt"] == 2
    assert [step_id for step_id, _, _ in acts] == [acts[0][0]] * 2


async def test_an_unknown_outcome_is_reported_and_not_repeated(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(engine, owner, flow({"text": "x", "then": "unknown"}))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert (run["status"], len(acts)) == ("unknown", 1)


async def test_a_components_own_fault_fails_its_step_with_a_reference(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x", "then": "bug"}))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["error"]["kind"] == "InternalError"
    assert "ZeroDivisionError" in run["error"]["cause"]


async def test_a_triggers_own_fault_fails_its_run_and_no_other_event(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))

    await hear("bug")
    await hear("fine")
    runs = await ended_runs(owner, 2)

    assert {run["status"] for run in runs} == {"failed", "completed"}


async def test_a_wait_ends_with_the_event_that_answers_it(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        {"text": "q", "then": "wait"},
        {"text": "{{ say1.said.text }}", "source": {"say1": ["said"]}},
    )
    await start(engine, owner, document)

    await hear("x")
    await ended_runs(owner, 1, "waiting")
    await hear("42", room="elsewhere", wait_keys=("answer:q",))
    [run] = await ended_runs(owner, 1)

    assert run["steps"][2]["output"]["said"][0]["text"] == "q: 42"


async def test_a_wait_finds_an_event_that_came_before_it_was_stored(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "q", "then": "wait"}))

    # Both are routed in one go, so the answer is there before the run has begun.
    await hear("x")
    await hear("early", room="elsewhere", wait_keys=("answer:q",))
    [run] = await ended_runs(owner, 1)

    assert run["steps"][1]["output"]["said"][0]["text"] == "q: early"


async def test_a_wait_ends_by_itself_when_nothing_comes(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "q", "then": "wait"}))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["steps"][1]["output"]["said"][0]["text"] == "q: no answer"


async def test_an_event_that_ended_a_wait_does_not_end_the_next_one_with_the_same_key(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "q", "then": "waitTwice"}))

    await hear("x")
    await ended_runs(owner, 1, "waiting")
    await hear("one", room="elsewhere", wait_keys=("answer:q",))
    await hear("two", room="elsewhere", wait_keys=("answer:q",))
    [run] = await ended_runs(owner, 1)

    assert run["steps"][1]["output"]["said"][0]["text"] == "q: one: two"


@pytest.mark.parametrize("then", ["keep", "keepAndReject"])
async def test_what_is_kept_with_a_step_is_there_when_the_step_has_ended_and_not_before(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, then: str
) -> None:
    await start(engine, owner, flow({"text": "x", "then": then}))

    await hear("x")
    await ended_runs(owner, 1)

    assert "{}" in echo.noted
    assert await echo.host.store.get(["kept x"]) == {"kept x": "x"}


async def test_an_event_that_is_routed_once_more_does_not_end_the_next_wait_with_the_same_key(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, flow({"text": "q", "then": "waitTwice"}))
    await hear("x")
    await ended_runs(owner, 1, "waiting")
    await hear("one", room="elsewhere", wait_keys=("answer:q",))
    answering = sa.select(events).where(events.c.answers.contains("answer:q"))
    [answer] = await until(lambda: engine.rows(answering))
    resting = segments.c.state == SegmentState.WAITING.value
    second = sa.select(segments).where(resting, segments.c.after_seq == answer.seq)
    await until(lambda: engine.rows(second))

    again = [("test:echo", answer.seq, answer.payload, ["answer:q"])]
    going_on, enders = await engine.writer.commit(lambda c: end_answered(c, again))

    assert (going_on, enders) == ([], {})


async def test_a_step_that_is_throttled_for_ever_fails_after_eight_attempts(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(engine, owner, flow({"text": "x", "then": "alwaysLater"}))

    await hear("x")
    # Soon, or never: eight attempts take less than a second.
    [run] = await ended_runs(owner, 1, deadline_s=20)

    assert (run["status"], run["steps"][1]["attempt"], len(acts)) == ("failed", 8, 8)


async def test_nothing_is_acknowledged_before_it_is_committed(
    engine: Engine, owner: str, hear: Hear
) -> None:
    gate = threading.Event()
    holding = asyncio.create_task(engine.writer.commit(lambda connection: gate.wait(60)))
    await asyncio.sleep(0.05)

    telling = asyncio.ensure_future(hear("x"))
    await asyncio.sleep(0.3)
    was_told_early = telling.done()
    gate.set()
    await asyncio.gather(holding, telling)

    assert was_told_early is False


async def test_a_list_is_stored_once_however_many_steps_wait_with_it_in_sight(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    waiting = [{"text": f"{number}", "then": "waitTwice"} for number in range(20)]
    await start(engine, owner, flow(*waiting))

    await hear("x", items=[1234567] * 5_000)
    await ended_runs(owner, 1, "waiting")
    for number in range(20):
        for _ in range(2):
            await hear("yes", room="elsewhere", wait_keys=(f"answer:{number}",))
    [run] = await ended_runs(owner, 1)
    [size] = await engine.rows(sa.select(sa.func.sum(sa.func.length(segments.c.work))))

    assert run["status"] == "completed"
    assert size[0] < 50_000


async def test_an_event_that_comes_twice_runs_once(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

    for _ in range(3):
        await hear("same", id="1")
    await hear("last", id="2")
    runs = await ended_runs(owner, 2)

    assert sorted(text for _, text, _ in acts) == ["last", "same"]
    events = await engine.events.of_owner(owner)
    assert [event["duplicates"] for event in events] == [0, 2]
    assert len(runs) == 2


async def test_a_conversation_is_handled_in_its_order(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

    for number in range(20):
        await hear(str(number), order="one conversation")
    await ended_runs(owner, 20)

    assert [text for _, text, _ in acts] == [str(number) for number in range(20)]


async def test_runs_of_a_refused_account_pause_and_go_on_when_it_is_connected_again(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    acts: Acts,
    refused_tokens: set[str],
    until: Until,
) -> None:
    await start(engine, owner, flow({"text": "x", "then": "reconnect"}))
    refused_tokens.add("hall+cellar")

    await hear("first")
    [paused] = await ended_runs(owner, 1, "paused")
    await hear("second")
    await until(lambda: engine.rows(sa.select(held)))
    [account] = await engine.accounts.list(owner)
    asked, shown = len(acts), await engine.visibility.unrouted(owner, is_administrator=False)
    await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")
    runs = await ended_runs(owner, 2)

    assert paused["error"]["kind"] == "AuthorizationError"
    assert account["state"] == "reconnect"
    assert (asked, shown) == (1, []), "nothing reaches or is shown to an account without access"
    assert [run["status"] for run in runs] == ["completed", "completed"]


async def test_a_run_goes_on_whose_account_is_connected_again_before_its_pause_is_stored(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    refused_tokens: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act = engine.actions.act

    async def act_and_connect(**given: Any) -> Outcome:
        outcome = await act(**given)
        if outcome.state == "paused":
            await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")
        return outcome

    monkeypatch.setattr(engine.actions, "act", act_and_connect)
    await start(engine, owner, flow({"text": "x", "then": "reconnect"}))
    refused_tokens.add("hall+cellar")

    await hear("quick")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"


async def test_a_step_that_found_the_account_disconnected_does_not_disconnect_it_again(
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    refused_tokens: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    read = engine.accounts.access_token

    async def read_and_connect(account_id: str) -> str:
        await engine.accounts.mark_reconnect(account_id, "refused")
        try:
            return await read(account_id)
        finally:
            monkeypatch.setattr(engine.accounts, "access_token", read)
            await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")

    # As if the connection had begun before the step did, and was stored only after its look.
    monkeypatch.setattr(engine.accounts, "_clock", Clock(time.time() - 60))
    monkeypatch.setattr(engine.accounts, "access_token", read_and_connect)

    await hear("quick")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"


async def test_a_refusal_of_one_token_says_nothing_of_another(engine: Engine, owner: str) -> None:
    [account] = await engine.accounts.list(owner)

    await engine.accounts.mark_reconnect(
        account["id"], "refused", asked_at=time.time(), token="another"
    )

    assert (await engine.accounts.get(owner, account["id"]))["state"] == "connected"


async def test_a_refusal_of_the_old_token_does_not_disconnect_a_new_connection(
    engine: Engine, owner: str
) -> None:
    [account] = await engine.accounts.list(owner)
    asked_at = time.time()
    await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")

    await engine.accounts.mark_reconnect(account["id"], "refused", asked_at=asked_at)
    still = await engine.accounts.get(owner, account["id"])
    await engine.accounts.mark_reconnect(account["id"], "refused", asked_at=time.time())

    assert still["state"] == "connected"
    assert (await engine.accounts.get(owner, account["id"]))["state"] == "reconnect"


async def test_an_event_without_a_listener_is_kept_and_can_be_replayed(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await hear("lost")
    async with asyncio.timeout(60):
        while True:
            if await engine.visibility.unrouted(owner, is_administrator=False):
                break
            await asyncio.sleep(0.02)
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))
    await hear("found")
    await ended_runs(owner, 1)

    [event] = await engine.visibility.unrouted(owner, is_administrator=False)
    await engine.visibility.replay(owner, event["id"], by="main", is_administrator=False)
    await ended_runs(owner, 2)

    assert event["payload"]["text"] == "lost"
    assert [text for _, text, _ in acts] == ["found", "lost"]


async def test_a_wrong_input_fails_the_step_with_its_field_before_anything_is_done(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(
        engine, owner, flow({"text": "{{ in1.heard.items }}"}, {"text": "{{ in1.heard.who.name }}"})
    )

    await hear("x", items=[1])
    [run] = await ended_runs(owner, 1)

    [first, second] = [step["error"] for step in run["steps"][1:]]
    assert first["field"] == "input.text"
    assert second["cause"] == "in1.heard.who.name has no value: in1.heard.who is empty."
    assert acts == []


async def test_a_secret_input_is_in_no_record_and_no_answer(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x", "pin": "123456"}))

    await hear("x")
    [run] = await ended_runs(owner, 1)
    shown = await engine.flows.get(owner, "f")

    assert run["steps"][1]["input"]["pin"] == "••••••"
    assert "123456" not in str(shown)
    for path in engine.settings.data.rglob("*"):
        assert not path.is_file() or b"123456" not in path.read_bytes(), path


async def test_hidden_secrets_come_back_when_a_shown_document_is_stored_again(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", flow({"text": "x", "pin": "123456"}))

    shown = await engine.flows.get(owner, "f")
    await engine.flows.put(owner, "f", shown["document"])
    [row] = await engine.rows(sa.select(flows.c.key))
    document = await engine.flows.document(row.key, 2)

    assert open_secrets(document.components["say1"].input, engine.seal)["pin"] == "123456"


async def test_an_event_with_a_known_id_and_other_content_is_kept_but_runs_nothing(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: Acts
) -> None:
    await start(engine, owner, flow({"text": "{{ in1.heard.text }}"}))

    await hear("one", id="1")
    await hear("another", id="1")
    await hear("last", id="2")
    await ended_runs(owner, 2)

    [kept] = await engine.visibility.unrouted(owner, is_administrator=False)
    assert (kept["state"], kept["payload"]["text"]) == ("repeated", "another")
    assert sorted(text for _, text, _ in acts) == ["last", "one"]


async def test_events_that_cannot_be_stored_are_refused_so_that_they_come_again(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    await rename(engine, "inbox", "away")

    with pytest.raises(ThrottledError):
        await hear("x", id="1")
    await rename(engine, "away", "inbox")
    await hear("x", id="1")
    [run] = await ended_runs(owner, 1)

    assert run["status"] == "completed"


async def rename(engine: Engine, table: str, name: str) -> None:
    statement = sa.text(f"ALTER TABLE {table} RENAME TO {name}")
    await engine.writer.commit(lambda connection: connection.execute(statement))
