"""Send Text, through `receive` and `resume`, with Graph replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx
from freezegun import freeze_time

from appmixer.engine.contract import (
    AuthorizationError,
    Event,
    JsonObject,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    Wait,
)
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.sending.messages import SentMessage
from appmixer.whatsapp.plugin.sending.texts import TextInput
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

URL = "https://graph.facebook.com/v25.0/106540352242922/messages"
NUMBERS = "https://graph.facebook.com/v25.0/102290129340398/phone_numbers"
OTHER_NUMBERS = "https://graph.facebook.com/v25.0/2002/phone_numbers"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
    "messages": [{"id": WAMID}],
}
SENT = {
    "messageId": WAMID,
    "phoneNumberId": "106540352242922",
    "recipient": "+16505551234",
    "input": "16505551234",
    "contactWaId": "16505551234",
    "groupId": None,
    "contactBsuid": None,
    "recipientForm": "waId",
    "status": "accepted",
    "deliveryStatus": None,
    "acceptedAt": "2026-09-21T14:13:20Z",
    "window": {"state": "unknown", "closesAt": None},
    "sentAs": "message",
    "idempotencyKey": "run-1:reply",
    "warning": None,
}


def text(**fields: Any) -> TextInput:
    return TextInput.model_validate(
        {"phoneNumberId": "106540352242922", "to": "16505551234", "text": "Hi", **fields}
    )


def written_at(moment: float) -> Event:
    message = {"from": "16505551234", "type": "text", "timestamp": str(int(moment))}
    payload: JsonObject = {"phoneNumberId": "106540352242922", "message": message}
    return Event("wamid.in", "message", payload)


def refused(code: int, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": {"message": "No", "code": code}})


@freeze_time("2026-09-21T14:13:20Z")
async def test_sends_the_text_once_and_returns_what_meta_accepted(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.post(URL).respond(json=ACCEPTED)

    sent = await SendText().receive(
        context,
        text(
            previewUrl=True,
            quotedMessageId="wamid.IN",
            opaqueData="order:860198",
            identityKeyHash="DF2lS5v2W6x=",
        ),
    )

    assert isinstance(sent, SentMessage)
    assert sent.model_dump(mode="json") == SENT
    [request] = requests()
    assert json.loads(request.content) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+16505551234",
        "type": "text",
        "text": {"body": "Hi", "preview_url": True},
        "context": {"message_id": "wamid.IN"},
        "recipient_identity_key_hash": "DF2lS5v2W6x=",
        "biz_opaque_callback_data": "appmixer.step=run-1:reply&order:860198",
    }
    assert context.quota.taken == [
        ("pair", "106540352242922:16505551234"),
        ("messages", "106540352242922"),
    ]


async def test_addresses_a_person_without_a_number_by_user_id(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    bsuid = "US.13491208655302741918"
    answer = {"contacts": [{"input": bsuid, "user_id": bsuid}], "messages": [{"id": WAMID}]}
    respx_mock.post(URL).respond(json=answer)

    sent = await SendText().receive(context, text(to=bsuid))

    assert isinstance(sent, SentMessage)
    assert (sent.contact_wa_id, sent.contact_bsuid) == (None, bsuid)
    body = json.loads(requests()[0].content)
    assert (body.get("to"), body["recipient"]) == (None, bsuid)


@freeze_time("2026-09-21T14:13:20Z")
async def test_the_same_step_again_returns_the_same_and_sends_nothing(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(json=ACCEPTED)
    first = await SendText().receive(context, text())

    again = await SendText().receive(context, text())

    assert again == first
    assert route.call_count == 1


async def test_a_step_whose_window_closed_after_it_sent_is_not_called_refused(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).respond(json=ACCEPTED)
    respx_mock.get(NUMBERS).respond(json={"data": [{"id": "106540352242922"}]})
    respx_mock.get(OTHER_NUMBERS).respond(json={"data": []})
    await plugin.before_routing([written_at(START_OF_TIME)])
    first = await SendText().receive(context, text())
    context.host.clock.advance(25 * 3600)

    assert await SendText().receive(context, text()) == first


async def test_another_step_sends_again(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(json=ACCEPTED)
    await SendText().receive(context, text())
    context.step_id = "run-2:reply"

    await SendText().receive(context, text())

    assert route.call_count == 2


async def test_refuses_before_any_call_when_the_window_is_known_to_be_closed(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    await plugin.before_routing([written_at(START_OF_TIME - 25 * 3600)])

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(context, text())

    assert (caught.value.field, caught.value.code) == ("to", 131047)
    assert "2026-09-21 13:13 UTC" in str(caught.value)
    assert not respx_mock.calls
    assert context.quota.taken == []
    assert await context.store.scan("send:") == {}


async def test_sends_into_a_closed_window_when_the_flow_says_so(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).respond(json=ACCEPTED)
    await plugin.before_routing([written_at(START_OF_TIME - 25 * 3600)])

    sent = await SendText().receive(context, text(windowPolicy="send"))

    assert isinstance(sent, SentMessage)
    assert sent.window.model_dump(mode="json") == {
        "state": "closed",
        "closesAt": "2026-09-21T13:13:20Z",
    }


async def test_an_open_window_is_told_with_its_end(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).respond(json=ACCEPTED)
    await plugin.before_routing([written_at(START_OF_TIME)])

    sent = await SendText().receive(context, text(to="+1 (650) 555-1234"))

    assert isinstance(sent, SentMessage)
    assert sent.window.model_dump(mode="json") == {
        "state": "open",
        "closesAt": "2026-09-22T14:13:20Z",
    }


async def test_a_refusal_of_meta_may_be_followed_by_another_try_of_the_step(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=[refused(131030), httpx.Response(200, json=ACCEPTED)])

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(context, text())
    sent = await SendText().receive(context, text())

    assert caught.value.code == 131030
    assert isinstance(sent, SentMessage)


async def test_a_throttled_send_is_tried_again_as_the_same_step(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(
        side_effect=[refused(130429, 429), httpx.Response(200, json=ACCEPTED)]
    )

    with pytest.raises(ThrottledError):
        await SendText().receive(context, text())
    sent = await SendText().receive(context, text())

    assert isinstance(sent, SentMessage)


async def test_an_exhausted_quota_sends_nothing_and_may_be_tried_again(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).respond(json=ACCEPTED)
    context.quota.exhausted["pair"] = 6.0

    with pytest.raises(ThrottledError) as caught:
        await SendText().receive(context, text())
    calls_before = len(respx_mock.calls)
    context.quota.exhausted.clear()
    sent = await SendText().receive(context, text())

    assert (caught.value.retry_after_s, calls_before) == (6.0, 0)
    assert isinstance(sent, SentMessage)


async def test_an_expired_token_asks_to_connect_again(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(return_value=refused(190, 401))

    with pytest.raises(AuthorizationError):
        await SendText().receive(context, text())

    assert await context.store.scan("send:") == {}


async def test_a_renewed_token_sends_after_all(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    assert context.connected is not None
    context.connected.renewed = "renewed"
    respx_mock.post(URL).mock(side_effect=[refused(190, 401), httpx.Response(200, json=ACCEPTED)])

    sent = await SendText().receive(context, text())

    assert isinstance(sent, SentMessage)
    assert [request.headers["authorization"] for request in requests()] == [
        "Bearer test-token",
        "Bearer renewed",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, content=b'{"messages": [{"id": "wam'),
        httpx.Response(200, json={"messages": []}),
        httpx.Response(502, text="Bad Gateway"),
    ],
    ids=["timeout", "cut", "html", "half a body", "no id", "502"],
)
async def test_an_unanswered_send_waits_for_its_status(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    broken: httpx.Response | Exception,
) -> None:
    route = respx_mock.post(URL).mock(side_effect=[broken])

    first = await SendText().receive(context, text())
    again = await SendText().receive(context, text())

    assert isinstance(first, Wait)
    assert first.key == "step:102290129340398:run-1:reply"
    assert first.timeout_s == 900
    assert again == first
    assert route.call_count == 1


@freeze_time("2026-09-21T14:13:20Z")
async def test_the_status_of_an_unanswered_send_ends_the_wait(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    wait = await SendText().receive(context, text())
    assert isinstance(wait, Wait)
    status = {"id": WAMID, "status": "sent", "recipient_id": "16505551234"}

    sent = await SendText().resume(context, wait.state, {"status": status})

    assert isinstance(sent, SentMessage)
    assert sent.model_dump(mode="json") == {**SENT, "deliveryStatus": "sent"}
    assert await SendText().receive(context, text()) == sent


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"recipient_user_id": "US.1"}, (None, "US.1", "bsuid")),
        ({"recipient_id": "US.1"}, (None, "US.1", "bsuid")),
        (
            {"recipient_id": "16505551234", "recipient_user_id": "US.1"},
            ("16505551234", "US.1", "waId"),
        ),
        ({}, (None, None, None)),
    ],
)
async def test_a_status_tells_by_which_form_meta_knows_the_recipient(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    told: dict[str, str],
    expected: tuple[str | None, ...],
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    wait = await SendText().receive(context, text())
    assert isinstance(wait, Wait)

    sent = await SendText().resume(context, wait.state, {"status": {"id": WAMID, **told}})

    assert isinstance(sent, SentMessage)
    assert (sent.contact_wa_id, sent.contact_bsuid, sent.recipient_form) == expected


GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
TO_GROUP = {
    **SENT,
    "recipient": GROUP,
    "input": GROUP,
    "contactWaId": None,
    "groupId": GROUP,
    "recipientForm": "groupId",
    "window": {"state": "unknown", "closesAt": None},
    "sentAs": "message",
}


@freeze_time("2026-09-21T14:13:20Z")
async def test_a_group_is_written_to_by_its_id(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    message = {"id": WAMID, "group_id": GROUP}
    answer = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": GROUP, "wa_id": GROUP}],
        "messages": [message],
    }
    route = respx_mock.post(URL).respond(json=answer)

    sent = await SendText().receive(context, text(to=GROUP, recipientType="group"))

    assert not isinstance(sent, Wait)
    assert sent.model_dump(mode="json") == TO_GROUP
    body = json.loads(route.calls.last.request.content)
    assert (body["recipient_type"], body["to"]) == ("group", GROUP)


@freeze_time("2026-09-21T14:13:20Z")
async def test_a_status_tells_of_a_send_to_a_group_as_well(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    wait = await SendText().receive(context, text(to=GROUP, recipientType="group"))
    assert isinstance(wait, Wait)
    status = {"id": WAMID, "status": "sent", "recipient_id": GROUP, "recipient_type": "group"}

    sent = await SendText().resume(context, wait.state, {"status": status})

    assert isinstance(sent, SentMessage)
    assert sent.model_dump(mode="json") == {**TO_GROUP, "deliveryStatus": "sent"}


@pytest.mark.parametrize("to", ["+16505551234", "16505551234", "my group", "short"])
async def test_what_is_no_group_is_refused_before_any_call(
    context: RecordingContext, to: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await SendText().receive(context, text(to=to, recipientType="group"))

    assert (caught.value.title, caught.value.field) == ("The group cannot be used", "to")


async def test_a_send_that_no_status_ever_tells_of_is_declared_unknown(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    wait = await SendText().receive(context, text())
    assert isinstance(wait, Wait)

    with pytest.raises(OutcomeUnknownError) as caught:
        await SendText().resume(context, wait.state, None)

    assert caught.value.cause.startswith("The connection broke at 2026-09-21 14:13 UTC before")
    assert "in the 15 minutes after it" in caught.value.cause
    assert "`appmixer run retry` with the run's id and `--even-if-unknown`" in caught.value.cure
    assert "the person has it twice" in caught.value.cure


@pytest.mark.parametrize(
    ("is_sent_again", "title"),
    [
        (False, "A message of unknown outcome was sent after all"),
        (True, "A message was sent twice"),
    ],
)
async def test_a_status_that_comes_after_the_wait_is_told_to_owners_once(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    is_sent_again: bool,
    title: str,
) -> None:
    answers: list[Any] = [httpx.ReadTimeout("slow"), httpx.Response(200, json=ACCEPTED)]
    respx_mock.post(URL).mock(side_effect=answers)
    wait = await SendText().receive(context, text())
    assert isinstance(wait, Wait)
    with pytest.raises(OutcomeUnknownError):
        await SendText().resume(context, wait.state, None)
    if is_sent_again:
        context.step_id = "run-1:reply#2"
        sent = await SendText().receive(context, text())
        assert isinstance(sent, SentMessage)

    for name in ("sent", "delivered"):
        await plugin.before_routing([status_of("wamid.FIRST", "run-1:reply", name)])

    [(topics, notice)] = context.host.told
    assert topics == ("account:102290129340398",)
    assert notice.title == title
    assert ("has it twice" in notice.cause) is is_sent_again
    assert notice.details["messageId"] == "wamid.FIRST"
    assert notice.cause.startswith("Meta reports only now that it is `sent`.")


@pytest.mark.parametrize("is_sent_again", [False, True])
async def test_a_failure_that_comes_after_the_wait_is_told_as_one(
    context: RecordingContext,
    plugin: WhatsApp,
    respx_mock: respx.MockRouter,
    is_sent_again: bool,
) -> None:
    answers: list[Any] = [httpx.ReadTimeout("slow"), httpx.Response(200, json=ACCEPTED)]
    respx_mock.post(URL).mock(side_effect=answers)
    wait = await SendText().receive(context, text())
    assert isinstance(wait, Wait)
    with pytest.raises(OutcomeUnknownError):
        await SendText().resume(context, wait.state, None)
    if is_sent_again:
        context.step_id = "run-1:reply#2"
        await SendText().receive(context, text())

    event = status_of("wamid.FIRST", "run-1:reply", "failed")
    told: dict[str, Any] = {**event.payload}
    told["status"] = {**told["status"], "errors": [{"code": 131047}]}
    await plugin.before_routing([replace(event, payload=told)])

    [(_, notice)] = context.host.told
    assert notice.title == "A message of unknown outcome has failed"
    assert notice.cause.startswith(
        "Meta had taken it, and reports only now that it has failed: "
        "Outside the 24-hour customer service window. "
    )
    assert "twice" not in notice.cause
    assert ("sent again meanwhile" in notice.cause) is is_sent_again
    assert "Template" in notice.cure
    assert notice.cure.endswith(" Look at run run-1:reply.")
    assert "Look at run run-1:reply" in notice.cure


async def test_a_status_that_comes_while_it_is_waited_for_is_told_to_nobody(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    await SendText().receive(context, text())

    await plugin.before_routing([status_of("wamid.FIRST", "run-1:reply", "sent")])

    assert context.host.told == []


def status_of(message_id: str, step_id: str, name: str) -> Event:
    told: JsonObject = {
        "id": message_id,
        "status": name,
        "timestamp": str(int(START_OF_TIME)),
        "biz_opaque_callback_data": f"appmixer.step={step_id}",
    }
    waba_id = "102290129340398"
    payload: JsonObject = {"wabaId": waba_id, "status": told}
    return Event(f"{message_id}:{name}", "status", payload, (f"account:{waba_id}",))


async def test_a_connection_that_never_opened_may_be_tried_again(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ConnectError("no route"))

    with pytest.raises(ThrottledError):
        await SendText().receive(context, text())

    assert await context.store.scan("send:") == {}


async def test_no_error_holds_the_text_or_the_token(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(return_value=refused(100))

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(context, text(text="a secret between us"))

    said = repr(caught.value) + repr(context.log.lines)
    assert "between us" not in said
    assert "test-token" not in said


async def test_a_step_that_crashed_while_sending_waits_instead_of_sending_again(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    await plugin.deliveries.begin("102290129340398:run-1:reply", "dead", context.has_not_acted)

    again = await SendText().receive(context, text())

    assert isinstance(again, Wait)
    assert again.key == "step:102290129340398:run-1:reply"
    assert not respx_mock.calls


async def test_a_step_that_crashed_after_its_status_had_come_knows_that_it_sent(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    await plugin.deliveries.begin("102290129340398:run-1:reply", "dead", context.has_not_acted)
    status = {
        "id": WAMID,
        "status": "sent",
        "biz_opaque_callback_data": "appmixer.step=run-1:reply",
    }
    await plugin.before_routing(
        [Event("s", "status", {"wabaId": "102290129340398", "status": status})]
    )

    again = await SendText().receive(context, text())

    assert isinstance(again, SentMessage)
    assert again.message_id == WAMID
    assert not respx_mock.calls
