"""Whom a message is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import Event, RejectedError
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.people.recipients import Recipient, read_recipient
from appmixer.whatsapp.plugin.sending.messages import SentMessage
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

NUMBER, SECOND_NUMBER = "106540352242922", "3003"
MESSAGES = f"https://graph.facebook.com/v25.0/{NUMBER}/messages"


async def read(written: str, *, region: str = "", heard: Sequence[str] = ()) -> Recipient:
    async def has_heard(identities: Sequence[str]) -> bool:
        return any(each in heard for each in identities)

    return await read_recipient(written, has_heard=has_heard, region=region)


async def send(context: RecordingContext, to: str) -> Any:
    input = SendText.Input.model_validate({"phoneNumberId": NUMBER, "to": to, "text": "Hi"})
    return await SendText().receive(context, input)


def wrote(wa_id: str, number: str = NUMBER) -> Event:
    message = {"from": wa_id, "type": "text", "timestamp": str(int(START_OF_TIME))}
    return Event(f"in-{wa_id}", "message", {"phoneNumberId": number, "message": message})


@pytest.mark.parametrize(
    ("written", "value", "identities"),
    [
        ("+16505551234", "+16505551234", ("16505551234",)),
        ("16505551234", "+16505551234", ("16505551234",)),
        ("+420 725 657 976", "+420725657976", ("420725657976",)),
        ("00420725657976", "+420725657976", ("420725657976",)),
        ("+44 (0)7911 123456", "+447911123456", ("447911123456",)),
        ("\u202a+1 650\u2011555\u20111234\u202c", "+16505551234", ("16505551234",)),
        ("+15550783881", "+15550783881", ("15550783881",)),
        ("+525512345678", "+525512345678", ("525512345678", "5215512345678")),
        ("+5215512345678", "+5215512345678", ("525512345678", "5215512345678")),
        ("5215512345678", "+5215512345678", ("525512345678", "5215512345678")),
        ("+55 11 98765-4321", "+5511987654321", ("551187654321", "5511987654321")),
        ("551187654321", "+551187654321", ("551187654321", "5511987654321")),
        ("+54 11 2345 6789", "+541123456789", ("541123456789", "5491123456789")),
        ("5491123456789", "+5491123456789", ("541123456789", "5491123456789")),
        ("+22997123456", "+22997123456", ("22997123456", "2290197123456")),
        ("22997123456", "+22997123456", ("22997123456", "2290197123456")),
        ("+2290197123456", "+2290197123456", ("22997123456", "2290197123456")),
        ("+22501123456", "+22501123456", ("22501123456", "2250101123456")),
        ("22505123456", "+22505123456", ("22505123456", "2250505123456")),
        ("+22507123456", "+22507123456", ("22507123456", "2250707123456")),
        ("+2250707123456", "+2250707123456", ("22507123456", "2250707123456")),
    ],
)
async def test_a_phone_number_becomes_e164_however_it_is_written(
    written: str, value: str, identities: tuple[str, ...]
) -> None:
    recipient = await read(written)

    assert recipient.address == {"to": value}
    assert recipient.identities == identities


@pytest.mark.parametrize("bsuid", ["US.13491208655302741918", "US.ENT.11815799212886844830"])
async def test_a_user_id_is_addressed_as_such(bsuid: str) -> None:
    recipient = await read(f" {bsuid} ")

    assert recipient.address == {"recipient": bsuid}
    assert recipient.identities == (bsuid,)


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("", "neither a phone number nor a user id"),
        ("Sheena", "neither a phone number nor a user id"),
        ("us.123", "neither a phone number nor a user id"),
        ("725657976x", "neither a phone number nor a user id"),
        ("+0725657976", "does not begin with the code of a country"),
        ("+999123456789", "does not begin with the code of a country"),
        ("9975840786", "does not begin with the code of a country"),
        ("+1650555", "too short for a number of country code +1"),
        ("+165055512345", "too long for a number of country code +1"),
        ("+9812345678", "lacks the area code that belongs to a number of country code +98"),
        ("+16505551234567890", "at most 15 digits"),
        ("+1650555123\u0664", "neither a phone number nor a user id"),
        ("9812345678", "Without a + it would mean +9812345678"),
        ("8123456789", "Without a + it would mean +8123456789"),
        ("5512345678", "Without a + it would mean +5512345678"),
        ("(650) 555-1234", "Without a + it would mean +6505551234"),
        ("15550783881", "Without a + it would mean +15550783881"),
    ],
)
async def test_what_cannot_be_addressed_is_refused_with_the_way_to_write_it(
    written: str, cause: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await read(written)

    assert caught.value.field == "to"
    assert cause in caught.value.cause
    assert "+420777123456" in caught.value.cure


@pytest.mark.parametrize(
    ("written", "region", "value"),
    [
        ("(650) 555-1234", "US", "+16505551234"),
        ("0725 657 976", "RO", "+40725657976"),
        ("725657976", "cz", "+420725657976"),
        ("16505551234", "CZ", "+16505551234"),
        ("+16505551234", "CZ", "+16505551234"),
        ("420725657976", "CZ", "+420725657976"),
        ("22997123456", "CZ", "+22997123456"),
    ],
)
async def test_with_a_default_region_digits_that_are_valid_there_are_national(
    written: str, region: str, value: str
) -> None:
    assert (await read(written, region=region)).value == value


async def test_the_id_of_somebody_who_wrote_is_no_national_number() -> None:
    national = await read("306912345678", region="DE")
    known = await read("306912345678", region="DE", heard=["306912345678"])

    assert (national.value, known.value) == ("+49306912345678", "+306912345678")


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
