"""The doctor tells a number that nobody has written to from events that do not arrive."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from appmixer.engine.contract import Event, Listener
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

WABA = "102290129340398"


async def found(host: RecordingHost, plugin: WhatsApp, meta: respx.MockRouter) -> list[Any]:
    meta.route(host="graph.facebook.com").respond(400, json={"error": {"code": 100}})
    profile: dict[str, Any] = {"businessAccountId": WABA, "wabaIds": [WABA]}
    checks = await plugin.checks(StandInAccount(profile=profile))
    return [each for each in checks if each.name.startswith("messages")]


def listen(host: RecordingHost, topic: str = f"messages:{WABA}") -> None:
    host.listening["flow-1/incoming"] = Listener("flow-1/incoming", topic, {}, "account-1")


def came(kind: str, waba_id: str = WABA) -> Event:
    return Event(f"{kind}:{waba_id}", kind, {"wabaId": waba_id})


@pytest.mark.parametrize(
    ("events", "state", "words"),
    [
        ([], "advice", "No status has come either"),
        ([came("message", "2002"), came("status", "2002")], "advice", "No status has come either"),
        ([came("status")], "advice", "Statuses of what was sent do come"),
        ([came("message")], "fine", "the last message came about 2026-09-21 14:00 UTC."),
    ],
)
async def test_what_has_come_is_a_finding_where_a_flow_listens_to_messages(
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    events: list[Event],
    state: str,
    words: str,
) -> None:
    plugin = WhatsApp(host)
    listen(host)
    for event in events:
        await plugin.before_routing([event])

    [check] = await found(host, plugin, respx_mock)

    assert (check.name, check.state) == (f"messages {WABA}", state)
    assert words in check.finding


async def test_where_no_flow_listens_to_messages_nothing_is_said(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    listen(host, f"statuses:{WABA}")

    assert await found(host, WhatsApp(host), respx_mock) == []


async def test_that_messages_come_is_written_once_an_hour(host: RecordingHost) -> None:
    plugin = WhatsApp(host)
    written: list[float] = []
    put = host.store.put

    async def counted(entries: Any, *, expires_in_s: float | None = None) -> None:
        written.append(host.clock.now)
        await put(entries, expires_in_s=expires_in_s)

    host.store.put = counted  # type: ignore[method-assign]  # it is counted, and done
    for _ in range(3):
        await plugin.before_routing([came("message")])
    host.clock.advance(3600)
    await plugin.before_routing([came("message")])

    assert len(written) == 2
