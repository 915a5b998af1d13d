"""What becomes of what a step did, told after the step has ended, or before."""

from __future__ import annotations

from datetime import UTC, datetime

from ..context import ActionContext
from ..values import Fate, FateState
from .adapter import HostSite
from .probe import Act, Probe, Result, answer
from .stage import expect, staged


async def the_furthest_fate_stays_in_whatever_order_it_is_told(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")
        told: tuple[FateState, ...] = ("accepted", "read", "delivered")
        for state in told:
            await _tell(stage.probe, stage.probe.attempts[0].step_id, state)
        [step] = await stage.host.steps("flow")

    expect(step.fate, "read", "the fate of the step")


async def a_fate_that_is_told_before_the_step_has_ended_is_kept(site: HostSite) -> None:
    probe = Probe()

    async def tell_and_end(context: ActionContext, input: Act.Input) -> Result:
        await _tell(probe, context.step_id, "delivered")
        return await answer(context, input)

    probe.receive = tell_and_end
    async with staged(site, probe) as stage:
        await stage.say("one")
        [step] = await stage.until_steps(1, "completed")

    expect(step.fate, "delivered", "the fate of the step")


async def a_fate_that_is_told_before_routing_is_kept(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")
        step_id = stage.probe.attempts[0].step_id
        stage.probe.before = lambda: _tell(stage.probe, step_id, "read")
        await stage.say("two")

        async def is_kept() -> bool:
            return sorted(each.fate for each in await stage.host.steps("flow")) == ["", "read"]

        await stage.until(is_kept, "the first step is not `read`, or the second one is")


async def a_fate_of_a_step_that_there_is_not_holds_up_nothing(site: HostSite) -> None:
    async with staged(site) as stage:
        try:
            await _tell(stage.probe, "none", "delivered")
        except Exception as error:  # whatever it is, the connector has done nothing wrong
            raise AssertionError(f"it is answered by {error!r}") from error
        await stage.say("one")
        [step] = await stage.until_steps(1, "completed")

    expect(step.fate, "", "the fate of another step")


async def _tell(probe: Probe, step_id: str, state: FateState) -> None:
    await probe.host.report_fates([Fate(step_id, state, datetime.now(UTC))])


FATES = (
    the_furthest_fate_stays_in_whatever_order_it_is_told,
    a_fate_that_is_told_before_the_step_has_ended_is_kept,
    a_fate_that_is_told_before_routing_is_kept,
    a_fate_of_a_step_that_there_is_not_holds_up_nothing,
)
