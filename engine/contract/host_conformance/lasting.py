"""What outlives the process of a host that promises to lose nothing."""

from __future__ import annotations

from ..context import ActionContext
from ..errors import OutcomeUnknownError, RejectedError
from ..values import JsonObject, Wait
from .adapter import HostSite
from .probe import Act, Probe, Result, answer, until_cancelled
from .stage import NO_ENTRIES, expect, require, staged


async def what_was_taken_is_heard_although_the_process_is_killed(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("one")
        await stage.host.kill()
        await stage.open_again()
        await stage.until_steps(1, "completed")

        require("heard one" in stage.probe.notes, "the trigger has not heard it")


async def a_step_that_a_kill_has_cut_short_is_repeated_under_its_id(site: HostSite) -> None:
    probe = Probe()
    probe.receive = lambda context, input: _hang(probe)
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_attempts(1)
        await stage.host.kill()
        probe.receive = answer
        await stage.open_again()
        await stage.until_steps(1, "completed")

    first, second = probe.attempts
    expect(second.step_id, first.step_id, "the step's id")
    require(second.name != first.name, "two attempts have one name")
    expect(second.may_have_acted, True, "may_have_acted of the second attempt")


async def a_step_that_a_stop_has_cut_short_is_repeated_under_its_id(site: HostSite) -> None:
    probe = Probe()
    probe.receive = lambda context, input: _hang(probe)
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_attempts(1)
        await stage.host.stop()
        probe.receive = answer
        await stage.open_again()
        await stage.until_steps(1, "completed")

    first, second = probe.attempts
    expect(second.step_id, first.step_id, "the step's id")
    expect(second.may_have_acted, True, "may_have_acted of the second attempt")


async def what_has_acted_is_never_said_not_to_have(site: HostSite) -> None:
    probe = Probe()
    said: list[bool] = []

    async def act_and_hang(context: ActionContext, input: Act.Input) -> Result | None:
        context.acts_now()
        return await _hang(probe)

    async def ask(context: ActionContext, input: Act.Input) -> Result:
        said.append(context.has_not_acted(probe.attempts[0].name))
        return await answer(context, input)

    probe.receive = act_and_hang
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_noted("step begun")
        await stage.host.kill()
        probe.receive = ask
        await stage.open_again()
        await stage.until_steps(1, "completed")

    expect(said, [False], "has_not_acted of an attempt that had acted")


async def what_is_put_with_a_step_is_kept_with_its_record_or_not_at_all(site: HostSite) -> None:
    probe = Probe()
    found: list[JsonObject] = []

    async def put_and_hang(context: ActionContext, input: Act.Input) -> Result | None:
        await context.put_with_step({"with": "first"})
        return await _hang(probe)

    async def look(context: ActionContext, input: Act.Input) -> Result:
        found.append(await context.store.get(["with"]))
        await context.put_with_step({"with": "second"})
        return await answer(context, input)

    probe.receive = put_and_hang
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_noted("step begun")
        await stage.host.kill()
        probe.receive = look
        await stage.open_again()
        await stage.until_steps(1, "completed")
        await stage.host.kill()
        await stage.open_again()
        last = await stage.probe.host.store.get(["with"])

    expect(found, [NO_ENTRIES], "what a step has put that never ended")
    expect(last, {"with": "second"}, "what a step has put that has ended")


async def what_has_ended_is_not_done_again_after_a_kill(site: HostSite) -> None:
    async def end(context: ActionContext, input: Act.Input) -> Result:
        if input.text == "rejected":
            raise RejectedError("Not that")
        if input.text == "unknown":
            raise OutcomeUnknownError("Nobody knows")
        return await answer(context, input)

    async with staged(site, Probe(receive=end)) as stage:
        for text in ("completed", "rejected", "unknown"):
            await stage.say(text)
        await stage.until_steps(3)
        await stage.host.kill()
        await stage.open_again()
        await stage.settle()

        expect(len(stage.probe.attempts), 3, "calls of the action")


async def a_wait_outlives_the_process(site: HostSite) -> None:
    probe = Probe()
    states: list[JsonObject] = []

    async def wait(context: ActionContext, input: Act.Input) -> Result:
        return Wait(f"answer:{input.text}", 60 if input.text == "one" else 0.5, {"at": input.text})

    async def go_on(context: ActionContext, state: JsonObject, event: JsonObject | None) -> Result:
        states.append({**state, "event": str(event and event["text"])})
        return Act.Output(text="done")

    probe.receive, probe.resume = wait, go_on
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.say("two")
        await stage.until_attempts(2)
        await stage.until_steps(2, "waiting", "completed")
        await stage.host.kill()
        await stage.open_again()
        await stage.say("it", room="attic", wait_keys=["answer:one"])
        await stage.until_steps(2, "completed")

    expect(
        sorted(states, key=lambda each: str(each["at"])),
        [{"at": "one", "event": "it"}, {"at": "two", "event": "None"}],
        "what the waits have gone on with",
    )


async def _hang(probe: Probe) -> Result | None:
    await until_cancelled(probe.notes, "step")
    return None  # never reached: it goes on until it is cancelled


LASTING_CHECKS = (
    what_was_taken_is_heard_although_the_process_is_killed,
    a_step_that_a_kill_has_cut_short_is_repeated_under_its_id,
    a_step_that_a_stop_has_cut_short_is_repeated_under_its_id,
    what_has_acted_is_never_said_not_to_have,
    what_is_put_with_a_step_is_kept_with_its_record_or_not_at_all,
    what_has_ended_is_not_done_again_after_a_kill,
    a_wait_outlives_the_process,
)
