"""What begins runs beside events: the clock, and requests to an address of a trigger's own.

A host need not offer either. One that does not says so to whoever runs the suite and refuses in a
sentence whoever asks for it; the checks see that, and raise NotOfferedError.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from ..context import ActionContext, TriggerContext
from ..errors import RejectedError
from ..starts import Every, Hook, Once
from ..values import Response
from .adapter import HostSite, NotOfferedError
from .probe import WOKEN, Act, Probe, Result, answer
from .stage import Stage, expect, require, staged

SOON_S = 0.5
# Long after the check is over.
LATER_S = 3600.0
# No host has to wake anybody oftener.
SHORTEST_S = 1.0
HALL = {"room": "hall"}


async def a_trigger_is_woken_at_its_time_and_once(site: HostSite) -> None:
    asked_at, due_at = time.monotonic(), _in(SOON_S)

    async def ask(context: TriggerContext) -> None:
        await context.add_schedule(Once(due_at))
        # A host that is slow and wakes at once is told by this one.
        await context.add_schedule(Once(_in(LATER_S)), name="later")

    async with staged(site, Probe(begins=ask), is_started=False) as stage:
        await _start(stage, "schedules")
        await stage.until_steps(1, "completed")
        await stage.settle()

        expect([each.text for each in stage.probe.attempts], [WOKEN], "what was begun")
        require(stage.probe.attempts[0].at - asked_at >= SOON_S, "it is woken before its time")


async def a_trigger_is_woken_again_and_again_until_its_flow_stops(site: HostSite) -> None:
    async def ask(context: TriggerContext) -> None:
        await context.add_schedule(Every(SHORTEST_S, _in(0.0)))

    async with staged(site, Probe(begins=ask), is_started=False) as stage:
        await _start(stage, "schedules")
        await stage.until_noted(f"heard {WOKEN}", 2)
        await stage.host.stop_flow("flow")
        heard = stage.probe.notes.count(f"heard {WOKEN}")
        await asyncio.sleep(1.5 * SHORTEST_S)

        expect(stage.probe.notes.count(f"heard {WOKEN}"), heard, "wake-ups")


async def a_flow_that_is_started_twice_is_woken_once(site: HostSite) -> None:
    due_at = _in(2 * SOON_S)

    async def ask(context: TriggerContext) -> None:
        await context.add_schedule(Once(due_at))

    async with staged(site, Probe(begins=ask), is_started=False) as stage:
        await _start(stage, "schedules")
        await _start(stage, "schedules")
        await stage.until_steps(1, "completed")
        await stage.settle()

        expect(stage.probe.notes.count(f"heard {WOKEN}"), 1, "wake-ups")


async def a_request_is_answered_as_soon_as_its_run_is_stored(site: HostSite) -> None:
    is_answered = asyncio.Event()

    async def wait(context: ActionContext, input: Act.Input) -> Result:
        await is_answered.wait()
        return await answer(context, input)

    probe = Probe(receive=wait)
    addresses = _opening(probe, Hook(answer=Response(202, b"taken")))
    async with staged(site, probe, is_started=False) as stage:
        await _start(stage, "hooks")
        found = await _request(stage, addresses[0])
        is_answered.set()
        await stage.until_steps(1, "completed")

    expect(found, (202, b"taken"), "the answer")
    expect([each.text for each in probe.attempts], ["asked"], "what was begun")


async def a_request_is_answered_by_a_step(site: HostSite) -> None:
    async def reply(context: ActionContext, input: Act.Input) -> Result:
        await context.answer(Response(201, b"from the step"))
        return await answer(context, input)

    probe = Probe(receive=reply)
    addresses = _opening(probe, Hook(answer_within_s=site.patience_s))
    async with staged(site, probe, is_started=False) as stage:
        await _start(stage, "hooks")
        found = await _request(stage, addresses[0])
        await stage.until_steps(1, "completed")

    expect(found, (201, b"from the step"), "the answer")


async def a_request_that_no_step_answers_in_time_is_told_so(site: HostSite) -> None:
    is_answered = asyncio.Event()

    async def wait(context: ActionContext, input: Act.Input) -> Result:
        await is_answered.wait()
        return await answer(context, input)

    probe = Probe(receive=wait)
    addresses = _opening(probe, Hook(answer_within_s=SOON_S))
    async with staged(site, probe, is_started=False) as stage:
        await _start(stage, "hooks")
        status, _ = await _request(stage, addresses[0])
        is_answered.set()
        await stage.until_steps(1, "completed")

    expect(status, 504, "the status")


async def a_request_with_a_method_that_was_not_named_is_refused(site: HostSite) -> None:
    probe = Probe()
    addresses = _opening(probe, Hook(methods=("PUT",)))
    async with staged(site, probe, is_started=False) as stage:
        await _start(stage, "hooks")
        status, _ = await _request(stage, addresses[0])
        await stage.settle()

        expect((status, len(probe.attempts)), (405, 0), "the status, and how much was begun")


async def an_address_is_one_flows_and_stays_the_same(site: HostSite) -> None:
    probe = Probe()
    addresses = _opening(probe, Hook())
    async with staged(site, probe, is_started=False) as stage:
        await _start(stage, "hooks")
        await stage.host.start("other", "ann", HALL)
        await stage.host.stop_flow("flow")
        await stage.host.start("flow", "ann", HALL)
        await _request(stage, addresses[0])
        await stage.until_steps(1, "completed")
        others = await stage.host.steps("other")

    first, other, again = addresses
    expect((again, other != first, len(others)), (first, True, 0), "the addresses")


async def a_flow_that_is_stopped_takes_no_requests(site: HostSite) -> None:
    probe = Probe()
    addresses = _opening(probe, Hook())
    async with staged(site, probe, is_started=False) as stage:
        await _start(stage, "hooks")
        await stage.host.stop_flow("flow")
        status, _ = await _request(stage, addresses[0])
        await stage.settle()

    require(status >= 400, f"it is answered {status}")  # no success
    expect(probe.attempts, [], "what was begun")


async def a_time_that_came_while_no_process_ran_is_not_lost(site: HostSite) -> None:
    due_at = _in(SOON_S)

    async def ask(context: TriggerContext) -> None:
        await context.add_schedule(Once(due_at))

    async with staged(site, Probe(begins=ask), is_started=False) as stage:
        await _start(stage, "schedules")
        await stage.host.kill()
        begun_before = len(stage.probe.attempts)
        await asyncio.sleep(2 * SOON_S)
        await stage.open_again()
        await stage.until_steps(1, "completed")
        await stage.settle()

        texts = [each.text for each in stage.probe.attempts[begun_before:]]
        expect(texts, [WOKEN] if not begun_before else [], "what was begun afterwards")


def _in(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time() + seconds, UTC)


def _opening(probe: Probe, hook: Hook) -> list[str]:
    """Let triggers open an address at their start; return the list of those that they get."""
    addresses: list[str] = []

    async def ask(context: TriggerContext) -> None:
        addresses.append(await context.open_hook(hook))

    probe.begins = ask
    return addresses


async def _start(stage: Stage, offer: str) -> None:
    """Start the flow; raise NotOfferedError where the host says so, and keeps to it."""
    if offer not in stage.site.does_not_offer:
        await stage.host.start("flow", "ann", HALL)
        return
    try:
        await stage.host.start("flow", "ann", HALL)
    except RejectedError as error:
        raise NotOfferedError(f"This host offers no {offer}: {error}") from None
    raise AssertionError(f"it starts a flow that asks for {offer}, and says it offers none")


async def _request(stage: Stage, address: str) -> tuple[int, bytes]:
    try:
        async with asyncio.timeout(stage.site.patience_s):
            return await stage.host.request(address, b"asked")
    except TimeoutError:
        raise AssertionError("the request is not answered") from None


STARTS = (
    a_trigger_is_woken_at_its_time_and_once,
    a_trigger_is_woken_again_and_again_until_its_flow_stops,
    a_flow_that_is_started_twice_is_woken_once,
    a_request_is_answered_as_soon_as_its_run_is_stored,
    a_request_is_answered_by_a_step,
    a_request_that_no_step_answers_in_time_is_told_so,
    a_request_with_a_method_that_was_not_named_is_refused,
    an_address_is_one_flows_and_stays_the_same,
    a_flow_that_is_stopped_takes_no_requests,
)
