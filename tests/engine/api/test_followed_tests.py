"""A component's test waits a moment for what becomes of what it did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import (
    ActionContext,
    Connector,
    Fate,
    FateState,
    RejectedError,
    Wait,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine
from appmixer.engine.runs import followed

from ..conftest import CONNECTOR, MANIFEST, Echo, Said, Say, echo_module

pytestmark = pytest.mark.anyio

Until = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
BLOCKED = RejectedError("Not delivered", "The person has blocked you.", "Ask elsewhere.", code=47)
TOLD: dict[str, list[FateState]] = {
    "delivered": ["accepted", "delivered"],
    "late": ["delivered", "accepted"],
    "failed": ["failed"],
    "waits": ["delivered"],
    "silent": [],
    "taken": ["accepted"],
}


class Send(Say):
    """https://example.org/send"""

    label = "Send"
    has_later_fate = True

    async def receive(self, context: ActionContext, input: Any) -> Said | Wait | None:
        if input.text == "refused":
            raise RejectedError("Refused", "Nobody is there.")
        said, plugin = Said(text=input.text, step=context.step_id), context.plugin
        assert isinstance(plugin, Echo)
        plugin.acts.append((context.step_id, input.text, ""))
        for state in TOLD[input.text]:
            why = BLOCKED if state == "failed" else None
            await plugin.host.report_fates([Fate(context.step_id, state, NOON, why)])
        if input.text != "waits":
            return said
        await context.send(self.port, said)
        return Wait("never", 3600.0, {}, "It waits.")


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = echo_module()
    [*entries, say] = MANIFEST["components"]
    send = {**say, "name": "test.echo.Send", "label": "Send", "schema": "schemas/Send.json"}
    module.appmixer_manifest = hookimpl(lambda: {**MANIFEST, "components": [*entries, say, send]})
    components = module.appmixer_components()
    module.appmixer_components = hookimpl(lambda: {**components, "test.echo.Send": Send})
    return connectors_of(module)


@pytest.fixture
def for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a moment be so long that no test would end by it."""
    monkeypatch.setattr(followed, "FOLLOWED_FOR_S", 3600.0)


@pytest.fixture
def hardly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a moment be over at once."""
    monkeypatch.setattr(followed, "FOLLOWED_FOR_S", 0.0)


async def act_once(client: httpx.AsyncClient, text: str, name: str = "Send") -> dict[str, Any]:
    content = {"account": "keys", "input": {"text": text}}
    answer = await client.post(f"/api/components/test.echo.{name}/test", json=content)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("text", "status", "state", "code"),
    [
        ("delivered", "completed", "delivered", None),
        ("late", "completed", "delivered", None),
        ("failed", "completed", "failed", 47),
        ("waits", "waiting", "delivered", None),
    ],
)
async def test_what_has_become_of_it_stands_in_the_answer(
    admin: httpx.AsyncClient,
    owner: str,
    for_hours: None,
    text: str,
    status: str,
    state: str,
    code: int | None,
) -> None:
    answer = await act_once(admin, text)

    assert answer["status"] == status
    fate = answer["fate"]
    assert (fate["state"], fate["reasons"], fate["silentSince"]) == (state, [], None)
    assert datetime.fromisoformat(fate["at"]) == NOON
    assert (fate["error"] or {"code": None})["code"] == code


async def test_it_is_waited_for_without_holding_anything_else(
    admin: httpx.AsyncClient, owner: str, echo: Echo, for_hours: None, until: Until
) -> None:
    first = asyncio.ensure_future(act_once(admin, "silent"))

    async def has_acted() -> bool:
        return bool(echo.acts)

    await until(has_acted)
    [(step_id, _, _)] = echo.acts
    second = await act_once(admin, "delivered")
    await echo.host.report_fates([Fate(step_id, "read", NOON)])

    assert (second["fate"]["state"], (await first)["fate"]["state"]) == ("delivered", "read")


@pytest.mark.parametrize("text", ["silent", "taken"])
async def test_what_is_only_accepted_after_a_moment_is_said_not_to_be_delivered(
    admin: httpx.AsyncClient, owner: str, hardly: None, text: str
) -> None:
    answer = await act_once(admin, text)

    fate = answer["fate"]
    assert (answer["status"], fate["state"], fate["error"]) == ("completed", "accepted", None)
    [reason] = fate["reasons"]
    assert "accepted it, which is not delivered" in reason["finding"]


async def test_what_has_not_been_done_or_has_no_later_fate_is_not_waited_for(
    admin: httpx.AsyncClient, owner: str, for_hours: None
) -> None:
    assert (await act_once(admin, "refused"))["fate"] is None
    assert (await act_once(admin, "hi", "Say"))["fate"] is None


async def test_another_connectors_word_of_it_does_not_count(engine: Engine, echo: Echo) -> None:
    steps = engine.fates.followed
    with steps.follow(CONNECTOR, "trial-1") as mine:
        steps.hear("test:other", [Fate("trial-1", "failed", NOON)])
        assert mine.fate is None
        await echo.host.report_fates([Fate("trial-1", "read", NOON)])
    await echo.host.report_fates([Fate("trial-1", "played", NOON)])

    assert mine.fate == Fate("trial-1", "read", NOON)
