"""Sends that wait for what becomes of their message, through `receive` and `resume`."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
import respx

from appmixer.engine.contract import Action, Event, JsonObject, RejectedError, Wait
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.interactive.send_flow import SendFlow
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.components.messages.wait_for_status import WaitForStatus
from appmixer.whatsapp.plugin.sending.texts import TextInput
from appmixer.whatsapp.plugin.sending.waiting import StatusInput
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

NUMBER, WABA = "106540352242922", "102290129340398"
URL = f"https://graph.facebook.com/v25.0/{NUMBER}/messages"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"
KEY = f"message:{WABA}:{WAMID}"
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
    "messages": [{"id": WAMID}],
}
ABOUT = {"messageId": WAMID, "phoneNumberId": NUMBER, "recipient": "+16505551234"}
ERRORS = [{"code": 131047, "title": "Re-engagement message"}]


async def told(context: RecordingContext, name: str, at: int = 1_790_000_002, **more: Any) -> None:
    """Let the plugin hear of a status of the message, as of every batch of events."""
    status = {"id": WAMID, "status": name, "timestamp": str(at), "recipient_id": "1650", **more}
    payload: JsonObject = {"wabaId": WABA, "phoneNumberId": NUMBER, "status": status}
    await context.plugin.before_routing([Event(f"{name}:{at}", "status", payload)])


async def send(context: RecordingContext, **wish: Any) -> Any:
    input = {"phoneNumberId": NUMBER, "to": "16505551234", "text": "Hi", **wish}
    return await SendText().receive(context, TextInput.model_validate(input))


async def resume(context: RecordingContext, wait: Wait, action: Action | None = None) -> Any:
    """Go on after a wait as a host does, whose state has been JSON in the meantime."""
    state: JsonObject = json.loads(json.dumps(wait.state))
    return await (action or SendText()).resume(context, state, {"status": {}})


def ports(context: RecordingContext) -> list[str]:
    return [port for port, _ in context.emitted]


def given(context: RecordingContext, port: str) -> Any:
    [value] = [each for name, each in context.emitted if name == port]
    return value.model_dump(mode="json")


@pytest.fixture
def meta(respx_mock: respx.MockRouter) -> respx.MockRouter:
    respx_mock.post(URL).respond(json=ACCEPTED)
    return respx_mock


async def test_a_send_that_waits_goes_on_at_sent_and_waits_for_its_message(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    wait = await send(context, waitFor="delivered", waitSeconds=60)

    assert isinstance(wait, Wait)
    assert (wait.key, wait.timeout_s) == (KEY, 60.0)
    assert wait.reason == ("It waits until the message is delivered.")
    assert ports(context) == ["sent"]
    assert given(context, "sent")["messageId"] == WAMID


async def test_a_send_that_waits_for_the_acceptance_ends_with_it(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    sent = await send(context)

    assert (sent.message_id, context.emitted) == (WAMID, [])


async def test_a_send_goes_on_at_delivered(context: RecordingContext, meta: Any) -> None:
    wait = await send(context, waitFor="delivered")
    await told(context, "delivered")

    assert await resume(context, wait) is None
    assert ports(context) == ["sent", "delivered"]
    assert given(context, "delivered") == {
        **ABOUT,
        "status": "delivered",
        "at": "2026-09-21T14:13:22Z",
    }


async def test_a_wait_for_read_goes_on_after_the_statuses_before_it(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    wait = await send(context, waitFor="read", waitSeconds=60)
    await told(context, "sent")
    context.host.clock.advance(20)
    again = await resume(context, wait)
    await told(context, "delivered")
    still = await resume(context, again)
    await told(context, "read")

    assert (again.key, again.timeout_s, again.state) == (KEY, 40.0, wait.state)
    assert still == again
    assert await resume(context, still) is None
    assert ports(context) == ["sent", "read"]


@pytest.mark.parametrize("wish", ["delivered", "read"])
@pytest.mark.parametrize("further", ["read", "played"])
async def test_what_was_read_or_played_was_delivered_too(
    context: RecordingContext, meta: respx.MockRouter, wish: str, further: str
) -> None:
    wait = await send(context, waitFor=wish)
    await told(context, further)

    await resume(context, wait)

    assert given(context, wish)["status"] == further


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])), ids=str)
async def test_the_order_of_statuses_and_their_repeats_do_not_matter(
    context: RecordingContext, meta: respx.MockRouter, order: tuple[str, ...]
) -> None:
    wait = await send(context, waitFor="read")

    for name in [order[0], *order, *order]:
        await told(context, name)
        wait = await resume(context, wait) if wait else None

    assert wait is None
    assert ports(context) == ["sent", "read"]


async def test_a_message_that_fails_goes_on_at_failed_with_cause_and_cure(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    wait = await send(context, waitFor="read")
    await told(context, "failed", errors=ERRORS)

    assert await resume(context, wait) is None
    failed = given(context, "failed")
    assert ports(context) == ["sent", "failed"]
    assert {key: failed[key] for key in ABOUT} == ABOUT
    assert (failed["code"], failed["at"]) == (131047, "2026-09-21T14:13:22Z")
    assert "24 hours" in failed["cause"]
    assert "Template" in failed["cure"]


async def test_the_step_fails_where_nothing_of_the_flow_is_for_a_message_that_fails(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    context.loose_ends = {"failed"}
    wait = await send(context, waitFor="delivered")
    await told(context, "failed", errors=ERRORS)

    with pytest.raises(RejectedError) as caught:
        await resume(context, wait)

    assert caught.value.code == 131047
    assert ports(context) == ["sent"]


async def test_a_failed_step_done_again_says_the_same_and_gives_nothing_twice(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    context.loose_ends = {"failed"}
    await send(context, waitFor="delivered")
    await told(context, "failed", errors=ERRORS)
    context.emitted.clear()

    with pytest.raises(RejectedError) as caught:
        await send(context, waitFor="delivered")

    assert (caught.value.code, context.emitted, meta.calls.call_count) == (131047, [], 1)


@pytest.mark.parametrize(("name", "status"), [("", "accepted"), ("sent", "sent")])
async def test_a_wait_whose_time_is_over_says_how_far_the_message_has_come(
    context: RecordingContext, meta: respx.MockRouter, name: str, status: str
) -> None:
    wait = await send(context, waitFor="delivered", waitSeconds=60)
    if name:
        await told(context, name)
    context.host.clock.advance(60)

    assert await SendText().resume(context, wait.state, None) is None
    assert ports(context) == ["sent", "timeout"]
    assert given(context, "timeout") == {**ABOUT, "status": status, "waitedFor": "delivered"}


async def test_what_came_at_the_last_moment_counts_and_not_the_time(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    wait = await send(context, waitFor="delivered", waitSeconds=60)
    await told(context, "delivered")
    context.host.clock.advance(61)

    await SendText().resume(context, wait.state, None)

    assert ports(context) == ["sent", "delivered"]


async def test_a_send_without_an_answer_waits_on_once_its_status_has_come(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).respond(502)
    unanswered = await send(context, waitFor="read", waitSeconds=60)
    assert ports(context) == []
    await told(context, "sent")

    event: JsonObject = {"status": {"id": WAMID, "status": "sent", "recipient_id": "16505551234"}}
    wait = await SendText().resume(context, unanswered.state, event)

    assert isinstance(wait, Wait)
    assert (wait.key, wait.timeout_s, ports(context)) == (KEY, 60.0, ["sent"])
    await told(context, "read")
    await resume(context, wait)
    assert ports(context) == ["sent", "read"]


async def test_a_send_without_an_answer_goes_on_at_once_with_what_its_status_tells(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).respond(502)
    unanswered = await send(context, waitFor="delivered")
    await told(context, "delivered")

    event: JsonObject = {"status": {"id": WAMID, "status": "delivered"}}
    wait = await SendText().resume(context, unanswered.state, event)

    assert isinstance(wait, Wait)
    assert wait.timeout_s == 0.0
    await SendText().resume(context, wait.state, None)
    assert ports(context) == ["sent", "delivered"]


async def test_a_flow_message_that_waits_tells_its_token_at_sent(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    input = {"phoneNumberId": NUMBER, "to": "16505551234", "text": "Hi", "flowId": "1"}
    given_input = {**input, "buttonText": "Open", "flowToken": "token-1", "waitFor": "read"}

    wait = await SendFlow().receive(context, SendFlow.Input.model_validate(given_input))

    assert isinstance(wait, Wait)
    assert given(context, "sent")["flowToken"] == "token-1"
    await told(context, "read")
    await resume(context, wait, SendFlow())
    assert ports(context) == ["sent", "read"]


async def test_in_a_group_one_participant_that_cannot_be_reached_is_no_failure(
    context: RecordingContext, meta: respx.MockRouter
) -> None:
    wait = await send(context, waitFor="delivered")
    group: dict[str, Any] = {"recipient_type": "group", "recipient_id": "Y2FwaV9ncm91cDo"}
    await told(context, "failed", errors=ERRORS, recipient_participant_id="16505550001", **group)
    again = await resume(context, wait)
    await told(context, "delivered", recipient_participant_id="16505550002", **group)

    assert isinstance(again, Wait)
    assert await resume(context, again) is None
    assert ports(context) == ["sent", "delivered"]


async def wait_for(context: RecordingContext, **wish: Any) -> Any:
    input = {"phoneNumberId": NUMBER, "messageId": WAMID, **wish}
    return await WaitForStatus().receive(context, StatusInput.model_validate(input))


async def test_a_message_sent_elsewhere_is_waited_for(context: RecordingContext) -> None:
    wait = await wait_for(context, waitFor="read", waitSeconds=60)
    await told(context, "delivered")
    again = await resume(context, wait, WaitForStatus())
    await told(context, "read")

    assert (wait.key, again) == (KEY, wait)
    assert await resume(context, again, WaitForStatus()) is None
    assert ports(context) == ["read"]
    assert given(context, "read")["recipient"] is None


async def test_a_status_that_is_known_already_is_not_waited_for(context: RecordingContext) -> None:
    await told(context, "read")

    assert await wait_for(context) is None
    assert given(context, "delivered")["status"] == "read"


async def test_a_message_of_another_business_account_is_not_told_of(
    context: RecordingContext, plugin: WhatsApp
) -> None:
    status = {"id": WAMID, "status": "read", "timestamp": "1790000002"}
    await plugin.before_routing([Event("1", "status", {"wabaId": "9009", "status": status})])

    wait = await wait_for(context)

    assert isinstance(wait, Wait)
    assert context.emitted == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"messageId": "12345"}, "messageId"),
        ({"waitFor": "accepted"}, "waitFor"),
        ({"waitSeconds": 0}, "waitSeconds"),
        ({"waitSeconds": 2_592_001}, "waitSeconds"),
    ],
)
async def test_what_cannot_be_waited_for_is_refused(
    context: RecordingContext, wish: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        await wait_for(context, **wish)


@pytest.mark.parametrize("wish", [{"waitFor": "sent"}, {"waitSeconds": 2_592_001}])
async def test_what_a_send_cannot_wait_for_is_refused_before_the_call(
    context: RecordingContext, respx_mock: respx.MockRouter, wish: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=next(iter(wish))):
        await send(context, **wish)

    assert not respx_mock.calls
