"""Send Text against the simulator of Meta: Meta's own examples, Direct Send, who is answered."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import JsonObject, RejectedError
from appmixer.sandbox.world.entities import Group
from appmixer.whatsapp.plugin.ledgers.proven_numbers import SenderNumber
from appmixer.whatsapp.plugin.sending.action import send_message
from appmixer.whatsapp.plugin.sending.texts import TextInput

from ..live import NUMBER, OURS, PERSON, WABA, Live, documented

pytestmark = pytest.mark.anyio

GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
BSUID = "US.13491208655302741918"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="


def open_group(live: Live) -> None:
    group = Group(GROUP, NUMBER, "Plants", "", 0.0, "code")
    group.participants = [PERSON.removeprefix("+")]
    live.sandbox.world.groups[GROUP] = group


@pytest.mark.parametrize(
    ("example", "input", "form"),
    [
        ("send.text", {"text": "Your order is on its way.", "previewUrl": False}, "waId"),
        ("send.text.bsuid", {"to": BSUID, "text": "Hello"}, "bsuid"),
        ("send.text.group", {"to": GROUP, "text": "Hello group"}, "groupId"),
        (
            "send.text.group",
            {"to": GROUP, "recipientType": "group", "text": "Hello group"},
            "groupId",
        ),
        (
            "send.text.identity_check",
            {"text": "Hello", "identityKeyHash": "DF2lS5v2W6x="},
            "waId",
        ),
        (
            "send.text.reply",
            {
                "text": "Yes, in navy too.",
                "quotedMessageId": WAMID,
                "opaqueData": "order:860198|tenant:42",
            },
            "waId",
        ),
        (
            "send.text.direct_send_utility",
            {
                "text": "Your order #12345 has shipped.",
                "category": "utility",
                "ttlSeconds": 600,
            },
            "waId",
        ),
    ],
)
async def test_what_meta_documents_is_what_is_sent(
    live: Live, example: str, input: dict[str, Any], form: str
) -> None:
    await live.ready()
    open_group(live)
    live.sandbox.world.wabas[WABA].direct_send_allowed = True

    sent = await live.run("SendText", phoneNumberId=NUMBER, **{"to": PERSON, **input})

    expected = documented(example)
    assert live.sent == [{key: expected[key] for key in expected if key not in OURS}]
    assert (sent.status, sent.recipient_form) == ("accepted", form)


async def test_without_a_window_only_a_direct_send_goes_out(live: Live) -> None:
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    live.sandbox.world.wabas[WABA].direct_send_allowed = True
    await live.written_at(live.context.clock.now - 25 * 3600)
    text = {"phoneNumberId": NUMBER, "to": PERSON, "text": "Your code is 1."}

    assert await live.refusal("SendText", **text) == "to"
    assert live.sent == []

    sent = await live.run(
        "SendText", **text, category="authentication", templateName="code", ttlSeconds=900
    )

    assert sent.status == "accepted"
    assert [each["direct_send_config"] for each in live.sent] == [{"template_name": "code"}]


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 4097}, "text"),
        ({"text": "x" * 1025, "category": "utility"}, "text"),
        ({"ttlSeconds": 600}, "ttlSeconds"),
        ({"templateName": "code"}, "templateName"),
        ({"category": "utility", "ttlSeconds": 43_201}, "ttlSeconds"),
        ({"category": "utility", "ttlSeconds": 29}, "ttlSeconds"),
        ({"category": "authentication", "ttlSeconds": 901}, "ttlSeconds"),
        ({"category": "marketing"}, "category"),
        ({"quotedMessageId": "12345"}, "quotedMessageId"),
        ({"to": "Sheena"}, "to"),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    text = {"phoneNumberId": NUMBER, "to": PERSON, "text": "Hi", **input}

    assert await live.refusal("SendText", **text) == field
    assert live.requests == []


async def test_a_text_is_as_long_as_it_has_code_points(live: Live) -> None:
    await live.ready()

    await live.run("SendText", phoneNumberId=NUMBER, to=PERSON, text="\U0001f642" * 4096)

    assert (
        await live.refusal("SendText", phoneNumberId=NUMBER, to=PERSON, text="\U0001f642" * 4097)
        == "text"
    )


async def test_a_group_has_no_window_and_gets_its_text_whatever_is_chosen(live: Live) -> None:
    await live.ready()
    open_group(live)
    policy = {"windowPolicy": "refuse", "unknownWindowPolicy": "refuse"}

    sent = await live.run("SendText", phoneNumberId=NUMBER, to=GROUP, text="Hi", **policy)

    assert (sent.sent_as, sent.recipient) == ("message", GROUP)


async def test_groups_do_not_get_either_what_is_made_when_the_sender_is_proven(live: Live) -> None:
    async def interactive(_: SenderNumber) -> JsonObject:
        return {"type": "interactive", "interactive": {"type": "button"}}

    input = TextInput.model_validate({"phoneNumberId": NUMBER, "to": GROUP, "text": "Hi"})

    with pytest.raises(RejectedError) as caught:
        await send_message(live.context, input, interactive)

    assert caught.value.field == "to"
    assert live.sent == []
