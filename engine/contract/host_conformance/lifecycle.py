"""How the plugin, flows and their triggers begin and end."""

from __future__ import annotations

from ..context import TriggerContext
from ..errors import RejectedError
from ..values import JsonObject
from .adapter import HostSite
from .probe import Probe, until_cancelled
from .stage import Stage, expect, require, staged


async def the_plugin_is_started_once_and_stopped_once(site: HostSite) -> None:
    probe = Probe()
    async with staged(site, probe, is_started=False) as stage:
        expect(probe.notes.count("start"), 1, "starts of the plugin")
        expect(probe.notes.count("provider"), 1, "calls for the account provider")
        await stage.host.stop()
        await stage.host.stop()

    expect([each for each in probe.notes if each == "stop"], ["stop"], "stops of the plugin")


async def watched_work_is_cancelled_before_the_plugin_stops(site: HostSite) -> None:
    probe = Probe()
    probe.watched = lambda: until_cancelled(probe.notes, "watching")
    async with staged(site, probe, is_started=False) as stage:
        await stage.until_noted("watching begun")
        await stage.host.stop()

    begun = probe.notes.index("watching begun")
    expect(probe.notes[begun:], ["watching begun", "watching over", "stop"], "what was done")


async def watched_work_that_fails_is_begun_again(site: HostSite) -> None:
    probe = Probe()

    async def fail() -> None:
        probe.notes.append("watching begun")
        raise ZeroDivisionError("a plugin's fault")

    probe.watched = fail
    async with staged(site, probe, is_started=False) as stage:
        await stage.until_noted("watching begun", times=2)


async def properties_are_validated_before_a_trigger_starts(site: HostSite) -> None:
    async with staged(site, is_started=False) as stage:
        try:
            await stage.host.start("flow", "ann", {"room": "hall", "noSuchField": 1})
        except Exception:  # whatever the host calls it: it is its own error
            refused = True
        else:
            refused = False

        require(refused, "properties that do not fit the schema start a trigger")
        expect(await stage.probe.host.listeners("room:"), [], "listeners")


async def what_the_plugin_refuses_is_not_listened_to(site: HostSite) -> None:
    async with staged(site) as stage:
        try:
            await stage.host.start("refused", "ann", {"room": "cellar"})
        except RejectedError as error:
            said = error.title
        else:
            said = "nothing"
        await stage.say("one", room="cellar")
        await stage.say("two", room="hall")
        await stage.until_noted("heard two")

        expect(said, "No key", "what whoever starts the flow is told")
        expect(await stage.probe.host.listeners("room:"), ["room:hall"], "listeners")
        require("heard one" not in stage.probe.notes, "a refused listener hears")


async def the_plugin_is_asked_before_a_listener_is_stored(site: HostSite) -> None:
    async with staged(site) as stage:
        expect(stage.probe.notes.count("added hall of ann"), 1, "calls of listener_added")
        expect(await stage.probe.host.listeners("room:"), ["room:hall"], "listeners")
        expect(await stage.probe.host.listeners("attic"), [], "listeners of another prefix")


