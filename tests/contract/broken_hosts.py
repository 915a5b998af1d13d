"""Hosts with one fault each: every function spoils the host of docs/minimal_host.py in one way."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel

from appmixer.engine.contract import ConnectorError, End, Listener, RejectedError, Response
from appmixer.engine.contract.host_conformance import (
    Check,
    choosing,
    events,
    fates,
    keeping,
    lifecycle,
    starts,
    steps,
)
from appmixer.engine.contract.host_conformance.probe import Act, Heard, Told
from appmixer.engine.contract.redaction import Redaction

# The module of the host, and what puts it right again.
Spoil = Callable[[Any, pytest.MonkeyPatch], None]


def _prepare(page: Any, patch: pytest.MonkeyPatch, change: Callable[[Any], None]) -> None:
    """Change each host before it starts."""
    enter = page.Host.__aenter__

    async def change_and_enter(host: Any) -> Any:
        change(host)
        return await enter(host)

    patch.setattr(page.Host, "__aenter__", change_and_enter)


def _after_attempt(
    page: Any, patch: pytest.MonkeyPatch, change: Callable[[Any, float | None], float | None]
) -> None:
    """Change what comes of each attempt at a step."""
    attempt = page.Host._attempt

    async def attempt_and_change(host: Any, step: Any) -> float | None:
        return change(step, await attempt(host, step))

    patch.setattr(page.Host, "_attempt", attempt_and_change)


async def _end_tasks(host: Any) -> None:
    for task in [*host.tasks, *host.watched]:
        task.cancel()
    await asyncio.gather(*host.tasks, *host.watched, return_exceptions=True)


def never_stops_the_plugin(page: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(page.Host, "stop", _end_tasks)


def starts_the_plugin_twice(page: Any, patch: pytest.MonkeyPatch) -> None:
    def start_twice(host: Any) -> None:
        start = host.plugin.start

        async def twice() -> None:
            await start()
            await start()

        host.plugin.start = twice

    _prepare(page, patch, start_twice)


def stops_the_plugin_first(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def stop(host: Any) -> None:
        if not host.is_stopped:
            host.is_stopped = True
            await host.plugin.stop()
            await _end_tasks(host)

    patch.setattr(page.Host, "stop", stop)


def does_watched_work_once(page: Any, patch: pytest.MonkeyPatch) -> None:
    def watch(host: Any, name: str, work: Any) -> None:
        host.watched.append(asyncio.create_task(work()))

    patch.setattr(page.Host, "watch", watch)


def validates_nothing(page: Any, patch: pytest.MonkeyPatch) -> None:
    def unchecked(model: type[BaseModel]) -> Callable[[Any], BaseModel]:
        def construct(given: Any) -> BaseModel:
            return model.model_construct(**given)

        return construct

    for model in (Heard.Input, Act.Input):
        patch.setattr(model, "model_validate", unchecked(model))


def listens_although_it_is_refused(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def add_listener(context: Any, topic: str, params: Any) -> None:
        listener = Listener(f"{context.place} {topic}", topic, params, "")
        context.host.listening[listener.id] = listener
        try:
            await context.plugin.listener_added(listener, context.chosen)
        except RejectedError:
            context.warn("refused")

    patch.setattr(page.Context, "add_listener", add_listener)


def asks_no_plugin_for_a_listener(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def add_listener(context: Any, topic: str, params: Any) -> None:
        listener = Listener(f"{context.place} {topic}", topic, params, "")
        context.host.listening[listener.id] = listener

    patch.setattr(page.Context, "add_listener", add_listener)


def listens_as_often_as_it_is_started(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def add_listener(context: Any, topic: str, params: Any) -> None:
        listener = Listener(f"{context.place} {uuid.uuid4().hex}", topic, params, "")
        await context.plugin.listener_added(listener, context.chosen)
        context.host.listening[listener.id] = listener

    patch.setattr(page.Context, "add_listener", add_listener)


def never_stops_a_flow(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def stop_flow(host: Any, flow: str) -> None: ...

    patch.setattr(page.Host, "stop_flow", stop_flow)


def begins_runs_by_what_actions_rely_on(page: Any, patch: pytest.MonkeyPatch) -> None:
    rely = page.Host._rely

    async def rely_and_listen(host: Any, flow: str, *given: Any) -> Any:
        warnings = await rely(host, flow, *given)
        host.listening.update({each.id: each for each, _ in host.relied_on.pop(flow)})
        return warnings

    patch.setattr(page.Host, "_rely", rely_and_listen)


def does_not_start_what_relies_on_something_refused(page: Any, patch: pytest.MonkeyPatch) -> None:
    rely = page.Host._rely

    async def rely_or_raise(host: Any, flow: str, *given: Any) -> Any:
        for warning in await rely(host, flow, *given):
            raise RejectedError(warning)

    patch.setattr(page.Host, "_rely", rely_or_raise)


def counts_flows_at_any_topic(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def other_flows(context: Any, topics: Sequence[str]) -> int:
        return len(context.host.listening) - 1

    patch.setattr(page.Context, "other_flows", other_flows)


def takes_every_step_for_one_of_the_flow(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def is_of_this_flow(context: Any, step_id: str) -> bool:
        return step_id in context.host.steps

    patch.setattr(page.Context, "is_of_this_flow", is_of_this_flow)


def takes_bodies_of_any_length(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def answer(host: Any, request: Any) -> Response:
        [route] = host.plugin.routes
        response: Response = await route.answer(request)
        return response

    patch.setattr(page.Host, "answer", answer)


def accepts_when_all_is_done(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def accept(host: Any, content: bytes) -> None:
        host.inbox.put_nowait(content)
        await host.settled()

    patch.setattr(page.Host, "accept", accept)


def tells_the_plugin_nothing_of_events(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def nothing(events: Any) -> None: ...

    _prepare(page, patch, lambda host: setattr(host.plugin, "before_routing", nothing))


def forgets_which_events_it_knows(page: Any, patch: pytest.MonkeyPatch) -> None:
    class Forgetful(set[str]):
        def __contains__(self, _: object) -> bool:
            return False

    _prepare(page, patch, lambda host: setattr(host, "known_events", Forgetful()))


def starts_a_run_for_nothing(page: Any, patch: pytest.MonkeyPatch) -> None:
    receive = Heard.receive

    async def give_something(trigger: Heard, context: Any, event: Any) -> Told:
        return await receive(trigger, context, event) or Told(text="nothing")

    patch.setattr(Heard, "receive", give_something)


def begins_all_at_once(page: Any, patch: pytest.MonkeyPatch) -> None:
    begin = page.Host._begin

    def begin_now(host: Any, work: Any, order: str = "") -> None:
        begin(host, work)

    patch.setattr(page.Host, "_begin", begin_now)


def stumbles_over_what_it_cannot_read(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def route(host: Any) -> None:
        while True:
            try:
                await host._take(await host.inbox.get())
            except ValueError:
                await asyncio.Event().wait()

    patch.setattr(page.Host, "_route", route)


def tells_everybody(page: Any, patch: pytest.MonkeyPatch) -> None:
    def may_hear(*_: object) -> bool:
        return True

    patch.setattr(page.Host, "_may_hear", may_hear)


def never_asks_what_an_account_opens(page: Any, patch: pytest.MonkeyPatch) -> None:
    def may_hear(host: Any, event: Any, listener: Any, account: Any) -> bool:
        return listener.topic in event.topics

    patch.setattr(page.Host, "_may_hear", may_hear)


def gives_no_account_without_a_word(page: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(page.Context, "account", property(lambda context: context.chosen))


def sends_all_to_the_main_port(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def send(context: Any, port: str, value: Any) -> None:
        context.step.output.setdefault("done", []).append(value)

    patch.setattr(page.Context, "send", send)


def tries_again_at_once(page: Any, patch: pytest.MonkeyPatch) -> None:
    _after_attempt(page, patch, lambda step, again_s: None if again_s is None else 0.0)


def tries_nothing_again(page: Any, patch: pytest.MonkeyPatch) -> None:
    _after_attempt(page, patch, lambda step, again_s: None)


def tries_what_has_failed_again(page: Any, patch: pytest.MonkeyPatch) -> None:
    _after_attempt(
        page, patch, lambda step, _: 0.01 if step.state == "failed" and step.attempts < 3 else None
    )


def gives_each_attempt_an_id_of_its_own(page: Any, patch: pytest.MonkeyPatch) -> None:
    def change(step: Any, again_s: float | None) -> float | None:
        step.id = uuid.uuid4().hex
        return again_s

    _after_attempt(page, patch, change)


def says_that_nothing_has_been_done(page: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(page.Context, "may_have_acted", False, raising=False)
    init = page.Context.__init__

    def deny(context: Any, *given: Any, **named: Any) -> None:
        init(context, *given, **named)
        context.may_have_acted = False

    patch.setattr(page.Context, "__init__", deny)


def says_that_an_account_is_a_failure(page: Any, patch: pytest.MonkeyPatch) -> None:
    def change(step: Any, again_s: float | None) -> float | None:
        step.state = "failed" if step.state == "paused" else step.state
        return again_s

    _after_attempt(page, patch, change)


def goes_on_with_nothing_when_an_account_is_back(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def connect(host: Any, name: str, access_token: str) -> None:
        found = await host.provider.connect_token(access_token)
        host.accounts[name] = page.Account(name, name, found.profile, access_token)

    patch.setattr(page.Host, "connect", connect)


def hangs_after_a_fault(page: Any, patch: pytest.MonkeyPatch) -> None:
    attempt = page.Host._attempt

    async def attempt_or_hang(host: Any, step: Any) -> float | None:
        again_s: float | None = await attempt(host, step)
        if step.state == "failed":
            await asyncio.Event().wait()
        return again_s

    patch.setattr(page.Host, "_attempt", attempt_or_hang)


def ends_any_wait_with_any_event(page: Any, patch: pytest.MonkeyPatch) -> None:
    answer = page.Host._answer

    def answer_any(host: Any, key: str, payload: Any) -> None:
        answer(host, next(iter(host.waits), key), payload)

    patch.setattr(page.Host, "_answer", answer_any)


def gives_up_nothing(page: Any, patch: pytest.MonkeyPatch) -> None:
    def give_up(host: Any, key: str) -> None: ...

    patch.setattr(page.Host, "give_up", give_up)


def hears_no_end(page: Any, patch: pytest.MonkeyPatch) -> None:
    settle = page.Host._settle

    def settle_as_done(host: Any, step: Any, port: str, result: Any) -> None:
        settle(host, step, port, None if isinstance(result, End) else result)

    patch.setattr(page.Host, "_settle", settle_as_done)


def forgets_what_comes_early(page: Any, patch: pytest.MonkeyPatch) -> None:
    class Forgetful(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None: ...

    _prepare(page, patch, lambda host: setattr(host, "answered", Forgetful()))


def gives_an_event_twice(page: Any, patch: pytest.MonkeyPatch) -> None:
    answer = page.Host._answer

    def keep_and_answer(host: Any, key: str, payload: Any) -> None:
        answer(host, key, payload)
        if payload is not None:
            host.answered[key] = payload

    patch.setattr(page.Host, "_answer", keep_and_answer)


def has_no_deadline(page: Any, patch: pytest.MonkeyPatch) -> None:
    _prepare(page, patch, lambda host: setattr(host, "deadline_s", 3600.0))


def forgets_no_entry(page: Any, patch: pytest.MonkeyPatch) -> None:
    put = page.Store.put

    async def put_for_ever(store: Any, entries: Any, *, expires_in_s: float | None = None) -> None:
        await put(store, entries)

    patch.setattr(page.Store, "put", put_for_ever)


def has_one_state_for_all(page: Any, patch: pytest.MonkeyPatch) -> None:
    def share(host: Any) -> None:
        host.states = defaultdict(lambda: host.store)

    _prepare(page, patch, share)


def shares_among_all_flows(page: Any, patch: pytest.MonkeyPatch) -> None:
    def shared(context: Any, scope: str) -> Any:
        return context.host.states["shared"]

    patch.setattr(page.Context, "shared", shared)


def keeps_nothing_with_a_step(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def put_with_step(context: Any, entries: Any, *, expires_in_s: Any = None) -> None: ...

    patch.setattr(page.Context, "put_with_step", put_with_step)


def counts_nothing(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def take(quota: Any, resource: str, key: str) -> None: ...

    patch.setattr(page.Quota, "take", take)


def counts_for_all_keys_together(page: Any, patch: pytest.MonkeyPatch) -> None:
    take = page.Quota.take

    async def take_together(quota: Any, resource: str, key: str) -> None:
        await take(quota, resource, "")

    patch.setattr(page.Quota, "take", take_together)


def saves_the_first_chunk(page: Any, patch: pytest.MonkeyPatch) -> None:
    save = page.Files.save

    async def first(chunks: Any) -> Any:
        async for chunk in chunks:
            yield chunk
            return

    async def save_first(files: Any, name: str, media_type: str, chunks: Any) -> Any:
        return await save(files, name, media_type, first(chunks))

    patch.setattr(page.Files, "save", save_first)


def has_no_configuration(page: Any, patch: pytest.MonkeyPatch) -> None:
    _prepare(page, patch, lambda host: setattr(host, "configuration", {}))


def logs_what_the_manifest_calls_secret(page: Any, patch: pytest.MonkeyPatch) -> None:
    _prepare(page, patch, lambda host: setattr(host.log, "redaction", Redaction()))


def shows_what_a_field_keeps_secret(page: Any, patch: pytest.MonkeyPatch) -> None:
    def show(step: Any) -> str:
        return f"{step.input} {step.state}"

    patch.setattr(page.Step, "__repr__", show)


def logs_nothing(page: Any, patch: pytest.MonkeyPatch) -> None:
    def write(line: str) -> None: ...

    _prepare(page, patch, lambda host: setattr(host.log, "write", write))


def keeps_the_last_fate(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def report_fates(host: Any, told: Any) -> None:
        host.fates.update({fate.step_id: fate for fate in told})

    patch.setattr(page.Host, "report_fates", report_fates)


def forgets_early_fates(page: Any, patch: pytest.MonkeyPatch) -> None:
    report = page.Host.report_fates

    async def report_late_ones(host: Any, told: Any) -> None:
        ended = [each for each in told if host.steps[each.step_id].state == "completed"]
        await report(host, ended)

    patch.setattr(page.Host, "report_fates", report_late_ones)


def keeps_no_fates(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def report_fates(host: Any, told: Any) -> None: ...

    patch.setattr(page.Host, "report_fates", report_fates)


def says_no_and_wakes_nobody(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def add_schedule(context: Any, schedule: Any, **_: Any) -> None: ...

    patch.setattr(page.Context, "add_schedule", add_schedule)


def says_no_and_gives_an_address(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def open_hook(context: Any, hook: Any) -> str:
        return "http://127.0.0.1/nowhere"

    patch.setattr(page.Context, "open_hook", open_hook)


def _change_choices(page: Any, patch: pytest.MonkeyPatch, change: Any) -> None:
    choices = page.Host.choices

    async def changed(
        host: Any, component: str, field: str, account: str, form: Mapping[str, Any]
    ) -> Any:
        async def find(given: Mapping[str, Any]) -> Any:
            return await choices(host, component, field, account, given)

        return await change(form, find)

    patch.setattr(page.Host, "choices", changed)


def hands_no_form_to_choices(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def change(form: Any, find: Any) -> Any:
        return await find({})

    _change_choices(page, patch, change)


def keeps_choices_for_all_accounts(page: Any, patch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []

    async def change(form: Any, find: Any) -> Any:
        if not kept:
            kept.append(await find(form))
        return kept[0]

    _change_choices(page, patch, change)


def shows_an_empty_list_for_every_error(page: Any, patch: pytest.MonkeyPatch) -> None:
    async def change(form: Any, find: Any) -> Any:
        try:
            return await find(form)
        except ConnectorError:
            return []

    _change_choices(page, patch, change)


BROKEN: list[tuple[Spoil, Check]] = [
    (keeps_the_last_fate, fates.the_furthest_fate_stays_in_whatever_order_it_is_told),
    (forgets_early_fates, fates.a_fate_that_is_told_before_the_step_has_ended_is_kept),
    (keeps_no_fates, fates.a_fate_that_is_told_before_routing_is_kept),
    (forgets_early_fates, fates.a_fate_of_a_step_that_there_is_not_holds_up_nothing),
    (says_no_and_wakes_nobody, starts.a_trigger_is_woken_at_its_time_and_once),
    (says_no_and_gives_an_address, starts.a_request_is_answered_by_a_step),
    (never_stops_the_plugin, lifecycle.the_plugin_is_started_once_and_stopped_once),
    (starts_the_plugin_twice, lifecycle.the_plugin_is_started_once_and_stopped_once),
    (stops_the_plugin_first, lifecycle.watched_work_is_cancelled_before_the_plugin_stops),
    (does_watched_work_once, lifecycle.watched_work_that_fails_is_begun_again),
    (validates_nothing, lifecycle.properties_are_validated_before_a_trigger_starts),
    (listens_although_it_is_refused, lifecycle.what_the_plugin_refuses_is_not_listened_to),
    (asks_no_plugin_for_a_listener, lifecycle.the_plugin_is_asked_before_a_listener_is_stored),
    (listens_as_often_as_it_is_started, lifecycle.a_flow_that_is_started_twice_hears_once),
    (never_stops_a_flow, lifecycle.a_flow_that_is_stopped_twice_hears_no_more),
    (
        begins_runs_by_what_actions_rely_on,
        lifecycle.what_actions_rely_on_is_listened_to_and_begins_no_run,
    ),
    (
        does_not_start_what_relies_on_something_refused,
        lifecycle.what_actions_rely_on_keeps_no_flow_from_starting,
    ),
    (counts_flows_at_any_topic, lifecycle.a_trigger_is_told_how_many_other_flows_listen),
    (
        takes_every_step_for_one_of_the_flow,
        lifecycle.a_trigger_is_told_which_steps_are_of_its_flow,
    ),
    (stops_the_plugin_first, lifecycle.a_step_is_over_before_the_plugin_stops),
    (takes_bodies_of_any_length, events.a_body_longer_than_its_route_allows_is_refused_unseen),
    (accepts_when_all_is_done, events.an_event_is_taken_before_what_it_starts_has_ended),
    (tells_the_plugin_nothing_of_events, events.the_plugin_has_an_event_before_any_trigger),
    (forgets_which_events_it_knows, events.an_event_that_comes_twice_starts_one_run),
    (starts_a_run_for_nothing, events.what_a_trigger_makes_nothing_of_starts_no_run),
    (begins_all_at_once, events.events_of_one_order_are_worked_off_one_after_the_other),
    (stumbles_over_what_it_cannot_read, events.what_cannot_be_read_holds_up_nothing_else),
    (tells_everybody, events.an_event_reaches_only_flows_that_listen_to_its_topic),
    (
        never_asks_what_an_account_opens,
        events.an_account_that_no_longer_opens_a_topic_hears_nothing_of_it,
    ),
    (gives_no_account_without_a_word, events.a_connector_without_accounts_is_given_none),
    (validates_nothing, steps.an_input_is_validated_before_the_action_gets_it),
    (sends_all_to_the_main_port, steps.values_leave_at_the_port_that_they_are_sent_to),
    (tries_again_at_once, steps.a_throttled_step_is_tried_again_after_its_time),
    (tries_nothing_again, steps.a_throttled_step_is_tried_again_after_its_time),
    (
        gives_each_attempt_an_id_of_its_own,
        steps.a_step_keeps_its_id_and_each_attempt_has_a_name_of_its_own,
    ),
    (
        says_that_nothing_has_been_done,
        steps.a_step_keeps_its_id_and_each_attempt_has_a_name_of_its_own,
    ),
    (tries_what_has_failed_again, steps.a_rejected_step_has_failed_and_is_not_tried_again),
    (tries_what_has_failed_again, steps.a_step_whose_outcome_is_unknown_is_never_tried_again),
    (
        says_that_an_account_is_a_failure,
        steps.a_step_whose_account_is_refused_goes_on_when_it_is_connected_again,
    ),
    (
        goes_on_with_nothing_when_an_account_is_back,
        steps.a_step_whose_account_is_refused_goes_on_when_it_is_connected_again,
    ),
    (hangs_after_a_fault, steps.a_fault_of_the_code_ends_its_step_and_nothing_else),
    (ends_any_wait_with_any_event, steps.a_wait_goes_on_with_the_next_event_for_its_key),
    (hears_no_end, steps.a_step_that_ends_its_run_ends_as_it_says),
    (gives_up_nothing, steps.a_wait_goes_on_without_an_event_when_its_time_is_over),
    (forgets_what_comes_early, steps.an_event_that_comes_before_the_wait_ends_it),
    (gives_an_event_twice, steps.an_event_that_was_seen_does_not_end_the_next_wait),
    (has_no_deadline, steps.a_step_past_its_deadline_is_cancelled_and_has_failed),
    (tries_what_has_failed_again, steps.a_step_that_acted_is_not_tried_again_after_its_deadline),
    (forgets_no_entry, keeping.the_store_keeps_finds_adds_and_forgets),
    (has_one_state_for_all, keeping.a_store_is_the_connectors_and_a_state_is_each_steps_own),
    (keeps_nothing_with_a_step, keeping.what_is_put_with_a_step_is_there_when_it_has_ended),
    (shares_among_all_flows, keeping.what_steps_share_is_their_flows_or_their_owners),
    (counts_nothing, keeping.a_quota_is_counted_for_each_key),
    (counts_for_all_keys_together, keeping.a_quota_is_counted_for_each_key),
    (saves_the_first_chunk, keeping.a_file_is_read_as_it_was_saved),
    (has_no_configuration, keeping.a_plugin_reads_what_the_administrator_has_set),
    (logs_what_the_manifest_calls_secret, keeping.no_log_and_no_record_shows_a_secret),
    (shows_what_a_field_keeps_secret, keeping.no_log_and_no_record_shows_a_secret),
    (logs_nothing, keeping.no_log_and_no_record_shows_a_secret),
    (hands_no_form_to_choices, choosing.a_field_offers_what_it_names_for_what_decides),
    (keeps_choices_for_all_accounts, choosing.choices_of_one_account_are_not_those_of_another),
    (shows_an_empty_list_for_every_error, choosing.a_field_without_choices_says_why),
    (shows_an_empty_list_for_every_error, choosing.an_error_of_choices_is_told_and_not_kept),
]
