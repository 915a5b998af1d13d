"""What a send says when nothing more is heard of its message, where Meta tells little."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from appmixer.engine.contract import Check, Event, JsonObject
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

WABA, NUMBER = "102290129340398", "106540352242922"
HEALTH = f"https://graph.facebook.com/v25.0/{NUMBER}"
OUTPUT: dict[str, Any] = {
    "messageId": "wamid.1",
    "phoneNumberId": NUMBER,
    "status": "accepted",
    "contactWaId": "16505551234",
    "acceptedAt": "2026-09-21T14:13:20Z",
    "window": {"state": "unknown"},
}


async def reasons(context: RecordingContext, plugin: WhatsApp, **output: Any) -> list[Check]:
    """Return what is said of a message of which only `sent` was heard."""
    status: JsonObject = {"id": "wamid.1", "status": "sent"}
    event = Event("sent", "status", {"wabaId": WABA, "status": status})
    await plugin.before_routing([event])
    return [*await SendText().why_silent(context, {}, {**OUTPUT, **output})]


def limited(text: str) -> dict[str, Any]:
    error = {"error_code": 1, "error_description": text, "possible_solution": "Mend it."}
    entity = {"entity_type": "WABA", "id": WABA, "can_send_message": "LIMITED", "errors": [error]}
    return {"health_status": {"entities": [entity]}}


async def test_of_a_step_that_sent_nothing_nothing_is_said_or_asked(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    assert await SendText().why_silent(context, {}, {}) == []
    assert not respx_mock.calls


async def test_a_health_that_cannot_be_read_costs_no_other_reason(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    error = {"error": {"message": "No", "code": 100}}
    respx_mock.get(HEALTH).respond(400, json=error)

    found = await reasons(context, plugin)

    assert [each.name for each in found] == ["window", "phone", "blocked", "payment", "sending"]
    assert found[-1].finding.startswith("Meta does not tell how the number stands: ")
    assert found[-1].state == "advice"


async def test_of_a_group_neither_window_nor_phone_is_said(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(HEALTH).respond(json={})

    assert await reasons(context, plugin, groupId="Y2FwaV9ncm91cDox") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The quality is low.", ["window", "phone", "blocked", "payment", "sending"]),
        ("Add a payment method.", ["payment", "window", "phone", "blocked"]),
    ],
    ids=["a limit comes last", "want of payment comes first, and once"],
)
async def test_what_only_limits_a_number_is_said_once(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    text: str,
    names: list[str],
) -> None:
    respx_mock.get(HEALTH).respond(json=limited(text))

    found = await reasons(context, plugin)

    assert [each.name for each in found] == names
    [told] = [each for each in found if text in each.finding]
    assert (told.state, told.name) == ("advice", names[-1] if text[0] == "T" else "payment")
