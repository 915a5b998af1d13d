"""What the sends show while their forms are filled in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import Part, Preview
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.components.templates.send_template import SendTemplate

from .live import CONNECTOR

pytestmark = pytest.mark.anyio

COMPONENTS = CONNECTOR.components()
TEMPLATES = "https://graph.facebook.com/v25.0/102290129340398/message_templates"
NUMBER = "106540352242922"
BODY = "Hi {{1}}, your order {{2}} has shipped."


def a_template(*parts: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "BODY", "text": BODY}
    return {"name": "order", "language": "en_US", "components": [*parts, body]}


def form(**fields: Any) -> dict[str, Any]:
    return {"phoneNumberId": NUMBER, "templateName": "order", "languageCode": "en_US", **fields}


@pytest.mark.parametrize(
    ("to", "recipient", "region"),
    [
        ("+1 650 555 1234", "+16505551234", "US"),
        ("US.13491208655302741918", "US.13491208655302741918", "US"),
        ("Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD", None, ""),
        ("{{ incoming.message.replyTo }}", None, ""),
        ("", "", ""),
    ],
)
async def test_a_text_shows_what_is_read_and_whom_it_reaches(
    context: RecordingContext, to: str, recipient: str | None, region: str
) -> None:
    shown = await SendText().preview(context, {"to": to, "text": "You said: {{ a.b.c }}"})

    assert shown == Preview(
        summary="You said: {{ a.b.c }}",
        recipient=to if recipient is None else recipient,
        region=region,
        bubble=[Part("text", "You said: {{ a.b.c }}")],
        notes=[],
    )
    assert context.quota.taken == []


async def test_a_recipient_that_is_none_is_told_with_the_cure(context: RecordingContext) -> None:
    shown = await SendText().preview(context, {"to": "12"})

    [note] = shown.notes
    assert shown == Preview(recipient="12", bubble=[], notes=[note])
    assert "Write the phone number with +" in note


async def test_a_number_without_a_country_is_read_as_the_account_says(
    context: RecordingContext,
) -> None:
    context.account.settings = {"defaultRegion": "DE"}

    shown = await SendText().preview(context, {"to": "030 901820"})

    assert (shown.recipient, shown.region) == ("+4930901820", "DE")


async def test_without_an_account_a_text_is_shown_all_the_same(context: RecordingContext) -> None:
    shown = await SendText().preview(
        replace(context, connected=None), {"to": "+1 650 555 1234", "text": "Hi"}
    )

    assert (shown.recipient, shown.bubble) == ("+16505551234", [Part("text", "Hi")])


@pytest.mark.parametrize(
    ("parts", "fields", "expected"),
    [
        ([], {"bodyParameters": ["Sheena"]}, [Part("text", BODY.replace("{{1}}", "Sheena"))]),
        ([], {"bodyParameters": "{{ a.b.c }}"}, [Part("text", BODY)]),
        ([], {"bodyParameters": {"2": 47}}, [Part("text", BODY.replace("{{2}}", "47"))]),
        (
            [{"type": "HEADER", "format": "TEXT", "text": "Hi {{1}}"}],
            {"headerText": "there"},
            [Part("title", "Hi there"), Part("text", BODY)],
        ),
        (
            [{"type": "HEADER", "format": "IMAGE"}],
            {"headerMedia": {"link": "https://a.example/b.png"}},
            [Part("image", link="https://a.example/b.png"), Part("text", BODY)],
        ),
        (
            [{"type": "HEADER", "format": "LOCATION"}],
            {"headerLocation": {"name": "Philz", "address": "Palo Alto"}},
            [Part("location", "Philz, Palo Alto"), Part("text", BODY)],
        ),
        (
            [
                {"type": "FOOTER", "text": "Bye"},
                {
                    "type": "BUTTONS",
                    "buttons": [
                        {"type": "URL", "text": "Track", "url": "https://a.example/{{1}}"},
                        {"type": "QUICK_REPLY", "text": "Stop"},
                    ],
                },
            ],
            {"buttonParameters": [{"index": 0, "kind": "urlSuffix", "value": 47}]},
            [
                Part("text", BODY),
                Part("footer", "Bye"),
                Part("button", "Track", "https://a.example/47"),
                Part("button", "Stop"),
            ],
        ),
        (
            [{"type": "CAROUSEL", "cards": [{"components": [{"type": "BODY", "text": "One"}]}]}],
            {},
            [Part("text", BODY), Part("card", parts=[Part("text", "One")])],
        ),
    ],
)
async def test_a_template_is_shown_as_meta_has_it_and_the_form_fills_it(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    parts: list[dict[str, Any]],
    fields: dict[str, Any],
    expected: list[Part],
) -> None:
    respx_mock.get(TEMPLATES).respond(json={"data": [a_template(*parts)]})

    shown = await SendTemplate().preview(context, form(to="+16505551234", **fields))

    assert shown == Preview("order · en_US", "+16505551234", "US", expected, notes=[])


async def test_a_template_that_cannot_be_read_is_shown_by_its_name(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(TEMPLATES).respond(json={"data": []})

    shown = await SendTemplate().preview(context, form())

    assert shown == Preview("order · en_US", bubble=[], notes=[])


@pytest.mark.parametrize("fields", [{"templateName": "{{ a.b.c }}"}, {"phoneNumberId": None}, {}])
async def test_meta_is_asked_only_for_a_template_that_is_chosen(
    newcomer: RecordingContext, respx_mock: respx.MockRouter, fields: dict[str, Any]
) -> None:
    unfinished = form(**fields) if fields else {}

    shown = await SendTemplate().preview(newcomer, unfinished)

    assert shown.bubble == []
    assert respx_mock.calls.call_count == 0


async def test_why_a_template_is_not_there_to_be_shown_is_told(
    newcomer: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    for waba_id in ("102290129340398", "2002"):
        url = f"https://graph.facebook.com/v25.0/{waba_id}/phone_numbers"
        respx_mock.get(url).mock(return_value=httpx.Response(200, json={"data": []}))

    shown = await SendTemplate().preview(newcomer, form())
    without = await SendTemplate().preview(replace(newcomer, connected=None), form())

    assert "There is no sender number 106540352242922" in shown.notes[0]
    assert "No account" in without.notes[0]


PIN = {"latitude": 37.4421, "longitude": "-122.1615"}
CARD = {"name": {"formattedName": "Barbara J. Johnson"}, "phones": [{"phone": "+16505559999"}]}


@pytest.mark.parametrize(
    ("component", "fields", "bubble", "summary"),
    [
        (
            "SendLocation",
            {**PIN, "name": "Philz", "address": "Palo Alto"},
            [Part("location", "Philz, Palo Alto")],
            "Philz, Palo Alto",
        ),
        (
            "SendLocation",
            PIN,
            [Part("location", "37.4421, -122.1615")],
            "37.4421, -122.1615",
        ),
        ("SendLocation", {}, [], ""),
        (
            "SendContacts",
            {"fullName": "Barbara", "phone": "+16505559999"},
            [Part("contact", "Barbara")],
            "Barbara",
        ),
        (
            "SendContacts",
            {"contacts": [CARD, {"name": {"firstName": "Al"}}, "{{ a.b.c }}", None]},
            [Part("contact", "Barbara J. Johnson"), Part("contact", "{{ a.b.c }}")],
            "Barbara J. Johnson",
        ),
        ("SendReaction", {"emoji": "👍"}, [Part("reaction", "👍")], "👍"),
        ("SendReaction", {"remove": True}, [], ""),
        ("RequestCallPermission", {"text": "May we call?"}, [Part("text", "May we call?")], None),
        (
            "SendCallButton",
            {"text": "Call us", "displayText": "Ring"},
            [Part("text", "Call us"), Part("button", "Ring")],
            "Call us",
        ),
        ("SendCallButton", {}, [Part("button", "Call Now")], "Call Now"),
        (
            "SendOrderDetails",
            {"text": "Your order", "footer": "Bye", "items": [{"name": "Cake", "quantity": 2}]},
            [
                Part("text", "Your order"),
                Part("text", "2 \u00d7 Cake"),
                Part("footer", "Bye"),
                Part("button", "Review and Pay"),
            ],
            "Your order",
        ),
        ("SendOrderDetails", {"items": "{{ a.b.c }}"}, [Part("button", "Review and Pay")], None),
        (
            "SendOrderStatus",
            {"text": "Shipped", "description": "On its way"},
            [Part("text", "Shipped"), Part("text", "On its way")],
            "Shipped",
        ),
    ],
)
async def test_a_half_filled_form_shows_what_the_person_would_see(
    context: RecordingContext,
    component: str,
    fields: dict[str, Any],
    bubble: list[Part],
    summary: str | None,
) -> None:
    action = COMPONENTS[f"appmixer.whatsapp.{component}"]()

    shown = await action.preview(context, {"phoneNumberId": NUMBER, "to": "+16505551234", **fields})

    assert shown == Preview(
        summary=bubble[0].text if summary is None else summary,
        recipient="+16505551234",
        region="US",
        bubble=bubble,
        notes=[],
    )
