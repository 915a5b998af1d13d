"""What Meta has told of an account: shown with its numbers, and said before a send is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import Event, RejectedError
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.components.numbers.get_phone_number import GetPhoneNumber
from appmixer.whatsapp.components.templates.send_template import SendTemplate
from appmixer.whatsapp.plugin.fields.definitions import NumberInput
from appmixer.whatsapp.plugin.sending.texts import TextInput
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

WABA, NUMBER, PERSON = "102290129340398", "106540352242922", "16505551234"
NUMBER_URL = f"https://graph.facebook.com/v25.0/{NUMBER}"
WABA_URL = f"https://graph.facebook.com/v25.0/{WABA}"
DISPLAY = {"display_phone_number": "15550783881"}
DAY = 24 * 3600
ACCEPTED = {"contacts": [{"wa_id": PERSON}], "messages": [{"id": "wamid.OUT"}]}
NO_FIRST_WORD = "RESTRICTED_BIZ_INITIATED_MESSAGING"
NO_ANSWER = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
DISABLED = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
REINSTATED = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
HELLO = {
    "name": "hello_world",
    "language": "en_US",
    "status": "APPROVED",
    "components": [{"type": "BODY", "text": "Hello"}],
}


def told(field: str, value: dict[str, Any], *, at: float = 0, waba: str = WABA) -> Event:
    payload: dict[str, Any] = {
        "wabaId": waba,
        "field": field,
        "entryTime": int(START_OF_TIME + at),
        "value": value,
    }
    return Event(f"{field}:{at}:{value}", field, payload)


def restricted(*kinds: str, ends: float | None = 3 * DAY, waba: str = WABA) -> Event:
    end = {} if ends is None else {"expiration": int(START_OF_TIME + ends)}
    info = [{"restriction_type": kind, **end} for kind in kinds]
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": info}
    return told("account_update", value, waba=waba)


def wrote(ago_s: float) -> Event:
    message = {"from": PERSON, "type": "text", "timestamp": str(int(START_OF_TIME - ago_s))}
    return Event(f"wrote-{ago_s}", "message", {"phoneNumberId": NUMBER, "message": message})


async def reported(context: RecordingContext, meta: respx.MockRouter) -> dict[str, Any]:
    meta.get(NUMBER_URL).respond(json={"id": NUMBER})
    number = await GetPhoneNumber().receive(context, NumberInput(phone_number_id=NUMBER))
    found: dict[str, Any] = number.model_dump(mode="json")["reported"]
    return found


async def text(context: RecordingContext) -> Any:
    input = TextInput(phone_number_id=NUMBER, to=PERSON, text="Hi")
    return await SendText().receive(context, input)


async def template(context: RecordingContext) -> Any:
    named = {"phoneNumberId": NUMBER, "to": f"+{PERSON}", "templateName": "hello_world"}
    input = SendTemplate.Input.model_validate({**named, "languageCode": "en_US"})
    return await SendTemplate().receive(context, input)


async def refused(context: RecordingContext) -> str:
    """Return why a text is refused: before a message, or even a quota, was asked for."""
    with pytest.raises(RejectedError) as caught:
        await text(context)
    assert (caught.value.field, caught.value.code) == ("phoneNumberId", 131031)
    assert caught.value.cure
    assert context.quota.taken == []
    assert await context.store.scan("send:") == {}
    return f"{caught.value.title}. {caught.value.cause}"


async def test_a_number_comes_with_what_meta_told_and_when(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    name = {"decision": "REJECTED", "requested_verified_name": "Best Shop"}
    reason = {"rejection_reason": "NAME_EMPLOYEE_ISSUE"}
    upgrade = {"event": "THROUGHPUT_UPGRADE", "max_daily_conversations_per_business": "TIER_10K"}
    violation = {"violation_type": "ADULT", "remediation": "Remove it."}
    await plugin.before_routing(
        [
            told("phone_number_quality_update", {**DISPLAY, **upgrade}),
            told("phone_number_quality_update", {**DISPLAY, "event": "FLAGGED"}),
            told("phone_number_name_update", {**DISPLAY, **name, **reason}, at=1),
            told(
                "account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": violation}, at=2
            ),
            told("account_update", REINSTATED, at=3),
            restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"),
        ]
    )

    assert await reported(context, respx_mock) == {
        "messagingLimit": report("TIER_10K"),
        "throughput": report("HIGH"),
        "quality": report("FLAGGED"),
        "displayName": report("REJECTED", 1, "Best Shop: NAME_EMPLOYEE_ISSUE"),
        "accountViolation": report("ADULT", 2, "Remove it."),
        "accountBan": report("REINSTATE", 3),
        "accountRestrictions": [
            {**report("RESTRICTED_ADD_PHONE_NUMBER_ACTION"), "endsAt": "2026-09-24T14:13:20Z"}
        ],
    }


def report(value: str, at: int = 0, detail: str | None = None) -> dict[str, Any]:
    when = f"2026-09-21T14:13:{20 + at}Z"
    return {"value": value, "detail": detail, "at": when, "endsAt": None}


async def test_what_was_told_last_counts_in_whatever_order_it_comes(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    of_number = {**DISPLAY, "event": "ONBOARDING", "current_limit": "TIER_1K"}
    more = {"max_daily_conversations_per_business": -1}
    for event in (
        told("business_capability_update", more, at=30),
        told("business_capability_update", {"max_daily_conversations_per_business": 250}, at=10),
        told("phone_number_quality_update", of_number, at=20),
    ):
        await plugin.before_routing([event])

    found = await reported(context, respx_mock)

    assert found["messagingLimit"] == report("TIER_UNLIMITED", 30)


async def test_what_is_told_of_another_business_account_or_number_shows_nowhere_else(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    other = {"display_phone_number": "15550783899", "event": "FLAGGED"}
    flagged = {**DISPLAY, "event": "FLAGGED"}
    await plugin.before_routing(
        [
            told("phone_number_quality_update", other),
            told("phone_number_quality_update", flagged, waba=f"{WABA}1"),
            restricted(NO_FIRST_WORD, NO_ANSWER, waba="2002"),
            told("account_update", DISABLED, waba="2002"),
            wrote(ago_s=DAY / 2),
        ]
    )
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)

    await text(context)

    assert not any((await reported(context, respx_mock)).values())


@pytest.mark.parametrize("kinds", [[NO_FIRST_WORD], [NO_FIRST_WORD, NO_ANSWER]])
async def test_a_restricted_account_does_not_write_to_people_first(
    context: RecordingContext, plugin: WhatsApp, kinds: list[str]
) -> None:
    await plugin.before_routing([restricted(*kinds), wrote(ago_s=2 * DAY)])

    why = await refused(context)

    assert why == (
        "Meta has restricted this WhatsApp Business Account. "
        "Until 2026-09-24 14:13 UTC it may not write to people first."
    )


@pytest.mark.parametrize("kinds", [[NO_ANSWER], [NO_FIRST_WORD, NO_ANSWER]])
async def test_a_restricted_account_does_not_answer(
    context: RecordingContext, plugin: WhatsApp, kinds: list[str]
) -> None:
    await plugin.before_routing([restricted(*kinds), wrote(ago_s=DAY / 2)])

    assert "it may not answer people who write to it." in await refused(context)


@pytest.mark.parametrize(
    "news",
    [
        [restricted(NO_FIRST_WORD), wrote(ago_s=DAY / 2)],
        [restricted(NO_FIRST_WORD, NO_ANSWER)],
        [restricted(NO_ANSWER, ends=None), wrote(ago_s=DAY / 2)],
        [restricted(NO_ANSWER, ends=-1), wrote(ago_s=DAY / 2)],
        [restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"), wrote(ago_s=DAY / 2)],
    ],
    ids=["answer", "window unknown", "end unknown", "over", "of something else"],
)
async def test_what_meta_is_not_certain_to_refuse_is_sent(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter, news: list[Event]
) -> None:
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)
    await plugin.before_routing(news)

    assert (await text(context)).message_id == "wamid.OUT"


async def test_of_a_template_to_somebody_who_has_written_meta_decides(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{WABA_URL}/message_templates").respond(json={"data": [HELLO]})
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)
    await plugin.before_routing([restricted(NO_ANSWER), wrote(ago_s=DAY / 2)])

    assert (await template(context)).message_id == "wamid.OUT"


async def test_an_account_that_may_neither_begin_nor_answer_sends_no_template_either(
    context: RecordingContext, plugin: WhatsApp
) -> None:
    await plugin.before_routing([restricted(NO_FIRST_WORD, NO_ANSWER), wrote(60)])

    with pytest.raises(RejectedError) as caught:
        await template(context)

    assert (caught.value.field, caught.value.code) == ("phoneNumberId", 131031)
    assert context.quota.taken == []


def health(state: str) -> dict[str, Any]:
    why = [{"error_code": 141010, "error_description": "The account was disabled."}]
    entities = [{"entity_type": "WABA", "can_send_message": state, "errors": why}]
    return {"health_status": {"can_send_message": state, "entities": entities}}


@pytest.mark.parametrize("news", [DISABLED, {"event": "ACCOUNT_DELETED"}])
async def test_a_disabled_account_sends_nothing_while_meta_says_that_it_is_blocked(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    news: dict[str, Any],
) -> None:
    respx_mock.get(NUMBER_URL).respond(json=health("BLOCKED"))
    await plugin.before_routing([told("account_update", news)])

    assert await refused(context) == (
        "Meta has disabled this WhatsApp Business Account. "
        "Nothing can be sent from it. The account was disabled."
    )


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=health("AVAILABLE")),
        httpx.Response(200, json={"id": NUMBER}),
        httpx.Response(400, json={"error": {"message": "No", "code": 100}}),
    ],
    ids=["available", "not told", "refused"],
)
async def test_a_ban_that_meta_does_not_confirm_stops_nothing(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    answer: httpx.Response,
) -> None:
    respx_mock.get(NUMBER_URL).mock(return_value=answer)
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)
    await plugin.before_routing([told("account_update", DISABLED)])

    assert (await text(context)).message_id == "wamid.OUT"


async def test_a_lifted_ban_is_not_asked_about(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)
    for event in (DISABLED, REINSTATED):
        await plugin.before_routing([told("account_update", event)])

    assert (await text(context)).message_id == "wamid.OUT"


async def test_a_restriction_that_is_heard_between_two_sends_stops_the_second(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)
    await plugin.before_routing([wrote(ago_s=DAY / 2)])
    await text(context)
    context.step_id = "run-2:reply"
    context.quota.taken.clear()
    await context.store.delete(list(await context.store.scan("send:")))

    await plugin.before_routing([restricted(NO_ANSWER)])

    assert "may not answer" in await refused(context)


async def test_what_another_process_has_heard_counts_within_a_minute(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{NUMBER_URL}/messages").respond(json=ACCEPTED)
    await text(context)
    context.step_id = "run-2:reply"
    context.quota.taken.clear()
    await context.store.delete(list(await context.store.scan("send:")))

    await WhatsApp(context.host).before_routing([restricted(NO_ANSWER), wrote(ago_s=DAY / 2)])
    context.host.clock.advance(61)

    assert "may not answer" in await refused(context)


async def test_a_test_of_metas_button_restricts_nobody(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    event = told("account_update", DISABLED)
    await plugin.before_routing([Event(event.id, event.kind, {**event.payload, "isTest": True})])

    assert (await reported(context, respx_mock))["accountBan"] is None