async def a_flow_that_is_started_twice_hears_once(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.host.start("flow", "ann", {"room": "hall"})
        await stage.say("one")
        await stage.until_steps(1)
        await stage.settle()

        expect(await stage.probe.host.listeners("room:"), ["room:hall"], "listeners")
        expect(stage.probe.notes.count("heard one"), 1, "times that the trigger has heard it")
        await stage.until_steps(1)


async def a_flow_that_is_stopped_twice_hears_no_more(site: HostSite) -> None:
    async with staged(site) as stage:
        await stage.host.start("other", "ann", {"room": "attic"})
        await stage.host.stop_flow("flow")
        await stage.host.stop_flow("flow")
        await stage.say("one", room="hall")
        await stage.say("two", room="attic")
        await stage.until_noted("heard two")

        require("removed hall" in stage.probe.notes, "the plugin is not told that it is over")
        expect(await stage.probe.host.listeners("room:"), ["room:attic"], "listeners")
        require("heard one" not in stage.probe.notes, "a stopped flow hears")


async def what_actions_rely_on_is_listened_to_and_begins_no_run(site: HostSite) -> None:
    probe = Probe()
    probe.relied_on = ["room:attic"]
    async with staged(site, probe) as stage:
        assert probe.plugin is not None
        relied_on = [each.topic for each in probe.plugin.listeners if not each.begins_runs]
        heard = sorted(await probe.host.listeners("room:"))
        await stage.say("one", room="attic")
        await stage.say("two", room="hall")
        await stage.until_noted("heard two")
        await stage.until_steps(1)
        await stage.host.stop_flow("flow")

        expect(relied_on, ["room:attic"], "listeners that begin no runs")
        expect(heard, ["room:attic", "room:hall"], "listeners")
        require("heard one" not in probe.notes, "a trigger hears what an action relies on")
        require("removed attic" in probe.notes, "the plugin is not told that it is over")
        expect(await probe.host.listeners("room:"), [], "listeners of a stopped flow")


async def what_actions_rely_on_keeps_no_flow_from_starting(site: HostSite) -> None:
    probe = Probe()
    async with staged(site, probe, is_started=False) as stage:
        probe.relied_on = ["room:cellar"]
        await _start(stage, "refused", "hall")
        refused = sorted(await probe.host.listeners("room:"))
        probe.relied_on = ZeroDivisionError("a component's fault")
        await _start(stage, "broken", "attic")
        await stage.say("one", room="hall")
        await stage.say("two", room="attic")
        await stage.until_noted("heard one")
        await stage.until_noted("heard two")

        expect(refused, ["room:cellar", "room:hall"], "listeners where the plugin refuses one")


async def _start(stage: Stage, flow: str, room: str) -> None:
    try:
        await stage.host.start(flow, "ann", {"room": room})
    except Exception as error:
        raise AssertionError(f"{flow} is not started: {error}") from error


async def a_trigger_is_told_how_many_other_flows_listen(site: HostSite) -> None:
    probe = Probe()
    counts: list[int] = []

    async def count(context: TriggerContext, event: JsonObject) -> None:
        for topics in (["room:hall"], ["room:hal"], ["room"], ["room:attic", "room:hall"]):
            counts.append(await context.other_flows(topics))

    async with staged(site, probe) as stage:
        await stage.host.start("second", "ann", {"room": "hall"})
        await stage.host.start("third", "ann", {"room": "attic"})
        await stage.host.stop_flow("flow")
        probe.hears = count
        await stage.say("one")
        await stage.until_noted("heard one")
        await stage.until_steps(1, flow="second")

    expect(counts, [0, 0, 1, 1], "other flows at the same topic, a part of it, above it, at two")


async def a_trigger_is_told_which_steps_are_of_its_flow(site: HostSite) -> None:
    probe = Probe()
    found: dict[str, bool] = {}

    async def ask(context: TriggerContext, event: JsonObject) -> None:
        for each in probe.attempts:
            found[each.text] = await context.is_of_this_flow(each.step_id)
        found["nobody's"] = await context.is_of_this_flow("no-such-step")

    async with staged(site, probe) as stage:
        await stage.host.start("other", "ann", {"room": "attic"})
        await stage.say("one")
        await stage.say("two", room="attic")
        await stage.until_steps(1)
        await stage.until_steps(1, flow="other")
        probe.hears = ask
        await stage.say("three")
        await stage.until_steps(2)

    expect(
        found,
        {"one": True, "two": False, "nobody's": False},
        "whether a step of the flow, of another and of none is of the flow",
    )


async def a_step_is_over_before_the_plugin_stops(site: HostSite) -> None:
    probe = Probe()
    probe.receive = lambda context, input: _until_cancelled(probe)
    async with staged(site, probe) as stage:
        await stage.say("one")
        await stage.until_noted("step begun")
        await stage.host.stop()

    begun = probe.notes.index("step begun")
    expect(probe.notes[begun:], ["step begun", "step over", "stop"], "what was done")


async def _until_cancelled(probe: Probe) -> None:
    await until_cancelled(probe.notes, "step")


LIFECYCLE = (
    the_plugin_is_started_once_and_stopped_once,
    watched_work_is_cancelled_before_the_plugin_stops,
    watched_work_that_fails_is_begun_again,
    properties_are_validated_before_a_trigger_starts,
    what_the_plugin_refuses_is_not_listened_to,
    the_plugin_is_asked_before_a_listener_is_stored,
    a_flow_that_is_started_twice_hears_once,
    a_flow_that_is_stopped_twice_hears_no_more,
    what_actions_rely_on_is_listened_to_and_begins_no_run,
    what_actions_rely_on_keeps_no_flow_from_starting,
    a_trigger_is_told_how_many_other_flows_listen,
    a_trigger_is_told_which_steps_are_of_its_flow,
    a_step_is_over_before_the_plugin_stops,
)
