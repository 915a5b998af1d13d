"""Engines that break one promise each: of what outlives their process, and of what begins runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from appmixer.engine.contract import Hook
from appmixer.engine.contract.host_conformance import Check, lasting, starts
from appmixer.engine.events import waking
from appmixer.engine.events.inbox import Events
from appmixer.engine.flows import listening
from appmixer.engine.host.contexts import EngineActionContext
from appmixer.engine.host.trigger_context import EngineTriggerContext
from appmixer.engine.runs import segments
from appmixer.engine.runs.attempt_marks import AttemptMarks
from appmixer.engine.runs.due import Due
from appmixer.engine.runs.records import wait_row

SpoilEngine = Callable[[pytest.MonkeyPatch], None]


def forgets_what_it_accepted(patch: pytest.MonkeyPatch) -> None:
    async def accept(inbox: Any, connector: str, content: bytes) -> None: ...

    patch.setattr(Events, "accept", accept)


def leaves_what_was_cut_short(patch: pytest.MonkeyPatch) -> None:
    async def sweep(due: Any) -> None: ...

    patch.setattr(Due, "sweep", sweep)


def notes_no_acts(patch: pytest.MonkeyPatch) -> None:
    def leave(marks: Any, attempt: str) -> None: ...

    patch.setattr(AttemptMarks, "act", leave)


def puts_at_once(patch: pytest.MonkeyPatch) -> None:
    async def put(context: Any, entries: Any, *, expires_in_s: float | None = None) -> None:
        await context.store.put(entries, expires_in_s=expires_in_s)

    patch.setattr(EngineActionContext, "put_with_step", put)


def does_everything_again(patch: pytest.MonkeyPatch) -> None:
    async def nothing(rows: Any, work: Any) -> dict[str, Any]:
        return {}

    def finish(connection: Any, segment_id: str) -> None: ...

    patch.setattr(segments, "finish", finish)
    patch.setattr(segments, "recorded", nothing)


def forgets_the_state_of_a_wait(patch: pytest.MonkeyPatch) -> None:
    def without_state(*given: Any, **named: Any) -> dict[str, Any]:
        row = wait_row(*given, **named)
        return {**row, "expires_at": None, "key": "none"}

    patch.setattr(segments, "wait_row", without_state)


def wakes_at_once(patch: pytest.MonkeyPatch) -> None:
    def now(rule: Any, at: float) -> float:
        return at

    patch.setattr(listening, "first_time", now)


def wakes_again(patch: pytest.MonkeyPatch) -> None:
    def soon(rule: Any, after: float, due_at: float) -> float:
        return after + 0.05

    patch.setattr(waking, "next_time", soon)


def wakes_whoever_has_stopped(patch: pytest.MonkeyPatch) -> None:
    async def leave(context: Any, name: str = "") -> None: ...

    def stop_listening(*_: object) -> None: ...

    patch.setattr(EngineTriggerContext, "remove_schedule", leave)
    patch.setattr("appmixer.engine.flows.flows.stop_listening", stop_listening)


def wakes_as_often_as_it_was_started(patch: pytest.MonkeyPatch) -> None:
    add = EngineTriggerContext.add_schedule

    async def add_two(context: Any, schedule: Any, **more: Any) -> None:
        await add(context, schedule, **more)
        await add(context, schedule, name="another", **more)

    patch.setattr(EngineTriggerContext, "add_schedule", add_two)


def passes_over_what_is_late(patch: pytest.MonkeyPatch) -> None:
    add = EngineTriggerContext.add_schedule

    async def add_fleeting(context: Any, schedule: Any, **_: Any) -> None:
        await add(context, schedule, catches_up=False)

    patch.setattr(EngineTriggerContext, "add_schedule", add_fleeting)
    patch.setattr(waking, "MISSED_AFTER_S", 0.1)


def _opens(patch: pytest.MonkeyPatch, change: Callable[[Hook], Hook]) -> None:
    opens = EngineTriggerContext.open_hook

    async def open_other(context: Any, hook: Hook) -> str:
        return await opens(context, change(hook))

    patch.setattr(EngineTriggerContext, "open_hook", open_other)


def answers_when_all_is_done(patch: pytest.MonkeyPatch) -> None:
    _opens(patch, lambda hook: replace(hook, answer_within_s=600.0))


def answers_by_itself(patch: pytest.MonkeyPatch) -> None:
    _opens(patch, lambda hook: replace(hook, answer_within_s=None))


def takes_every_method(patch: pytest.MonkeyPatch) -> None:
    _opens(patch, lambda hook: replace(hook, methods=()))


def gives_a_new_address_each_time(patch: pytest.MonkeyPatch) -> None:
    _opens(patch, lambda hook: replace(hook, name=uuid.uuid4().hex))


def closes_no_address(patch: pytest.MonkeyPatch) -> None:
    async def leave(context: Any, name: str = "") -> None: ...

    def stop_listening(*_: object) -> None: ...

    patch.setattr(EngineTriggerContext, "close_hook", leave)
    patch.setattr("appmixer.engine.flows.flows.stop_listening", stop_listening)


BROKEN_ENGINES: list[tuple[SpoilEngine, Check]] = [
    (forgets_what_it_accepted, lasting.what_was_taken_is_heard_although_the_process_is_killed),
    (leaves_what_was_cut_short, lasting.a_step_that_a_kill_has_cut_short_is_repeated_under_its_id),
    (leaves_what_was_cut_short, lasting.a_step_that_a_stop_has_cut_short_is_repeated_under_its_id),
    (notes_no_acts, lasting.what_has_acted_is_never_said_not_to_have),
    (puts_at_once, lasting.what_is_put_with_a_step_is_kept_with_its_record_or_not_at_all),
    (does_everything_again, lasting.what_has_ended_is_not_done_again_after_a_kill),
    (forgets_the_state_of_a_wait, lasting.a_wait_outlives_the_process),
    (passes_over_what_is_late, starts.a_time_that_came_while_no_process_ran_is_not_lost),
    (wakes_at_once, starts.a_trigger_is_woken_at_its_time_and_once),
    (wakes_again, starts.a_trigger_is_woken_at_its_time_and_once),
    (
        wakes_whoever_has_stopped,
        starts.a_trigger_is_woken_again_and_again_until_its_flow_stops,
    ),
    (wakes_as_often_as_it_was_started, starts.a_flow_that_is_started_twice_is_woken_once),
    (answers_when_all_is_done, starts.a_request_is_answered_as_soon_as_its_run_is_stored),
    (answers_by_itself, starts.a_request_is_answered_by_a_step),
    (answers_by_itself, starts.a_request_that_no_step_answers_in_time_is_told_so),
    (takes_every_method, starts.a_request_with_a_method_that_was_not_named_is_refused),
    (gives_a_new_address_each_time, starts.an_address_is_one_flows_and_stays_the_same),
    (closes_no_address, starts.a_flow_that_is_stopped_takes_no_requests),
]
