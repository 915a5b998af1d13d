"""New Message and Message Status Updated, from Meta's bodies to outputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import respx
from jsonschema import Draft202012Validator

from appmixer.engine.contract import (
    Event,
    JsonObject,
    Listener,
    RejectedError,
    component_schema,
    port_schema,
)
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.triggers.message_status_updated import MessageStatusUpdated
from appmixer.whatsapp.components.triggers.new_message import NewMessage
from appmixer.whatsapp.plugin.foreign_json.shapes import as_object
from appmixer.whatsapp.plugin.people.recipients import read_recipient
from appmixer.whatsapp.plugin.triggers.listening import ListeningInput, ListeningTrigger
from appmixer.whatsapp.plugin.webhook.events import flatten

from .conftest import list_numbers

pytestmark = pytest.mark.anyio

WEBHOOKS = Path(__file__).parents[2] / "sandbox" / "fixtures" / "webhooks"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
SENT = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"


def events(name: str) -> list[Event]:
    return flatten(json.loads((WEBHOOKS / f"{name}.json").read_text("utf-8")))


async def message(context: RecordingContext, name: str, **properties: Any) -> Any:
    context.properties = NewMessage.Input.model_validate(properties)
    found = await NewMessage().receive(context, events(name)[0].payload)
    return None if found is None else found.model_dump(mode="json")


async def status(context: RecordingContext, name: str, **properties: Any) -> Any:
    context.properties = MessageStatusUpdated.Input.model_validate(properties)
    found = await MessageStatusUpdated().receive(context, events(name)[0].payload)
    return None if found is None else found.model_dump(mode="json")


async def nobody(wa_ids: Sequence[str]) -> bool:
    """What a send hears of people who have not written."""
    return False


def given(output: dict[str, Any]) -> dict[str, Any]:
    """What an output says, without what it leaves empty and without the original."""
    empty: list[Any] = [None, [], False]
    return {name: each for name, each in output.items() if each not in empty and name != "raw"}


async def test_a_text_has_every_key_and_its_original(context: RecordingContext) -> None:
    output = await message(context, "messages.text.bsuid")

    assert given(output) == {
        "id": WAMID,
        "from": "16505551234",
        "replyTo": "+16505551234",
        "replyType": "individual",
        "timestamp": "1790000000",
        "time": "2026-09-21T14:13:20Z",
        "type": "text",
        "wabaId": "102290129340398",
        "phoneNumberId": "106540352242922",
        "displayPhoneNumber": "15550783881",
        "profileName": "Sheena Nelson",
        "contact": {
            "waId": "16505551234",
            "bsuid": "US.13491208655302741918",
            "parentBsuid": "US.ENT.11815799212886844830",
            "username": "sheena.nelson",
            "profileName": "Sheena Nelson",
        },
        "text": {"body": "Does it come in another color?"},
    }
    assert output["image"] is None
    assert output["raw"] == events("messages.text.bsuid")[0].payload["message"]


async def test_a_person_without_a_number_can_be_answered(context: RecordingContext) -> None:
    payload: dict[str, Any] = dict(events("messages.text.bsuid")[0].payload)
    del payload["message"]["from"]
    payload["contact"] = {}
    context.properties = NewMessage.Input()

    output = await NewMessage().receive(context, payload)

    assert output is not None
    assert (output.from_, output.reply_to) == (None, "US.13491208655302741918")


@pytest.mark.parametrize(
    ("change", "reply_to", "reply_type"),
    [
        ({"group_id": GROUP}, GROUP, "group"),
        ({"group_id": GROUP, "from": None, "from_user_id": "US.1"}, GROUP, "group"),
        ({"group_id": "+16505559876"}, None, "group"),
        ({"type": "system", "system": {"wa_id": "12195555358"}}, "+12195555358", "individual"),
        ({"type": "system", "system": {"user_id": "US.222"}}, "+16505551234", "individual"),
        ({"type": "system", "from": None, "system": {"user_id": "US.2"}}, "US.2", "individual"),
        ({"type": "text", "system": {"wa_id": "12195555358"}}, "+16505551234", "individual"),
        ({"from": "US.13491208655302741918"}, "US.13491208655302741918", "individual"),
        ({"from": "US.ENT.118157992128868448"}, "US.ENT.118157992128868448", "individual"),
        ({"from": "US.1", "from_user_id": "US.2"}, "US.2", "individual"),
        ({"from": "+16505551234"}, "+16505551234", "individual"),
        ({"from": 16505551234}, "+16505551234", "individual"),
        ({"from": "somebody"}, None, "individual"),
        ({"from": None, "from_user_id": "somebody"}, None, "individual"),
    ],
)
async def test_an_answer_goes_where_a_person_would_answer(
    context: RecordingContext, change: dict[str, Any], reply_to: str | None, reply_type: str
) -> None:
    payload = dict(events("messages.text")[0].payload)
    payload |= {"message": {**as_object(payload["message"]), **change}, "contact": {}}
    context.properties = NewMessage.Input()

    output = await NewMessage().receive(context, payload)

    assert output is not None
    assert (output.reply_to, output.reply_type) == (reply_to, reply_type)
    if output.reply_to is not None:
        # What a send takes with its type, and with the type left as it is.
        read = partial(read_recipient, output.reply_to, has_heard=nobody)
        expected = await read(type=output.reply_type)
        assert expected == await read()
        assert expected.type == reply_type


async def test_of_a_person_who_moved_to_a_hidden_number_nothing_old_is_left(
    context: RecordingContext,
) -> None:
    moved: JsonObject = {"type": "user_changed_number", "body": "x", "user_id": "US.222"}
    note: JsonObject = {
        "from": "16505551234",
        "from_user_id": "US.111",
        "type": "system",
        "system": moved,
    }
    context.properties = NewMessage.Input()

    output = await NewMessage().receive(context, {"message": note})

    assert output is not None
    assert (output.reply_to, output.contact.wa_id, output.contact.bsuid) == (
        "US.222",
        None,
        "US.222",
    )


@pytest.mark.parametrize(
    ("name", "wa_id", "bsuid", "parent"),
    [
        ("user_changed_number", "12195555358", None, None),
        (
            "user_changed_number.bsuid",
            "12195555358",
            "US.20837465019283746501",
            "US.ENT.20837465019283746502",
        ),
        (
            "user_changed_user_id",
            None,
            "US.20837465019283746501",
            "US.ENT.20837465019283746502",
        ),
        ("customer_identity_changed", "16505551234", None, None),
    ],
)
async def test_a_note_of_the_system_tells_who_the_person_is_now(
    context: RecordingContext,
    name: str,
    wa_id: str | None,
    bsuid: str | None,
    parent: str | None,
) -> None:
    output = await message(context, f"messages.system.{name}")

    contact = output["contact"]
    assert (contact["waId"], contact["bsuid"], contact["parentBsuid"]) == (wa_id, bsuid, parent)
    assert output["replyTo"] == (f"+{wa_id}" if wa_id else bsuid)


async def test_a_user_id_in_the_place_of_a_number_is_no_number(context: RecordingContext) -> None:
    payload = dict(events("messages.text")[0].payload)
    payload |= {"message": {"from": "US.1", "type": "text"}, "contact": {"wa_id": "US.1"}}
    status = {"status": {"recipient_id": "US.1", "status": "read"}, "contact": {"wa_id": "US.1"}}
    context.properties = NewMessage.Input()
    said = await NewMessage().receive(context, payload)
    context.properties = MessageStatusUpdated.Input()
    told = await MessageStatusUpdated().receive(context, status)

    assert said is not None
    assert told is not None
    assert (said.from_, said.contact.wa_id, said.contact.bsuid) == (None, None, "US.1")
    assert (told.contact.wa_id, told.contact.bsuid) == (None, "US.1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "messages.document",
            {
                "media": {
                    "id": "622684793477189",
                    "mimeType": "application/pdf",
                    "sha256": "Q8wj+lK4e0zB0CtbEUFUFR1q3dsXyf3cBrAn+pniQAg=",
                    "fileName": "receipt.pdf",
                    "caption": "my receipt",
                    "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid="
                    "622684793477189&source=webhook&ext=1790000300&hash=ARnQw3k8fixture",
                    "isVoice": False,
                    "expiresAt": "2026-09-28T14:13:20Z",
                    "fileId": None,
                    "error": None,
                }
            },
        ),
        (
            "messages.interactive.button_reply",
            {
                "replyId": "cancel-button",
                "replyTitle": "Cancel",
                "quotedMessageId": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
            },
        ),
        (
            "messages.interactive.list_reply",
            {"replyId": "priority_express", "replyTitle": "Priority Mail Express"},
        ),
        ("messages.button", {"replyPayload": "Unsubscribe", "replyTitle": "Unsubscribe"}),
        (
            "messages.interactive.nfm_reply.flow",
            {
                "flowReply": {
                    "name": "flow",
                    "body": "Sent",
                    "values": {
                        "flow_token": "order-7781",
                        "preferred_day": "2026-10-02",
                        "comment": "Afternoon please",
                    },
                }
            },
        ),
        ("messages.text.identity_key_hash", {"identityKeyHash": "DF2lS5v2W6x="}),
        ("messages.text.forwarded", {"isForwarded": True}),
        ("messages.text.frequently_forwarded", {"isForwarded": True}),
        (
            "messages.text.group",
            {"groupId": "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"},
        ),
        (
            "messages.system.user_changed_number",
            {
                "system": {
                    "body": "User Sheena Nelson changed from 16505551234 to 12195555358",
                    "wa_id": "12195555358",
                    "type": "user_changed_number",
                }
            },
        ),
    ],
)
async def test_what_flows_ask_for_is_flat(
    context: RecordingContext, name: str, expected: dict[str, Any]
) -> None:
    output = await message(context, name)

    assert {key: output[key] for key in expected} == expected


async def test_errors_of_a_message_are_explained(context: RecordingContext) -> None:
    output = await message(context, "messages.unsupported.131051")

    [error] = output["errors"]
    assert (error["code"], error["title"]) == (131051, "Message type unknown")
    assert error["details"] == "Message type is currently not supported."
    assert error["cure"]


async def test_a_voice_message_is_told_from_a_sound(context: RecordingContext) -> None:
    voice, sound = [
        await message(context, name) for name in ("messages.audio.voice", "messages.audio.file")
    ]

    assert (voice["media"]["isVoice"], sound["media"]["isVoice"]) == (True, False)


async def test_a_message_of_type_voice_is_a_voice_message(context: RecordingContext) -> None:
    payload = dict(events("messages.audio.voice")[0].payload)
    sound = as_object(payload["message"])
    payload["message"] = {**sound, "type": "voice", "audio": None, "voice": sound["audio"]}

    async def heard(*wanted: str) -> Any:
        context.properties = NewMessage.Input.model_validate({"messageTypes": wanted})
        return await NewMessage().receive(context, payload)

    whole, filtered, other = await heard(), await heard("audio"), await heard("image")
    assert whole is not None
    assert whole.media is not None
    assert (whole.media.id, whole.media.is_voice) == ("1908647269898587", True)
    assert (whole.type, whole.audio) == ("voice", sound["audio"])
    assert (filtered, other) == (whole, None)


@pytest.mark.parametrize("path", sorted(WEBHOOKS.glob("*.json")), ids=lambda path: path.stem)
async def test_every_webhook_of_meta_fits_the_published_outputs(
    context: RecordingContext, path: Path
) -> None:
    message_schema = port_schema(component_schema("x", NewMessage), "message")
    status_schema = port_schema(component_schema("x", MessageStatusUpdated), "status")

    for event in events(path.stem):
        context.properties = NewMessage.Input()
        message = await NewMessage().receive(context, event.payload)
        context.properties = MessageStatusUpdated.Input()
        status = await MessageStatusUpdated().receive(context, event.payload)

        assert (message is not None) == (event.kind in ("message", "standby.message"))
        assert (status is not None) == (event.kind in ("status", "standby.status"))
        if message is not None:
            Draft202012Validator(message_schema).validate(message.model_dump(mode="json"))  # pyright: ignore[reportUnknownMemberType]
        if status is not None:
            Draft202012Validator(status_schema).validate(status.model_dump(mode="json"))  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize(
    "broken",
    [
        {"message": {"type": "text"}},
        {"message": {"type": "text", "text": "not an object", "timestamp": "later"}},
        {"message": {"type": "image", "image": [], "timestamp": 99999999999999}},
        {"message": {"type": ["odd"], "context": None, "errors": "none"}},
        {"message": {"type": "interactive", "interactive": {"nfm_reply": {"response_json": "[["}}}},
    ],
)
async def test_a_message_built_otherwise_than_meta_says_is_still_passed_on(
    context: RecordingContext, broken: dict[str, Any]
) -> None:
    context.properties = NewMessage.Input()

    output = await NewMessage().receive(context, broken)

    assert output is not None
    assert output.raw == broken["message"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (r'{"name": "\ud83d!"}', {"name": "\ufffd!"}),
        ('{"big": 1e999}', {"big": "1e999"}),
        ('{"none": NaN}', {}),
        ('{"long": %s}' % ("9" * 400), {"long": "9" * 400}),
        ('{"deep": %s}' % ("[" * 1000 + "]" * 1000), {}),
        ('{"deep": %s}' % ("[" * 300 + "]" * 300), {"deep": ANY}),
    ],
    ids=["half a character", "too large", "no number", "many digits", "far too deep", "deep"],
)
async def test_a_form_that_holds_what_nothing_can_hold_is_passed_on_as_far_as_it_goes(
    context: RecordingContext, text: str, values: dict[str, Any]
) -> None:
    context.properties = NewMessage.Input()
    reply = {"name": "flow", "body": "Sent", "response_json": text}
    event: JsonObject = {"message": {"type": "interactive", "interactive": {"nfm_reply": reply}}}

    output = await NewMessage().receive(context, event)

    assert output is not None
    stored = json.dumps(output.model_dump(mode="json"), allow_nan=False, ensure_ascii=False)
    assert stored.encode()
    assert json.loads(stored)["flowReply"]["values"] == values


async def test_a_filter_of_types_lets_through_only_those(context: RecordingContext) -> None:
    wanted = ["image", "document"]

    assert await message(context, "messages.text", messageTypes=wanted) is None
    assert await message(context, "messages.image", messageTypes=wanted) is not None


async def test_a_message_to_another_number_is_not_for_this_flow(context: RecordingContext) -> None:
    assert await message(context, "messages.text", phoneNumberId="1") is None


async def test_a_status_has_every_key_and_its_original(context: RecordingContext) -> None:
    output = await status(context, "statuses.sent.biz_opaque_callback_data")

    assert given(output) == {
        "id": SENT,
        "recipientId": "16505551234",
        "status": "sent",
        "timestamp": "1790000000",
        "time": "2026-09-21T14:13:20Z",
        "pricing": {
            "model": "PMP",
            "type": "regular",
            "category": "utility",
            "isBillable": True,
        },
        "opaqueData": "order:860198|tenant:42",
        "wabaId": "102290129340398",
        "phoneNumberId": "106540352242922",
        "displayPhoneNumber": "15550783881",
        "contact": {
            "waId": "16505551234",
            "bsuid": None,
            "parentBsuid": None,
            "username": None,
            "profileName": None,
        },
        "type": "message",
    }
    assert output["raw"]["status"] == "sent"


async def test_our_own_key_is_taken_apart_from_the_reference(context: RecordingContext) -> None:
    context.properties = MessageStatusUpdated.Input()
    opaque = "appmixer.step=run-1:reply&order:860198"

    output = await MessageStatusUpdated().receive(
        context, {"status": {"id": SENT, "status": "sent", "biz_opaque_callback_data": opaque}}
    )

    assert output is not None
    assert (output.idempotency_key, output.opaque_data) == ("run-1:reply", "order:860198")


async def test_a_failure_says_why_and_what_to_do(context: RecordingContext) -> None:
    output = await status(context, "statuses.failed.131047")

    [error] = output["errors"]
    assert (error["code"], error["title"], error["isRetryable"]) == (
        131047,
        "Re-engagement message",
        False,
    )
    assert "template" in error["cure"].lower()


@pytest.mark.parametrize("errors", [None, [], "none", [7]])
async def test_a_failure_without_a_reason_says_so_and_what_to_do(
    context: RecordingContext, errors: Any
) -> None:
    context.properties = MessageStatusUpdated.Input()
    failed = {"id": SENT, "status": "failed", "errors": errors}

    output = await MessageStatusUpdated().receive(context, {"status": failed})

    assert output is not None
    [error] = output.errors
    assert (error.code, error.cause) == (None, "Meta gave no code.")
    assert error.cure


async def test_what_meta_says_of_a_failure_is_passed_on_without_secrets(
    context: RecordingContext,
) -> None:
    context.properties = MessageStatusUpdated.Input()
    words = "refused for EAAGm0PX4ZCpsBA"
    error: JsonObject = {"code": 999999, "title": words, "message": words, "details": words}

    output = await MessageStatusUpdated().receive(
        context, {"status": {"id": SENT, "status": "failed", "errors": [error]}}
    )

    assert output is not None
    [told] = output.errors
    hidden = "refused for [hidden]"
    assert (told.title, told.message, told.details) == (hidden, hidden, hidden)
    assert (told.cause.endswith(f" Meta says: {hidden}"), bool(told.cure)) == (True, True)


async def test_a_conversation_is_kept_where_meta_still_sends_it(context: RecordingContext) -> None:
    output = await status(context, "statuses.sent.free_entry_point")

    assert output["conversation"]["id"] == "6ceb9d929c9bdc4f90e967a32f8639b4"


async def test_a_filter_of_statuses_decides_for_each_status(context: RecordingContext) -> None:
    wanted = ["read", "failed"]

    assert await status(context, "statuses.delivered", statuses=wanted) is None
    assert await status(context, "statuses.read", statuses=wanted) is not None


@pytest.mark.parametrize(
    ("properties", "routes"),
    [
        ({}, ["messages:102290129340398"]),
        ({"phoneNumberId": "106540352242922"}, ["messages:102290129340398:106540352242922"]),
        ({"businessAccountId": "2002"}, ["messages:2002"]),
        ({"includeStandby": True}, ["messages:102290129340398", "standby:102290129340398"]),
        ({"businessAccountId": "", "phoneNumberId": ""}, ["messages:102290129340398"]),
    ],
)
async def test_starting_listens_to_what_the_properties_say(
    quiet: RecordingContext, properties: dict[str, Any], routes: list[str]
) -> None:
    quiet.properties = NewMessage.Input.model_validate(properties)

    await NewMessage().start(quiet)

    assert sorted(quiet.listening) == routes


@pytest.mark.parametrize(
    ("written", "title", "told"),
    [
        ("+1 555-078-3881", "This is the phone number of a sender, not its id", "106540352242922"),
        ("15550783881", "This is the phone number of a sender, not its id", "106540352242922"),
        ("206540352242922", "There is no sender number 206540352242922", "'acme'"),
        ("3003", "Number 3003 is not in WhatsApp Business Account 102290129340398", "2002"),
    ],
)
async def test_what_is_no_id_of_one_of_its_numbers_is_told_what_it_is_at_the_start(
    quiet: RecordingContext, respx_mock: respx.MockRouter, written: str, title: str, told: str
) -> None:
    list_numbers(respx_mock)
    quiet.properties = NewMessage.Input(phone_number_id=written)

    with pytest.raises(RejectedError) as caught:
        await NewMessage().start(quiet)

    assert (caught.value.title, caught.value.field) == (title, "phoneNumberId")
    assert told in caught.value.cause
    assert quiet.listening == {}


class TemplateChanged(ListeningTrigger):
    """A trigger of an account's news, of three kinds."""

    events = ("message_template_status_update", "template_category_update", "error")


