"""Whom a message is for, by what is known of the account and of who wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import Event, RejectedError
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.sending.messages import SentMessage
from appmixer.whatsapp.plugin.sending.texts import TextInput
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

NUMBER, SECOND_NUMBER = "106540352242922", "3003"
MESSAGES = f"https://graph.facebook.com/v25.0/{NUMBER}/messages"


async def send(context: RecordingContext, to: str) -> Any:
    input = TextInput.model_validate({"phoneNumberId": NUMBER, "to": to, "text": "Hi"})
    return await SendText().receive(context, input)


def wrote(wa_id: str, number: str = NUMBER) -> Event:
    message = {"from": wa_id, "type": "text", "timestamp": str(int(START_OF_TIME))}
    return Event(f"in-{wa_id}", "message", {"phoneNumberId": number, "message": message})


async def test_the_account_says_which_region_its_numbers_are_of(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    assert context.connected is not None
    context.connected.settings = {"defaultRegion": "DE"}
    respx_mock.post(MESSAGES).respond(json={"messages": [{"id": "wamid.1"}]})

    await send(context, "0151 12345678")

    assert json.loads(requests()[0].content)["to"] == "+4915112345678"


@pytest.mark.parametrize("number", [NUMBER, SECOND_NUMBER])
@pytest.mark.parametrize("to", ["15550001111", "+1555000"])
async def test_whoever_wrote_to_a_number_of_the_account_is_answered_whatever_the_id(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    requests: Requests,
    number: str,
    to: str,
) -> None:
    respx_mock.post(MESSAGES).respond(json={"messages": [{"id": "wamid.1"}]})
    await plugin.before_routing([wrote(to.removeprefix("+"), number)])

    await send(context, to)

    assert json.loads(requests()[0].content)["to"] == f"+{to.removeprefix('+')}"


async def test_whoever_wrote_to_a_number_of_somebody_else_is_not_known_here(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    await plugin.before_routing([wrote("15550001111", "206540352242922")])
    respx_mock.get(url__regex=".*/phone_numbers").respond(json={"data": []})

    with pytest.raises(RejectedError) as caught:
        await send(context, "15550001111")

    assert caught.value.field == "to"


@pytest.mark.parametrize(
    ("wrote_as", "to"),
    [
        ("22997123456", "+2290197123456"),
        ("2290197123456", "+22997123456"),
        ("22507123456", "+2250707123456"),
        ("22544123456", "+2250544123456"),
        ("22502123456", "+2250102123456"),
        ("5215512345678", "+525512345678"),
        ("551187654321", "+5511987654321"),
        ("5491123456789", "+541123456789"),
    ],
)
async def test_all_forms_of_a_number_share_a_window_and_a_quota(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    wrote_as: str,
    to: str,
) -> None:
    respx_mock.post(MESSAGES).respond(json={"messages": [{"id": "wamid.1"}]})
    await plugin.before_routing([wrote(wrote_as)])

    sent = await send(context, to)

    assert isinstance(sent, SentMessage)
    assert sent.window.state == "open"
    context.step_id = "run-2:reply"
    await send(context, f"+{wrote_as}")
    assert len({key for name, key in context.quota.taken if name == "pair"}) == 1
