"""Everything that a connector is given says whose it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appmixer.engine.contract import (
    Account,
    ActionContext,
    Connector,
    Credentials,
    HostContext,
    JsonObject,
    Listener,
    RejectedError,
    TriggerContext,
    Wait,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine

from ..conftest import CONNECTOR, MANIFEST, Echo, Heard, Keys, Said, Say, echo_module

pytestmark = pytest.mark.anyio

FLOW: dict[str, Any] = {
    "name": "Echo",
    "components": {
        "incoming": {"type": "test.echo.Heard", "account": "keys"},
        "reply": {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": {"incoming": ["heard"]}},
            "input": {"text": "hi"},
        },
    },
}


class Watching(Echo):
    """A plugin that notes whom it was told of; `seen` is (where, owner)."""

    def __init__(self, host: HostContext) -> None:
        super().__init__(host)
        self.seen: set[tuple[str, str]] = set()

    async def listener_added(self, listener: Listener, account: Account) -> None:
        self.seen |= {("added", listener.owner_id), ("account", account.owner_id)}
        await super().listener_added(listener, account)

    async def listener_removed(self, listener: Listener, account: Account) -> None:
        self.seen.add(("removed", listener.owner_id))


class Noting(Heard):
    async def stop(self, context: TriggerContext) -> None:
        if context.properties.only == "stuck":
            raise RejectedError("Not now")
        await super().stop(context)

    async def receive(self, context: TriggerContext, event: JsonObject) -> Heard.Output | None:
        assert isinstance(context.plugin, Watching)
        context.plugin.seen.add(("trigger", context.owner_id))
        return await super().receive(context, event)


class Saying(Say):
    async def receive(self, context: ActionContext, input: Say.Input) -> Said | Wait | None:
        assert isinstance(context.plugin, Watching)
        context.plugin.seen.add(("action", context.owner_id))
        return await super().receive(context, input)


class Asked(Keys):
    """A provider that notes whose credentials it gets."""

    seen: set[tuple[str, str]]

    async def refresh(self, credentials: Credentials) -> Credentials:
        self.seen.add(("refresh", credentials.owner_id))
        return credentials

    async def validate(self, credentials: Credentials) -> JsonObject:
        self.seen.add(("validate", credentials.owner_id))
        return credentials.profile

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        self.seen.add(("settings", credentials.owner_id))
        return credentials.profile


@pytest.fixture
def connectors() -> dict[str, Connector]:
    asked = Asked()
    asked.seen = set()

    def plugin(host: HostContext) -> Watching:
        return Watching(host)

    module: Any = echo_module()
    module.appmixer_manifest = hookimpl(lambda: MANIFEST)
    module.appmixer_components = hookimpl(
        lambda: {"test.echo.Heard": Noting, "test.echo.Say": Saying}
    )
    module.appmixer_plugin = hookimpl(plugin)
    module.appmixer_account_provider = hookimpl(lambda: asked)
    return connectors_of(module)


async def test_whose_it_is_stands_in_every_context(
    engine: Engine,
    owner: str,
    hear: Callable[..., Awaitable[None]],
    ended_runs: Callable[..., Awaitable[list[dict[str, Any]]]],
) -> None:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Watching)

    await engine.flows.put(owner, "echo", FLOW)
    await engine.flows.start(owner, "echo")
    await hear("hello")
    await ended_runs(owner, 1)
    await engine.flows.stop(owner, "echo")
    for version in ({"only": "stuck"}, {"room": "cellar"}):
        incoming = {**FLOW["components"]["incoming"], "input": version}
        await engine.flows.put(owner, "stuck", {**FLOW, "components": {"incoming": incoming}})
        await engine.flows.start(owner, "stuck")

    places = {"added", "account", "removed", "trigger", "action"}
    assert plugin.seen == {(place, owner) for place in places}


async def test_whose_credentials_they_are_is_told_to_the_provider(
    engine: Engine, owner: str
) -> None:
    provider = engine.providers[CONNECTOR]
    assert isinstance(provider, Asked)
    [account] = await engine.accounts.list(owner)

    await engine.accounts.change_settings(owner, account["id"], {"tongue": "de"})
    await engine.accounts.proofs.prove_now(owner, account["id"])
    await engine.accounts.renewal.refresh_now(owner, account["id"])
    other = await engine.owners.create("Other")
    names = {each["name"]: each["id"] for each in await engine.owners.list()}
    await engine.accounts.connect_token(
        names["Other"], CONNECTOR, "attic", settings={"tongue": "de"}
    )

    assert other["name"] == "Other"
    assert provider.seen == {
        ("settings", owner),
        ("validate", owner),
        ("refresh", owner),
        ("settings", names["Other"]),
    }