async def test_a_trigger_is_asked_about_the_events_that_it_names_and_no_others(
    quiet: RecordingContext,
) -> None:
    quiet.properties = ListeningInput()

    await TemplateChanged().start(quiet)

    bodies = [json.loads(path.read_text("utf-8")) for path in WEBHOOKS.glob("*.json")]
    happened = [event for body in bodies for event in flatten(body)]
    asked = {event.kind for event in happened if {*event.topics} & {*quiet.listening}}
    assert asked == {*TemplateChanged.events}
    await TemplateChanged().stop(quiet)
    assert quiet.listening == {}


async def test_starting_with_other_properties_takes_the_old_listener_away(
    quiet: RecordingContext,
) -> None:
    quiet.properties = MessageStatusUpdated.Input()
    await MessageStatusUpdated().start(quiet)
    quiet.properties = MessageStatusUpdated.Input(business_account_id="2002")

    await MessageStatusUpdated().start(quiet)

    assert list(quiet.listening) == ["statuses:2002"]


async def test_stopping_after_the_properties_changed_takes_away_what_was_started(
    quiet: RecordingContext,
) -> None:
    quiet.properties = NewMessage.Input()
    await NewMessage().start(quiet)
    quiet.properties = NewMessage.Input(business_account_id="2002")

    await NewMessage().stop(quiet)

    assert quiet.listening == {}


