"""What a message becomes when the 24-hour window is closed, or when nobody knows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import Event, Json, NothingToChooseError, Wait, choices_of
from appmixer.engine.contract.conformance import form_complaints
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.sending.action import SendAction
from appmixer.whatsapp.plugin.sending.messages import SentMessage, WindowInput
from appmixer.whatsapp.plugin.sending.texts import TextInput

from .live import CONNECTOR, NUMBER, PERSON, Live

pytestmark = pytest.mark.anyio

MESSAGES = f"https://graph.facebook.com/v25.0/{NUMBER}/messages"
TEMPLATES = "https://graph.facebook.com/v25.0/102290129340398/message_templates"
TO_PERSON = {"phoneNumberId": NUMBER, "to": PERSON}
HELLO = {
    "windowPolicy": "template",
    "fallbackTemplate": "hello_world",
    "fallbackLanguage": "en_US",
}
ORDER = {**HELLO, "fallbackTemplate": "order_confirmation"}
FILLED_IN = {"body_1": "Sheena", "body_2": "860198", "button_1_url": "860198"}
DAY_S = 24 * 3600
# How each is filled in so that it could be sent; what it says is beside the point.
MESSAGE_OF: dict[str, dict[str, Any]] = {
    "SendText": {"text": "Hi"},
    "SendImage": {"image": {"link": "https://lucky.example/a.png"}},
    "SendReaction": {"messageId": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQ", "emoji": "👍"},
    "SendLocation": {"latitude": 37.4, "longitude": -122.1},
    "SendButtons": {"text": "Yes?", "buttons": [{"id": "y", "title": "Yes"}]},
    "RequestLocation": {"text": "Where are you?"},
}


async def closed(live: Live) -> None:
    await live.ready()
    await live.written_at(live.context.clock.now - DAY_S)


async def test_a_template_takes_the_place_of_the_message_when_the_window_is_closed(
    live: Live,
) -> None:
    await closed(live)

    sent = await live.run("SendText", **TO_PERSON, text="Hi", **ORDER, fallbackParameters=FILLED_IN)

    assert (sent.sent_as, sent.window.state) == ("template", "closed")
    [body] = live.sent
    assert body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PERSON,
        "type": "template",
        "template": {
            "name": "order_confirmation",
            "language": {"code": "en_US"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Sheena"},
                        {"type": "text", "text": "860198"},
                    ],
                },
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "0",
                    "parameters": [{"type": "text", "text": "860198"}],
                },
            ],
        },
    }


@pytest.mark.parametrize("component", MESSAGE_OF)
async def test_every_free_message_can_be_a_template_instead(live: Live, component: str) -> None:
    await closed(live)

    sent = await live.run(component, **TO_PERSON, **MESSAGE_OF[component], **HELLO)

    assert sent.sent_as == "template"
    assert [each["type"] for each in live.sent] == ["template"]


@pytest.mark.parametrize("unknown", ["send", "refuse", "template"])
async def test_an_open_window_lets_the_message_through_although_a_template_is_chosen(
    live: Live, unknown: str
) -> None:
    await live.ready()
    await live.written_at(live.context.clock.now - DAY_S + 1)

    sent = await live.run("SendText", **TO_PERSON, text="Hi", **HELLO, unknownWindowPolicy=unknown)

    assert (sent.sent_as, sent.window.state) == ("message", "open")
    assert [each["type"] for each in live.sent] == ["text"]


@pytest.mark.parametrize(
    ("policy", "type", "sent_as"),
    [({}, "text", "message"), ({"unknownWindowPolicy": "template"}, "template", "template")],
)
async def test_what_goes_out_when_the_window_is_unknown_is_a_choice_of_its_own(
    live: Live, policy: dict[str, str], type: str, sent_as: str
) -> None:
    await live.ready()

    sent = await live.run("SendText", **TO_PERSON, text="Hi", **HELLO, **policy)

    assert (sent.sent_as, sent.window.state) == (sent_as, "unknown")
    assert [each["type"] for each in live.sent] == [type]


async def test_nothing_goes_out_to_an_unknown_window_that_is_to_be_refused(live: Live) -> None:
    await live.ready()
    unknown = {"unknownWindowPolicy": "refuse"}

    assert await live.refusal("SendText", **TO_PERSON, text="Hi", **HELLO, **unknown) == "to"
    assert await live.refusal("SendText", **TO_PERSON, text="Hi", **unknown) == "to"
    assert live.sent == []
    assert await live.context.store.scan("send:") == {}


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({"windowPolicy": "template"}, "fallbackTemplate"),
        ({**HELLO, "fallbackTemplate": "Hello World"}, "fallbackTemplate"),
        ({**HELLO, "fallbackLanguage": None}, "fallbackLanguage"),
        ({**HELLO, "fallbackLanguage": "english"}, "fallbackLanguage"),
        ({"unknownWindowPolicy": "template"}, "unknownWindowPolicy"),
        ({**HELLO, "windowPolicy": "ask"}, "windowPolicy"),
        ({**ORDER}, "fallbackParameters.body_1"),
        (
            {**ORDER, "fallbackParameters": {**FILLED_IN, "body_3": "x"}},
            "fallbackParameters.body_3",
        ),
        ({**HELLO, "fallbackParameters": {"body_1": "x"}}, "fallbackParameters.body_1"),
        (
            {**HELLO, "fallbackTemplate": "no_such", "fallbackParameters": {"body_1": "x"}},
            "fallbackTemplate",
        ),
        ({**HELLO, "fallbackTemplate": "no_such"}, "fallbackTemplate"),
    ],
)
async def test_a_template_that_cannot_be_sent_is_refused_at_its_own_fields(
    live: Live, choice: dict[str, Any], field: str
) -> None:
    await closed(live)

    assert await live.refusal("SendText", **TO_PERSON, text="Hi", **choice) == field


async def test_an_ad_keeps_messages_free_for_72_hours_and_lets_no_free_text_through(
    live: Live,
) -> None:
    await live.ready()
    now = live.context.clock.now
    # The person tapped the ad 30 hours ago and was answered at once: until then all is free.
    clicked = int(now - 30 * 3600)
    person = PERSON.removeprefix("+")
    referral = {"source_type": "ad", "source_id": "1"}
    said = {"from": person, "type": "text", "timestamp": str(clicked), "referral": referral}
    status = {
        "id": "wamid.1",
        "status": "sent",
        "timestamp": str(clicked + 60),
        "recipient_id": person,
        "conversation": {"origin": {"type": "referral_conversion"}},
        "pricing": {"type": "free_entry_point", "category": "referral_conversion"},
    }
    payloads: list[tuple[str, dict[str, Any]]] = [
        ("message", {"phoneNumberId": NUMBER, "message": said}),
        ("status", {"phoneNumberId": NUMBER, "wabaId": "102290129340398", "status": status}),
    ]
    await live.context.plugin.before_routing([Event(kind, kind, each) for kind, each in payloads])

    assert await live.refusal("SendText", **TO_PERSON, text="Hi") == "to"
    assert live.sent == []


async def test_a_step_that_is_repeated_says_what_its_first_attempt_sent(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(MESSAGES).mock(side_effect=httpx.ReadError("gone"))
    respx_mock.get(TEMPLATES).respond(json={"data": []})
    step = {**TO_PERSON, "text": "Hi", **HELLO, "unknownWindowPolicy": "template"}
    input = TextInput.model_validate(step)
    first = await SendText().receive(context, input)
    message = {"from": "16505551234", "type": "text", "timestamp": str(int(context.clock.now))}
    written = Event("1", "message", {"phoneNumberId": NUMBER, "message": message})
    await context.plugin.before_routing([written])

    again = await SendText().receive(context, input)

    assert route.call_count == 1
    assert isinstance(first, Wait)
    assert isinstance(again, Wait)
    waited = {"status": {"id": "wamid.OUT", "status": "sent", "recipient_id": "16505551234"}}
    sent = await SendText().resume(context, again.state, waited)
    assert isinstance(sent, SentMessage)
    assert sent.sent_as == "template"


async def test_the_form_is_that_of_the_template_while_the_policy_asks_for_one(live: Live) -> None:
    component = SendText()

    asked = await component.form(live.context, {**ORDER})
    other = await component.form(live.context, {**ORDER, "windowPolicy": "send"})

    fields: Any = asked.fields
    assert [*fields["fallbackParameters"]["properties"]] == [*FILLED_IN, "button_2_payload"]
    assert asked.required == ["fallbackParameters"]
    assert (other.fields, other.required) == ({}, ())
    no_such = {**HELLO, "fallbackTemplate": "no_such"}
    assert await form_complaints(component, live.context, ORDER, HELLO, no_such) == []


async def test_the_languages_to_choose_from_are_those_of_the_template_in_its_place(
    live: Live,
) -> None:
    choices = choices_of(TextInput)["fallbackLanguage"]
    given: dict[str, Json] = {"phoneNumberId": NUMBER}

    chosen = {**given, "fallbackTemplate": "hello_world"}
    found = await choices.first(live.context, chosen)
    with pytest.raises(NothingToChooseError) as caught:
        await choices.first(live.context, given)

    assert [each.value for each in found] == ["en_US"]
    assert caught.value.field == "fallbackTemplate"


def test_every_component_that_needs_the_window_offers_a_template_in_its_place() -> None:
    offering = [
        name
        for name, component in CONNECTOR.components().items()
        if issubclass(component, SendAction) and issubclass(component.Input, WindowInput)
    ]

    assert len(offering) > 20
    for name in offering:
        component = CONNECTOR.components()[name]
        assert component.form_of is not None
        fields = component.Input.model_json_schema(by_alias=True)["properties"]
        for each in ("fallbackTemplate", "fallbackLanguage", "fallbackParameters"):
            assert fields[each]["x-when"] == {"windowPolicy": ["template"]}
