"""The host of docs/hosting.md runs a trigger, an action and a wait of our connector."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import respx
from freezegun import freeze_time

from appmixer.engine.contract import OutcomeUnknownError, Request, Response, load_connectors

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
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
    spec = spec_from_file_location("minimal_host", DOCS / "minimal_host.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["minimal_host"] = module
    spec.loader.exec_module(module)
    # Before any test stops the clock: pydantic makes no model of a frozen one's types.
    for connector in load_connectors().values():
        connector.components()
    return module


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
    """Post a signed webhook to the route that the plugin asked for."""
    content = json.dumps(body).encode()
    digest = hmac.new(b"app-secret", content, hashlib.sha256).hexdigest()
    [route] = [route for route in host.plugin.routes if route.method == "POST"]
    request = Request("POST", route.path, {}, {"x-hub-signature-256": f"sha256={digest}"}, content)
    response: Response = await route.answer(request)
    return response


def body_of(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((WEBHOOKS / f"{name}.json").read_text("utf-8"))
    return body


@freeze_time("2026-09-21T14:14:00Z")
async def test_a_message_starts_a_flow_that_answers_and_waits_for_an_unanswered_send(
    minimal_host: Any, respx_mock: respx.MockRouter
) -> None:
    meta_shares_the_waba(respx_mock)
    meta_lists_the_number(respx_mock)
    messages = "https://graph.facebook.com/v25.0/106540352242922/messages"
    sending = respx_mock.post(messages).mock(side_effect=httpx.ReadTimeout("slow"))
    account = minimal_host.Account("1", "acme", {"businessAccountId": WABA}, "token")
    async with httpx.AsyncClient() as http:
        host = minimal_host.Host("appmixer:whatsapp", CONFIGURATION, http)

        async def reply(message: Any) -> None:
            said = {
                "phoneNumberId": message.phone_number_id,
                "to": message.reply_to,
                "text": f"You said: {message.text['body']}",
            }
            await host.run("appmixer.whatsapp.SendText", account, said, "run-1:reply")

        await host.start("appmixer.whatsapp.NewMessage", account, {}, reply)
        taken = await deliver(host, body_of("messages.text"))
        waiting = list(host.waits)
        status = body_of("statuses.sent")
        told = status["entry"][0]["changes"][0]["value"]["statuses"][0]
        told["biz_opaque_callback_data"] = json.loads(
            sending.calls.last.request.content  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        )["biz_opaque_callback_data"]
        await deliver(host, status)

    assert taken.status == 200
    assert waiting == [f"step:{WABA}:run-1:reply"]
    assert host.waits == {}
    sent = host.outcomes["run-1:reply"]
    assert (sent.message_id, sent.delivery_status, sent.window.state) == (WAMID, "sent", "open")


async def test_a_wait_whose_time_is_over_ends_with_the_components_error(
    minimal_host: Any, respx_mock: respx.MockRouter
) -> None:
    meta_lists_the_number(respx_mock)
    messages = "https://graph.facebook.com/v25.0/106540352242922/messages"
    respx_mock.post(messages).mock(side_effect=httpx.ReadTimeout("slow"))
    account = minimal_host.Account("1", "acme", {"businessAccountId": WABA}, "token")
    said = {"phoneNumberId": "106540352242922", "to": "+16505551234", "text": "Hi"}
    async with httpx.AsyncClient() as http:
        host = minimal_host.Host("appmixer:whatsapp", CONFIGURATION, http)
        await host.run("appmixer.whatsapp.SendText", account, said, "run-1:reply")

        with pytest.raises(OutcomeUnknownError):
            await host.give_up(f"step:{WABA}:run-1:reply")


async def test_the_page_shows_the_host_that_was_tested() -> None:
    shown = (DOCS / "hosting.md").read_text("utf-8")

    assert (DOCS / "minimal_host.py").read_text("utf-8") in shown
