"""What a host keeps for a connector, counts for it and shows of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ..context import ActionContext
from ..errors import RejectedError, ThrottledError
from .adapter import HostSite
from .probe import SECRET, Act, Probe, Result, answer
from .stage import NO_ENTRIES, expect, require, staged

FORGOTTEN_AFTER_S = 0.05


async def the_store_keeps_finds_adds_and_forgets(site: HostSite) -> None:
    found: list[object] = []

    async def use(context: ActionContext, input: Act.Input) -> Result:
        store = context.store
        await store.put({"a:1": {"of": [1, None]}, "a:2": "two", "b_1": 1.5})
        found.append(await store.get(["a:1", "none"]))
        found.append([await store.add("a:1", "other"), await store.add("a:3", "three")])
        found.append(sorted(await store.scan("a:")))
        await store.delete(["a:2", "none"])
        await store.put({"b:1": "short"}, expires_in_s=FORGOTTEN_AFTER_S)
        await asyncio.sleep(2 * FORGOTTEN_AFTER_S)
        found.append([await store.get(["a:2", "b:1"]), await store.add("b:1", "new")])
        return await answer(context, input)

    async with staged(site, Probe(receive=use)) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")

    kept = {"of": [1, None]}
    expect(
        found,
        [{"a:1": kept}, [kept, None], ["a:1", "a:2", "a:3"], [NO_ENTRIES, None]],
        "the entries",
    )


async def a_store_is_the_connectors_and_a_state_is_each_steps_own(site: HostSite) -> None:
    found: list[object] = []

    async def look(context: ActionContext, input: Act.Input) -> Result:
        found.append([await context.state.get(["key"]), await context.store.get(["key"])])
        await context.state.put({"key": input.text})
        await context.store.put({"key": input.text})
        return await answer(context, input)

    async with staged(site, Probe(receive=look)) as stage:
        await stage.host.start("other", "ann", {"room": "attic"})
        for text, room in (("one", "hall"), ("two", "attic"), ("three", "hall")):
            await stage.say(text, room=room)
            await stage.until_noted(f"heard {text}")
            flow, count = ("other", 1) if room == "attic" else ("flow", 1 + (text == "three"))
            await stage.until_steps(count, flow=flow)
        shared = await stage.probe.host.store.get(["key"])

    expect(
        found,
        [[NO_ENTRIES, NO_ENTRIES], [NO_ENTRIES, {"key": "one"}], [{"key": "one"}, {"key": "two"}]],
        "state and store of each step",
    )
    expect(shared, {"key": "three"}, "the plugin's store")


async def what_is_put_with_a_step_is_there_when_it_has_ended(site: HostSite) -> None:
    async def put(context: ActionContext, input: Act.Input) -> Result:
        await context.put_with_step({"with": input.text})
        return await answer(context, input)

    async with staged(site, Probe(receive=put)) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")

        expect(await stage.probe.host.store.get(["with"]), {"with": "one"}, "the store")


async def a_quota_is_counted_for_each_key(site: HostSite) -> None:
    found: list[object] = []

    async def take(context: ActionContext, input: Act.Input) -> Result:
        for key in ("x", "x", "y", "x"):
            try:
                await context.quota.take("calls", key)
                found.append(key)
            except ThrottledError as error:
                found.append(error.retry_after_s > 0)
        return await answer(context, input)

    async with staged(site, Probe(receive=take)) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")

    expect(found, ["x", "x", "y", True], "what was granted, and refused with a time")


async def a_file_is_read_as_it_was_saved(site: HostSite) -> None:
    content = bytes(range(256)) * 1000
    found: list[object] = []

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]

    async def use(context: ActionContext, input: Act.Input) -> Result:
        saved = await context.files.save("all.bin", "application/x-all", chunks())
        found.append((saved.name, saved.media_type, saved.size_bytes))
        found.append(await context.files.describe(saved.id) == saved)
        found.append(b"".join([each async for each in context.files.read(saved.id)]) == content)
        try:
            await context.files.describe("none")
        except RejectedError:
            found.append("refused")
        return await answer(context, input)

    async with staged(site, Probe(receive=use)) as stage:
        await stage.say("one")
        await stage.until_steps(1, "completed")

    facts = ("all.bin", "application/x-all", len(content))
    expect(found, [facts, True, True, "refused"], "facts, facts once more, content, no file")


async def a_plugin_reads_what_the_administrator_has_set(site: HostSite) -> None:
    async with staged(site) as stage:
        host = stage.probe.host

        expect(host.configuration.get("secret"), SECRET, "the value of the key")
        require(host.base_url.startswith("http"), "base_url is no address")
        expect((await host.account(await _account_id(stage.probe))).name, "ann", "the account")


async def _account_id(probe: Probe) -> str:
    assert probe.plugin is not None
    [account_id] = {each.account_id for each in probe.plugin.listeners}
    return account_id


async def no_log_and_no_record_shows_a_secret(site: HostSite) -> None:
    async def tell(context: ActionContext, input: Act.Input) -> Result:
        token = await context.account.access_token()
        context.log.warning("telling", access_token=token, sesame="open-1", why="it was SES-1234")
        raise ZeroDivisionError(f"{SECRET}, sesame=open-2, SES-5678, access_token={token}")

    async with staged(site, Probe(receive=tell)) as stage:
        await stage.say("one", pin="739154")
        [step] = await stage.until_steps(1, "failed")

        told = stage.host.logged() + step.shown
        require("telling" in told, "the log does not show what a component tells it")
        for secret in ("token-ann", "open-1", "open-2", "SES-1234", "SES-5678", "739154"):
            require(secret not in told, f"{secret} is shown")


async def what_steps_share_is_their_flows_or_their_owners(site: HostSite) -> None:
    found: list[object] = []

    async def share(context: ActionContext, input: Act.Input) -> Result:
        of_flow, of_owner = context.shared("flow"), context.shared("owner")
        found.append([await each.get(["key"]) for each in (of_flow, of_owner)])
        await of_flow.put({"key": input.text})
        await of_owner.put({"key": input.text})
        found.append([await of_flow.increase("sum", 2), await of_owner.increase("sum", 1.5)])
        return await answer(context, input)

    async with staged(site, Probe(receive=share)) as stage:
        await stage.host.start("other", "ann", {"room": "attic"})
        await stage.say("one", room="hall")
        await stage.until_steps(1, "completed")
        await stage.say("two", room="attic")
        await stage.until_steps(1, "completed", flow="other")

    of_one = {"key": "one"}
    expect(
        found,
        [[NO_ENTRIES, NO_ENTRIES], [2, 1.5], [NO_ENTRIES, of_one], [2, 3.0]],
        "what a flow and an owner share",
    )


KEEPING = (
    the_store_keeps_finds_adds_and_forgets,
    a_store_is_the_connectors_and_a_state_is_each_steps_own,
    what_is_put_with_a_step_is_there_when_it_has_ended,
    what_steps_share_is_their_flows_or_their_owners,
    a_quota_is_counted_for_each_key,
    a_file_is_read_as_it_was_saved,
    a_plugin_reads_what_the_administrator_has_set,
    no_log_and_no_record_shows_a_secret,
)
