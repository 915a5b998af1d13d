"""What becomes of an event, from the service's request to the runs that it starts."""

from __future__ import annotations

import asyncio

from ..context import ActionContext
from ..errors import RejectedError
from .adapter import HostSite
from .probe import MAX_BODY_BYTES, Act, Probe, Result, answer
from .stage import expect, require, staged


async def a_body_longer_than_its_route_allows_is_refused_unseen(site: HostSite) -> None:
    async with staged(site) as stage:
        status = await stage.host.post("/events", b"x" * (MAX_BODY_BYTES + 1))

        expect(status, 413, "the answer")
        require("posted" not in stage.probe.notes, "the plugin is given it")


async def an_event_is_taken_before_what_it_starts_has_ended(site: HostSite) -> None:
    go_on = asyncio.Event()

    async def wait(context: ActionContext, input: Act.Input) -> Result:
        await go_on.wait()
        return await answer(context, input)

    async with staged(site, Probe(receive=wait)) as stage:
        try:
            async with asyncio.timeout(site.patience_s):
                await stage.say("one")
                await stage.say("two", id="another")
        except TimeoutError:
            raise AssertionError("the service waits for the run that its event starts") from None
        finally:
            go_on.set()
        await stage.until_steps(2, "completed")


async def the_plugin_has_an_event_before_any_trigger(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("one")
        await stage.until_noted("heard one")

        seen = [each for each in stage.probe.notes if each.endswith(" one")]
        expect(seen, ["before one", "heard one"], "what was done")


async def an_event_that_comes_twice_starts_one_run(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("one", id="same")
        await stage.until_steps(1, "completed")
        await stage.say("one", id="same")
        await stage.say("two")
        await stage.until_steps(2, "completed")

        expect([each.text for each in stage.probe.attempts], ["one", "two"], "what was done")


async def what_a_trigger_makes_nothing_of_starts_no_run(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.say("nothing")
        await stage.say("one")
        await stage.until_steps(1, "completed")

        expect([each.text for each in stage.probe.attempts], ["one"], "what was done")


async def events_of_one_order_are_worked_off_one_after_the_other(site: HostSite) -> None:
    probe = Probe()
    done: list[str] = []

    async def be_slow_first(context: ActionContext, input: Act.Input) -> Result:
        if input.text == "one":
            await asyncio.sleep(0.1)
        done.append(input.text)
        return await answer(context, input)

    probe.receive = be_slow_first
    async with staged(site, probe) as stage:
        for text in ("one", "two", "three"):
            await stage.say(text, order="same")
        await stage.until_steps(3, "completed")

    expect(done, ["one", "two", "three"], "what was done")


async def what_cannot_be_read_holds_up_nothing_else(site: HostSite) -> None:
    async with staged(site) as stage:
        status = await stage.host.post("/events", b"no JSON")
        await stage.say("one")
        await stage.until_steps(1, "completed")

    expect(status, 200, "the answer to what was accepted and cannot be read")


async def an_event_reaches_only_flows_that_listen_to_its_topic(site: HostSite) -> None:
    names: list[str] = []

    async def name(context: ActionContext, input: Act.Input) -> Result:
        names.append(f"{input.text} for {context.account.name}")
        return await answer(context, input)

    async with staged(site, Probe(receive=name)) as stage:
        await stage.host.connect("bob", "token-bob")
        await stage.host.start("other", "bob", {"room": "cellar"})
        await stage.say("one", room="hall")
        await stage.until_steps(1, "completed")
        await stage.say("two", room="cellar")
        await stage.until_steps(1, "completed", flow="other")
        await stage.settle()

    expect(names, ["one for ann", "two for bob"], "what was done")


async def an_account_that_no_longer_opens_a_topic_hears_nothing_of_it(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.host.start("other", "ann", {"room": "attic"})
        stage.probe.rooms["token-ann"] = {"attic"}
        await stage.host.prove("ann")
        await stage.say("one", room="hall")
        await stage.say("two", room="attic")
        await stage.until_noted("heard two")
        await stage.settle()

        require("heard one" not in stage.probe.notes, "it hears what it has no access to")


async def a_connector_without_accounts_is_given_none(site: HostSite) -> None:
    probe = Probe(has_accounts=False)
    refused: list[str] = []

    async def look(context: ActionContext, input: Act.Input) -> Result:
        try:
            refused.append(context.account.name)
        except RejectedError:
            refused.append("no account")
        return await answer(context, input)

    probe.receive = look
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")

    expect(refused, ["no account"], "the account of a step")
    require("provider" not in probe.notes, "the account provider is asked for")
    require("added hall" in probe.notes, "the listener is added with an account")


EVENTS = (
    a_body_longer_than_its_route_allows_is_refused_unseen,
    an_event_is_taken_before_what_it_starts_has_ended,
    the_plugin_has_an_event_before_any_trigger,
    an_event_that_comes_twice_starts_one_run,
    what_a_trigger_makes_nothing_of_starts_no_run,
    events_of_one_order_are_worked_off_one_after_the_other,
    what_cannot_be_read_holds_up_nothing_else,
    an_event_reaches_only_flows_that_listen_to_its_topic,
    an_account_that_no_longer_opens_a_topic_hears_nothing_of_it,
    a_connector_without_accounts_is_given_none,
)
