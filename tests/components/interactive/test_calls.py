"""Request Call Permission and Send Call Button against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, WABA, Live, documented

pytestmark = pytest.mark.anyio

GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
WHOM = {"phoneNumberId": NUMBER, "to": PERSON}


async def ready_for_calls(live: Live) -> None:
    await live.ready()
    live.sandbox.world.numbers[NUMBER].settings.calling["status"] = "ENABLED"


async def test_permission_to_call_is_asked_for_as_meta_documents_it(live: Live) -> None:
    await ready_for_calls(live)

    await live.run("RequestCallPermission", **WHOM, text="May we call you about order ON-12853?")

    assert live.sent == [documented("send.interactive.call_permission_request")]


async def test_a_request_to_call_may_quote(live: Live) -> None:
    await ready_for_calls(live)

    await live.run("RequestCallPermission", **WHOM, text="x" * 1024, quotedMessageId=WAMID)

    assert [each["context"] for each in live.sent] == [{"message_id": WAMID}]


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x" * 1025}, "text"),
        ({"text": "May we?", "to": GROUP}, "to"),
    ],
)
async def test_a_request_to_call_that_meta_would_refuse_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("RequestCallPermission", **{**WHOM, **input}) == field
    assert live.requests == []


async def test_a_button_to_call_goes_out_as_meta_documents_it(live: Live) -> None:
    await ready_for_calls(live)

    await live.run(
        "SendCallButton",
        **WHOM,
        text="You can call us now.",
        displayText="Call on WhatsApp",
        ttlMinutes=100,
        payload="campaign-7",
    )

    assert live.sent == [documented("send.interactive.voice_call")]


async def test_a_button_to_call_needs_a_text_alone(live: Live) -> None:
    await ready_for_calls(live)

    await live.run("SendCallButton", **WHOM, text="You can call us now.")

    [body] = live.sent
    assert body["interactive"] == {
        "type": "voice_call",
        "body": {"text": "You can call us now."},
        "action": {"name": "voice_call"},
    }


async def test_a_button_to_call_may_go_out_without_a_template(live: Live) -> None:
    await ready_for_calls(live)
    live.sandbox.world.wabas[WABA].direct_send_allowed = True

    direct = {"category": "utility", "ttlSeconds": 30, "templateName": "call_us"}
    await live.run("SendCallButton", **WHOM, text="Call us.", **direct)

    [body] = live.sent
    assert (body["category"], body["ttl_seconds"]) == ("utility", 30)
    assert body["direct_send_config"] == {"template_name": "call_us"}


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"text": ""}, "text"),
        ({"displayText": "x" * 21}, "displayText"),
        ({"ttlMinutes": 0}, "ttlMinutes"),
        ({"ttlMinutes": 43_201}, "ttlMinutes"),
        ({"payload": "x" * 513}, "payload"),
        ({"ttlSeconds": 30}, "ttlSeconds"),
        ({"to": GROUP}, "to"),
    ],
)
async def test_a_button_to_call_that_meta_would_refuse_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendCallButton", **{**WHOM, "text": "Call us.", **input}) == field
    assert live.requests == []
