"""The host of docs/hosting.md runs a trigger, an action and a wait of our connector."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import respx
from freezegun import freeze_time

from appmixer.engine.contract import Request, Response, load_connectors

from .minimal_site import load_minimal_host

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
WEBHOOKS = ROOT / "sandbox" / "fixtures" / "webhooks"
WABA, APP = "102290129340398", "100000000000001"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"
CONFIGURATION = {
    "clientId": APP,
    "clientSecret": "app-secret",
    "verifyToken": "verify",
    "graphUrl": "https://graph.facebook.com",
    "dialogUrl": "https://www.facebook.com",
    "graphVersion": "v25.0",
}


@pytest.fixture(scope="module")
def minimal_host() -> ModuleType:
    module = load_minimal_host()
    # Before any test stops the clock: pydantic makes no model of a frozen one's types.
    for connector in load_connectors().values():
        connector.components()
    return module


@pytest.fixture
async def host(minimal_host: Any) -> AsyncIterator[Any]:
    """The page's host with our connector and an account, as the page says how to use it."""
    async with httpx.AsyncClient() as http:
        connector = load_connectors()["appmixer:whatsapp"]
        async with minimal_host.Host(connector, CONFIGURATION, http) as host:
            profile = {"businessAccountId": WABA, "wabaIds": [WABA]}
            host.accounts["acme"] = minimal_host.Account("acme", "acme", profile, "token")
            yield host


def meta_shares_the_waba(respx_mock: respx.MockRouter) -> None:
    scopes = ["whatsapp_business_messaging", "whatsapp_business_management"]
    granted = [{"scope": scope, "target_ids": [WABA]} for scope in scopes]
    token = {"app_id": APP, "is_valid": True, "scopes": scopes, "granular_scopes": granted}
    webhook = {
        "object": "whatsapp_business_account",
        "callback_url": "https://api.example/plugins/appmixer/whatsapp/events",
        "active": True,
        "fields": [{"name": "messages", "version": "v25.0"}],
    }
    graph = "https://graph.facebook.com/v25.0"
    respx_mock.get(f"{graph}/debug_token").respond(json={"data": token})
    respx_mock.get(f"{graph}/{APP}/subscriptions").respond(json={"data": [webhook]})
    respx_mock.get(f"{graph}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
    number = {"id": "106540352242922", "platform_type": "CLOUD_API"}
    respx_mock.get(f"{graph}/{WABA}/phone_numbers").respond(json={"data": [number]})
    respx_mock.get(f"{graph}/{WABA}/subscribed_apps").respond(json={"data": []})
    respx_mock.post(f"{graph}/{WABA}/subscribed_apps").respond(json={"success": True})


def meta_lists_the_number(respx_mock: respx.MockRouter) -> None:
    numbers = f"https://graph.facebook.com/v25.0/{WABA}/phone_numbers"
    respx_mock.get(numbers).respond(json={"data": [{"id": "106540352242922"}]})


async def deliver(host: Any, body: dict[str, Any]) -> Response:
    """Post a signed webhook to the address that the plugin asked for, and let it be worked off."""
    content = json.dumps(body).encode()
    digest = hmac.new(b"app-secret", content, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={digest}"}
    response: Response = await host.answer(Request("POST", "/events", {}, headers, content))
    await host.settled()
    return response


def body_of(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((WEBHOOKS / f"{name}.json").read_text("utf-8"))
    return body


@freeze_time("2026-09-21T14:14:00Z")
async def test_a_message_starts_a_flow_that_answers_and_waits_for_an_unanswered_send(
    host: Any, respx_mock: respx.MockRouter
) -> None:
    meta_shares_the_waba(respx_mock)
    meta_lists_the_number(respx_mock)
    messages = "https://graph.facebook.com/v25.0/106540352242922/messages"
    sending = respx_mock.post(messages).mock(side_effect=httpx.ReadTimeout("slow"))

    async def reply(message: Any) -> None:
        said = {
            "phoneNumberId": message.phone_number_id,
            "to": message.reply_to,
            "text": f"You said: {message.text['body']}",
        }
        await host.run("auto-reply/reply", "appmixer.whatsapp.SendText", "acme", said)

    await host.start("auto-reply", "appmixer.whatsapp.NewMessage", "acme", {}, reply)
    taken = await deliver(host, body_of("messages.text"))
    [step] = host.steps.values()
    waiting = list(host.waits)
    status = body_of("statuses.sent")
    told = status["entry"][0]["changes"][0]["value"]["statuses"][0]
    told["biz_opaque_callback_data"] = json.loads(
        sending.calls.last.request.content  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    )["biz_opaque_callback_data"]
    await deliver(host, status)

    assert taken.status == 200
    assert [(each.step_id, each.state) for each in host.fates.values()] == [(step.id, "accepted")]
    assert waiting == [f"step:{WABA}:{step.id}"]
    assert (host.waits, step.state) == ({}, "completed")
    [sent] = step.output["sent"]
    assert (sent.message_id, sent.delivery_status, sent.window.state) == (WAMID, "sent", "open")


async def test_a_wait_whose_time_is_over_ends_with_the_components_error(
    host: Any, respx_mock: respx.MockRouter
) -> None:
    meta_lists_the_number(respx_mock)
    messages = "https://graph.facebook.com/v25.0/106540352242922/messages"
    respx_mock.post(messages).mock(side_effect=httpx.ReadTimeout("slow"))
    said = {"phoneNumberId": "106540352242922", "to": "+16505551234", "text": "Hi"}

    step = await host.run("flow/send", "appmixer.whatsapp.SendText", "acme", said)
    before = step.state
    host.give_up(f"step:{WABA}:{step.id}")
    await host.settled()

    assert (before, step.state) == ("waiting", "failed")
    assert step.error.startswith("Nobody knows whether the message was sent.")


async def test_the_page_leads_to_the_host_that_was_tested() -> None:
    assert "(minimal_host.py)" in (ROOT / "docs" / "hosting.md").read_text("utf-8")
