"""What comes of a step: each error leads to its own next step, and waits go on."""

from __future__ import annotations

import asyncio

from ..context import ActionContext
from ..errors import AuthorizationError, OutcomeUnknownError, RejectedError, ThrottledError
from ..values import End, JsonObject, Wait
from .adapter import HostSite
from .probe import Act, Probe, Result, answer, until_cancelled
from .stage import expect, require, staged

FAILED = ("failed", "unknown")


async def an_input_is_validated_before_the_action_gets_it(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("one", number="many")
        await stage.until_steps(1, "failed")

        expect(stage.probe.attempts, [], "calls of the action")


async def values_leave_at_the_port_that_they_are_sent_to(site: HostSite) -> None:
    async def send(context: ActionContext, input: Act.Input) -> Result:
        await context.send("aside", Act.Output(text="beside"))
        return Act.Output(text=input.text)

    async with staged(site, Probe(receive=send)) as stage:
        await stage.say("one")
        [step] = await stage.until_steps(1, "completed")

    expect(step.output, {"aside": [{"text": "beside"}], "done": [{"text": "one"}]}, "the output")


async def a_throttled_step_is_tried_again_after_its_time(site: HostSite) -> None:
    probe, retry_after_s = Probe(), 0.3

    async def be_busy_once(context: ActionContext, input: Act.Input) -> Result:
        if len(probe.attempts) == 1:
            raise ThrottledError("Busy", retry_after_s=retry_after_s)
        return Act.Output(text=input.text)

    probe.receive = be_busy_once
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_attempts(2)
        [step] = await stage.until_steps(1, "completed")

    first, second = probe.attempts
    expect(step.output, {"done": [{"text": "one"}]}, "the output")
    require(second.at - first.at >= retry_after_s, "it is tried again before its time")


async def a_step_keeps_its_id_and_each_attempt_has_a_name_of_its_own(site: HostSite) -> None:
    probe = Probe()

    async def be_busy_once(context: ActionContext, input: Act.Input) -> Result:
        if len(probe.attempts) == 1:
            raise ThrottledError("Busy", retry_after_s=0.01)
        return Act.Output(text=input.text)

    probe.receive = be_busy_once
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")
        await stage.say("two")
        await stage.until_steps(2, "completed")

    first, second, other = probe.attempts
    expect(second.step_id, first.step_id, "the step's id when it is tried again")
    require(other.step_id != first.step_id, "two steps have one id")
    expect(len({each.name for each in probe.attempts}), 3, "names of three attempts")
    expect(first.may_have_acted, False, "may_have_acted of the first attempt")
    expect(second.may_have_acted, True, "may_have_acted of the second attempt")


async def a_rejected_step_has_failed_and_is_not_tried_again(site: HostSite) -> None:
    async def reject(context: ActionContext, input: Act.Input) -> Result:
        raise RejectedError("Not that", "It is not allowed.", "Say something else.")

    async with staged(site, Probe(receive=reject)) as stage:
        await stage.say("one")
        [step] = await stage.until_steps(1, "failed")
        await stage.settle()

        for words in ("Not that", "It is not allowed.", "Say something else."):
            require(words in step.shown, f"people are not shown {words!r}")
        expect(len(stage.probe.attempts), 1, "calls of the action")


async def a_step_whose_outcome_is_unknown_is_never_tried_again(site: HostSite) -> None:
    async def lose(context: ActionContext, input: Act.Input) -> Result:
        raise OutcomeUnknownError("Nobody knows")

    async with staged(site, Probe(receive=lose)) as stage:
        await stage.say("one")
        await stage.until_steps(1, *FAILED)
        await stage.host.connect("ann", "token-ann")
        await stage.settle()

        expect(len(stage.probe.attempts), 1, "calls of the action")


async def a_step_whose_account_is_refused_goes_on_when_it_is_connected_again(
    site: HostSite,
) -> None:
    async def need_another(context: ActionContext, input: Act.Input) -> Result:
        if await context.account.access_token() == "token-ann":
            raise AuthorizationError("Refused", "The token is old.", "Connect it again.")
        return Act.Output(text=input.text)

    probe = Probe(receive=need_another)
    probe.rooms["token-ann-new"] = probe.rooms["token-ann"]
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_steps(1, "paused")
        await stage.settle()
        expect(len(probe.attempts), 1, "calls of the action while its account is refused")
        await stage.host.connect("ann", "token-ann-new")
        await stage.until_steps(1, "completed")

    expect(len({each.step_id for each in probe.attempts}), 1, "ids of the step")


async def a_fault_of_the_code_ends_its_step_and_nothing_else(site: HostSite) -> None:
    async def break_once(context: ActionContext, input: Act.Input) -> Result:
        if input.text == "breaks":
            raise ZeroDivisionError("an action's fault")
        return Act.Output(text=input.text)

    async with staged(site, Probe(receive=break_once)) as stage:
        await stage.say("breaks", order="x")
        await stage.say("holds", order="x")
        found = await stage.until_steps(2)

    expect(sorted(each.state for each in found), ["completed", "failed"], "the steps")


async def a_wait_goes_on_with_the_next_event_for_its_key(site: HostSite) -> None:
    probe = Probe()
    states: list[JsonObject] = []

    async def wait(context: ActionContext, input: Act.Input) -> Result:
        return Wait("answer:1", 60, {"text": input.text, "numbers": [1, 2]}, "Waits for an answer.")

    async def go_on(context: ActionContext, state: JsonObject, event: JsonObject | None) -> Result:
        states.append(state)
        return Act.Output(text=str(event and event["text"]))

    probe.receive, probe.resume = wait, go_on
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_steps(1, "waiting")
        await stage.say("not it", room="attic", wait_keys=["answer:2"])
        await stage.settle()
        await stage.until_steps(1, "waiting")
        await stage.say("it", room="attic", wait_keys=["answer:1"])
        [step] = await stage.until_steps(1, "completed")

    expect(step.output, {"done": [{"text": "it"}]}, "the output")
    expect(states, [{"text": "one", "numbers": [1, 2]}], "the state that is handed back")
    expect(len({each.step_id for each in probe.attempts}), 1, "ids of the step")


async def a_wait_goes_on_without_an_event_when_its_time_is_over(site: HostSite) -> None:
    async def wait(context: ActionContext, input: Act.Input) -> Result:
        return Wait("answer:1", 0.2)

    async with staged(site, Probe(receive=wait)) as stage:
        await stage.say("one")
        [step] = await stage.until_steps(1, "completed")

    expect(step.output, {"done": [{"text": "no event"}]}, "the output")


async def an_event_that_comes_before_the_wait_ends_it(site: HostSite) -> None:
    probe, go_on = Probe(), asyncio.Event()

    async def wait(context: ActionContext, input: Act.Input) -> Result:
        await go_on.wait()
        return Wait("answer:1", 60)

    probe.receive = wait
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_attempts(1)
        await stage.say("early", room="attic", wait_keys=["answer:1"])
        await stage.until_noted("before early")
        await stage.settle()
        go_on.set()
        [step] = await stage.until_steps(1, "completed")

    expect(step.output, {"done": [{"text": "early"}]}, "the output")


async def an_event_that_was_seen_does_not_end_the_next_wait(site: HostSite) -> None:
    async def wait(context: ActionContext, input: Act.Input) -> Result:
        return Wait("answer:1", 60, {"heard": ""})

    async def wait_again(
        context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Result:
        heard = f"{state['heard']}{event['text'] if event else '-'}"
        return Act.Output(text=heard) if state["heard"] else Wait("answer:1", 60, {"heard": heard})

    async with staged(site, Probe(receive=wait, resume=wait_again)) as stage:
        await stage.say("one")
        await stage.until_steps(1, "waiting")
        await stage.say("a", room="attic", wait_keys=["answer:1"])
        await stage.until_attempts(2)
        await stage.settle()
        await stage.until_steps(1, "waiting")
        await stage.say("b", room="attic", wait_keys=["answer:1"])
        [step] = await stage.until_steps(1, "completed")

    expect(step.output, {"done": [{"text": "ab"}]}, "the output")


async def a_step_past_its_deadline_is_cancelled_and_has_failed(site: HostSite) -> None:
    probe = Probe()

    async def go_on_for_ever(context: ActionContext, input: Act.Input) -> Result:
        if input.text == "slow":
            await until_cancelled(probe.notes, "step")
        return await answer(context, input)

    probe.receive = go_on_for_ever
    async with staged(site, probe, deadline_s=0.3) as stage:
        await stage.say("slow", order="x")
        await stage.say("quick", order="x")
        found = await stage.until_steps(2)

    require("step over" in probe.notes, "the action is not cancelled")
    expect(sorted(each.state for each in found), ["completed", "failed"], "the steps")


async def a_step_that_acted_is_not_tried_again_after_its_deadline(site: HostSite) -> None:
    async def act_and_go_on(context: ActionContext, input: Act.Input) -> Result:
        context.acts_now()
        await asyncio.Event().wait()
        return None

    async with staged(site, Probe(receive=act_and_go_on), deadline_s=0.3) as stage:
        await stage.say("one")
        await stage.until_steps(1, *FAILED)
        await stage.settle()

        expect(len(stage.probe.attempts), 1, "calls of the action")


async def a_step_that_ends_its_run_ends_as_it_says(site: HostSite) -> None:
    async def end(context: ActionContext, input: Act.Input) -> Result:
        await context.send("aside", Act.Output(text=input.text))
        return End(has_failed=input.text == "bad", text="It is over")

    async with staged(site, Probe(receive=end)) as stage:
        await stage.say("bad")
        await stage.until_steps(1, "failed")
        await stage.say("good")
        found = await stage.until_steps(2, "failed", "completed")
        await stage.settle()

        states = sorted(each.state for each in found)
        expect(states, ["completed", "failed"], "the steps")
        expect(len(stage.probe.attempts), 2, "calls of the action")


STEPS = (
    an_input_is_validated_before_the_action_gets_it,
    values_leave_at_the_port_that_they_are_sent_to,
    a_throttled_step_is_tried_again_after_its_time,
    a_step_keeps_its_id_and_each_attempt_has_a_name_of_its_own,
    a_rejected_step_has_failed_and_is_not_tried_again,
    a_step_whose_outcome_is_unknown_is_never_tried_again,
    a_step_whose_account_is_refused_goes_on_when_it_is_connected_again,
    a_fault_of_the_code_ends_its_step_and_nothing_else,
    a_wait_goes_on_with_the_next_event_for_its_key,
    a_wait_goes_on_without_an_event_when_its_time_is_over,
    an_event_that_comes_before_the_wait_ends_it,
    an_event_that_was_seen_does_not_end_the_next_wait,
    a_step_past_its_deadline_is_cancelled_and_has_failed,
    a_step_that_acted_is_not_tried_again_after_its_deadline,
    a_step_that_ends_its_run_ends_as_it_says,
)