async def test_a_start_warns_of_what_may_keep_it_from_hearing(quiet: RecordingContext) -> None:
    quiet.properties = NewMessage.Input(phone_number_id="106540352242922")

    await NewMessage().start(quiet)

    assert quiet.warnings == ["Mind 102290129340398, 106540352242922."]


async def test_a_stop_tells_once_what_has_become_of_the_subscription(
    quiet: RecordingContext,
) -> None:
    quiet.properties = NewMessage.Input(include_standby=True)
    await NewMessage().start(quiet)
    quiet.warnings.clear()

    await NewMessage().stop(quiet)
    await NewMessage().stop(quiet)

    assert len(quiet.warnings) == 1
    assert "102290129340398, so it is unsubscribed" in quiet.warnings[0]
    assert "appmixer account set acme keepSubscribed true" in quiet.warnings[0]


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        (["flow-2/statuses:102290129340398"], "1 other flow listens to"),
        (
            ["flow-2/statuses:102290129340398:1", "flow-2/messages:102290129340398"],
            "1 other flow listens to",
        ),
        (
            ["flow-2/account:102290129340398", "flow-3/messages:102290129340398:1"],
            "2 other flows listen to",
        ),
        (["flow-2/account:102290129340398:account_update"], "1 other flow listens to"),
        (["flow-2/messages:1022901293403980"], "No other flow listens to"),
    ],
)
async def test_a_stop_tells_how_many_flows_are_left(
    quiet: RecordingContext, routes: list[str], told: str
) -> None:
    quiet.properties = NewMessage.Input()
    await NewMessage().start(quiet)
    quiet.warnings.clear()
    for id in routes:
        route = id.partition("/")[2]
        quiet.host.listening[id] = Listener(id, route, {}, "account-1")

    await NewMessage().stop(quiet)

    [warning] = quiet.warnings
    assert warning.startswith(f"{told} WhatsApp Business Account 102290129340398")


async def test_an_account_without_a_waba_cannot_start(context: RecordingContext) -> None:
    assert context.connected is not None
    context.connected.profile = {}
    context.properties = NewMessage.Input()

    with pytest.raises(RejectedError) as caught:
        await NewMessage().start(context)

    assert caught.value.field == "businessAccountId"
    assert context.listening == {}


async def test_a_refused_listener_fails_the_start_and_can_be_stopped(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    no = {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}
    respx_mock.route(host="graph.facebook.com").respond(400, json=no)
    context.properties = NewMessage.Input()

    with pytest.raises(RejectedError):
        await NewMessage().start(context)
    await NewMessage().stop(context)

    assert context.listening == {}
