"""A plugin is asked what the actions of a flow that has started will miss."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from appmixer.engine.contract import Account, JsonObject, RejectedError
from appmixer.engine.flows import start_warnings
from appmixer.engine.host.engine import Engine

from ..conftest import Echo

pytestmark = pytest.mark.anyio

SAY = {"type": "test.echo.Say", "account": "keys", "source": {"in": {"incoming": ["heard"]}}}
FLOW: dict[str, Any] = {
    "name": "Echo",
    "components": {
        "incoming": {"type": "test.echo.Heard", "account": "keys"},
        "first": {**SAY, "input": {"text": "{{ incoming.heard.text }}", "pin": "1234"}},
        "second": {**SAY, "input": {"text": "hi"}},
    },
}
Actions = Sequence[tuple[str, JsonObject]]


async def start(engine: Engine, owner: str) -> dict[str, Any]:
    await engine.flows.put(owner, "echo", FLOW)
    return await engine.flows.start(owner, "echo")


async def test_it_gets_the_actions_of_an_account_at_once_and_without_their_secrets(
    engine: Engine, owner: str, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Actions]] = []

    async def warn(account: Account, actions: Actions) -> Sequence[str]:
        asked.append((account.name, actions))
        return ["Nobody listens."]

    monkeypatch.setattr(echo, "start_warnings", warn, raising=False)
    started = await start(engine, owner)

    first, second = {"text": "{{ incoming.heard.text }}"}, {"text": "hi"}
    assert asked == [("keys", [("test.echo.Say", first), ("test.echo.Say", second)])]
    assert started["warnings"] == ["Nobody listens."]


async def refuses(account: Account, actions: Actions) -> Sequence[str]:
    raise RejectedError("Not told", "The service is closed.")


async def breaks(account: Account, actions: Actions) -> Sequence[str]:
    raise RuntimeError("a fault of the plugin")


async def never_ends(account: Account, actions: Actions) -> Sequence[str]:
    await asyncio.Event().wait()
    raise AssertionError("nobody ends it")


@pytest.mark.parametrize("warn", [refuses, breaks, never_ends])
async def test_a_plugin_that_cannot_tell_keeps_no_flow_from_starting(
    engine: Engine,
    owner: str,
    echo: Echo,
    monkeypatch: pytest.MonkeyPatch,
    warn: Callable[[Account, Actions], Awaitable[Sequence[str]]],
) -> None:
    monkeypatch.setattr(start_warnings, "PATIENCE_S", 0.05)
    monkeypatch.setattr(echo, "start_warnings", warn, raising=False)

    started = await start(engine, owner)

    assert (started["state"], started["warnings"]) == ("running", [])
