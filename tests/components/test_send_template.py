"""Send Template, through `receive`, with Graph replaced."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from freezegun import freeze_time
from jsonschema import Draft202012Validator, validate

from appmixer.engine.contract import NothingToChooseError, Option, RejectedError, choices_of
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.templates.send_template import SendTemplate
from appmixer.whatsapp.plugin.sending.messages import SentMessage
from appmixer.whatsapp.plugin.templates.components import flattened

from ..machine import slowness

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

# What may keep everything else waiting, and five times that on a machine with other work.
LONGEST_S = 5 * 0.05
GRAPH = "https://graph.facebook.com/v25.0"
CHOICES = choices_of(SendTemplate.Input)
MESSAGES = f"{GRAPH}/106540352242922/messages"
NUMBERS = f"{GRAPH}/102290129340398/phone_numbers"
TEMPLATES = f"{GRAPH}/102290129340398/message_templates"
ACCEPTED = {
    "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
    "messages": [{"id": "wamid.OUT", "message_status": "held_for_quality_assessment"}],
}
BODY = {"type": "BODY", "text": "Hi {{1}}, your order {{2}} has shipped."}
TRACK = {"type": "URL", "text": "Track", "url": "https://lucky.example/track/{{1}}"}
STOP = {"type": "QUICK_REPLY", "text": "Stop updates"}
ORDER = {
    "name": "order_confirmation",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameter_format": "POSITIONAL",
    "components": [BODY, {"type": "BUTTONS", "buttons": [STOP, TRACK]}],
}


def template(**fields: Any) -> SendTemplate.Input:
    return SendTemplate.Input.model_validate(
        {
            "phoneNumberId": "106540352242922",
            "to": "+16505551234",
            "templateName": "order_confirmation",
            "languageCode": "en_US",
            **fields,
        }
    )


def with_parts(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**ORDER, "components": list(parts), **fields}


def meta_has(respx_mock: respx.MockRouter, *templates: dict[str, Any]) -> None:
    respx_mock.get(NUMBERS).respond(json={"data": [{"id": "106540352242922"}]})
    respx_mock.get(TEMPLATES).respond(json={"data": list(templates)})


def sent_template(requests: Requests) -> Any:
    [request] = [each for each in requests() if each.method == "POST"]
    body = json.loads(request.content)
    assert body["type"] == "template"
    return body["template"]


async def test_sends_a_template_without_variables_as_meta_shows_it(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    hello = with_parts({"type": "BODY", "text": "Welcome!"}, name="hello_world")
    meta_has(respx_mock, hello)
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    sent = await SendTemplate().receive(context, template(templateName="hello_world"))

    assert isinstance(sent, SentMessage)
    assert (sent.message_id, sent.status) == ("wamid.OUT", "heldForQualityAssessment")
    assert sent_template(requests) == {"name": "hello_world", "language": {"code": "en_US"}}


async def test_fills_in_body_and_buttons(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    meta_has(respx_mock, ORDER)
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    buttons = [
        {"index": 0, "kind": "payload", "value": "STOP"},
        {"index": 1, "kind": "urlSuffix", "value": 860198},
    ]

    await SendTemplate().receive(
        context, template(bodyParameters=["Sheena", 860198], buttonParameters=buttons)
    )

    assert sent_template(requests)["components"] == [
        {
            "type": "body",
            "parameters": [{"type": "text", "text": "Sheena"}, {"type": "text", "text": "860198"}],
        },
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": "STOP"}],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "1",
            "parameters": [{"type": "text", "text": "860198"}],
        },
    ]


async def test_fills_in_named_parameters(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    sale = with_parts(
        {"type": "HEADER", "format": "TEXT", "text": "For {{first_name}}"},
        {"type": "BODY", "text": "{{discount}} off until {{day}}!"},
        parameter_format="NAMED",
    )
    meta_has(respx_mock, sale)
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    await SendTemplate().receive(
        context,
        template(headerText="Sheena", bodyParameters={"discount": "25%", "day": "Friday"}),
    )

    assert sent_template(requests)["components"] == [
        {
            "type": "header",
            "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Sheena"}],
        },
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "discount", "text": "25%"},
                {"type": "text", "parameter_name": "day", "text": "Friday"},
            ],
        },
    ]


async def test_finds_out_what_kind_of_media_the_header_has(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    bill = with_parts({"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Here"})
    meta_has(respx_mock, bill)
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    await SendTemplate().receive(
        context, template(headerMedia={"mediaId": "1003383421387256", "fileName": "bill.pdf"})
    )

    assert sent_template(requests)["components"] == [
        {
            "type": "header",
            "parameters": [
                {
                    "type": "document",
                    "document": {"id": "1003383421387256", "filename": "bill.pdf"},
                }
            ],
        }
    ]


async def test_passes_metas_own_array_on_unchanged(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    meta_has(respx_mock)
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    components: list[Any] = [{"type": "carousel", "cards": [{"card_index": 0, "components": []}]}]

    await SendTemplate().receive(context, template(components=components))

    assert sent_template(requests)["components"] == components


NOTHING: dict[str, Any] = {}
CARDS: dict[str, Any] = {"type": "CAROUSEL", "cards": [NOTHING, NOTHING]}


@pytest.mark.parametrize(
    ("parts", "fields", "field", "cause"),
    [
        ([BODY], {"bodyParameters": ["Sheena"]}, "bodyParameters", "needs a value for {{2}}"),
        ([BODY], NOTHING, "parameters.body_1", "also needs body_1 ({{1}})"),
        (
            [BODY],
            {"bodyParameters": ["a", "b", "c"]},
            "bodyParameters",
            "has no place for value 3",
        ),
        (
            [{"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}, BODY],
            {"bodyParameters": ["a", "b"]},
            "headerText",
            "header also needs a value for {{1}}",
        ),
        (
            [{"type": "HEADER", "format": "TEXT", "text": "News"}],
            {"headerText": "x"},
            "headerText",
            "has no place for value 1",
        ),
        (
            [{"type": "HEADER", "format": "IMAGE"}, BODY],
            {"bodyParameters": ["a", "b"]},
            "headerMedia",
            "header is an image",
        ),
        (
            [{"type": "HEADER", "format": "VIDEO"}],
            {"headerMedia": {"kind": "image", "link": "https://lucky.example/a.jpg"}},
            "headerMedia",
            "header is a video",
        ),
        (
            [{"type": "HEADER", "format": "LOCATION"}, BODY],
            {"bodyParameters": ["a", "b"]},
            "headerLocation",
            "is a location",
        ),
        (
            [{"type": "BUTTONS", "buttons": [STOP, TRACK]}, BODY],
            {"bodyParameters": ["a", "b"]},
            "buttonParameters",
            "button 1 (Track) needs the end of its URL",
        ),
        (
            [{"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy"}]}, BODY],
            {"bodyParameters": ["a", "b"]},
            "buttonParameters",
            "needs the coupon code",
        ),
        (
            [{"type": "BUTTONS", "buttons": [STOP]}],
            {"buttonParameters": [{"index": 1, "kind": "payload", "value": "x"}]},
            "buttonParameters",
            "has no button 1",
        ),
        (
            [CARDS, BODY],
            {"bodyParameters": ["a", "b"]},
            "components",
            "has 2 cards, and 0 are filled in",
        ),
        (
            [{"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"has_expiration": True}}, BODY],
            {"bodyParameters": ["a", "b"]},
            "offerExpiresAt",
            "needs an end",
        ),
    ],
)
async def test_what_is_missing_is_told_before_anything_is_sent(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    parts: list[dict[str, Any]],
    fields: dict[str, Any],
    field: str,
    cause: str,
) -> None:
    meta_has(respx_mock, with_parts(*parts))

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, template(**fields))

    assert (caught.value.field, caught.value.code) == (field, 132000)
    assert cause in caught.value.cause
    assert {request.method for request in requests()} == {"GET"}


async def test_a_named_parameter_that_is_missing_is_named(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    body = {"type": "BODY", "text": "Hi {{first_name}}, {{discount}} off!"}
    meta_has(respx_mock, with_parts(body, parameter_format="NAMED"))

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, template(bodyParameters={"first_name": "Sheena"}))

    assert "{{discount}}" in caught.value.cause


@pytest.mark.parametrize(
    "fields",
    [
        {"bodyParameters": ["x"], "components": [{"type": "body"}]},
        {
            "headerText": "x",
            "headerLocation": {"latitude": 1, "longitude": 2, "name": "a", "address": "b"},
        },
        {"headerMedia": {"kind": "image"}},
        {"headerMedia": {"kind": "image", "mediaId": "1", "link": "https://lucky.example/a"}},
        {"headerMedia": {"mediaId": "1"}},
    ],
)
async def test_parameters_that_contradict_themselves_are_refused(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    fields: dict[str, Any],
) -> None:
    meta_has(respx_mock)

    with pytest.raises(RejectedError):
        await SendTemplate().receive(context, template(**fields))

    assert {request.method for request in requests()} == {"GET"}


async def test_sends_anyway_where_the_templates_cannot_be_read(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    no = {"error": {"message": "(#200) no permission", "code": 200}}
    respx_mock.get(url__startswith=f"{GRAPH}/").respond(403, json=no)
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    sent = await SendTemplate().receive(context, template(bodyParameters=["only one"]))

    assert isinstance(sent, SentMessage)


async def test_the_definition_is_read_once_in_ten_minutes(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    meta_has(respx_mock, with_parts(BODY))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    for step in ("a", "b"):
        context.step_id = step
        await SendTemplate().receive(context, template(bodyParameters=["Sheena", "1"]))
    before = [request.url.path for request in requests()]

    context.host.clock.advance(601)
    context.step_id = "c"
    await SendTemplate().receive(context, template(bodyParameters=["Sheena", "1"]))

    assert before.count("/v25.0/102290129340398/message_templates") == 1
    assert len(requests()) == len(before) + 2


async def test_a_definition_that_has_changed_is_read_again_before_anything_is_refused(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    meta_has(respx_mock, with_parts({"type": "BODY", "text": "Hi {{1}}"}))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    await SendTemplate().receive(context, template(bodyParameters=["Sheena"]))
    meta_has(respx_mock, with_parts(BODY))
    context.step_id = "second"

    sent = await SendTemplate().receive(context, template(bodyParameters=["Sheena", "1"]))

    assert isinstance(sent, SentMessage)


async def test_a_language_that_the_template_lacks_is_answered_with_those_it_has(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    meta_has(
        respx_mock, ORDER, {**ORDER, "language": "cs"}, {**ORDER, "name": "order_confirmation_2"}
    )
    missing = {"error": {"message": "(#132001) Template name does not exist", "code": 132001}}
    respx_mock.post(MESSAGES).respond(404, json=missing)

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, template(languageCode="en"))

    assert (caught.value.code, caught.value.field) == (132001, "languageCode")
    assert caught.value.cure == "Choose one of the languages it has: cs, en_US."


async def test_the_dropdowns_offer_approved_templates_and_their_languages(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    czech = {**ORDER, "language": "cs", "quality_score": {"score": "RED"}}
    meta_has(
        respx_mock,
        {**ORDER, "name": "declined", "status": "REJECTED"},
        {**ORDER, "language": "de", "status": "PENDING"},
        ORDER,
        czech,
    )

    names = await CHOICES["templateName"].first(context, {})
    languages = await CHOICES["languageCode"].first(context, {"templateName": "order_confirmation"})

    name = "order_confirmation"
    assert names == [
        Option(name, name, "utility · cs, en_US", False, "quality red", "advice"),
        Option("declined", "declined", "utility · en_US", True, "rejected", "fault"),
    ]
    assert languages == [
        Option("cs", "cs", "utility", False, "quality red", "advice"),
        Option("en_US", "en_US", "utility"),
        Option("de", "de", "utility", True, "pending", "fault"),
    ]


@pytest.mark.parametrize(
    ("field", "input", "found", "said", "cause"),
    [
        (
            "templateName",
            {},
            [{**ORDER, "status": "PENDING"}, {**ORDER, "name": "b", "status": "REJECTED"}],
            "This account has no approved template",
            "It has others: 1 pending, 1 rejected.",
        ),
        (
            "templateName",
            {"phoneNumberId": "106540352242922"},
            [],
            "This account has no approved template",
            "It has none at all.",
        ),
        (
            "languageCode",
            {},
            [ORDER],
            "Choose the template first",
            "Each has languages of its own.",
        ),
        (
            "languageCode",
            {"templateName": "order"},
            [ORDER],
            "The template order is approved in no language",
            "It has none at all.",
        ),
    ],
)
async def test_a_dropdown_without_templates_says_why(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    field: str,
    input: dict[str, str],
    found: list[dict[str, Any]],
    said: str,
    cause: str,
) -> None:
    meta_has(respx_mock, *found)

    with pytest.raises(NothingToChooseError) as caught:
        await CHOICES[field].first(context, input)

    assert (caught.value.title, caught.value.cause) == (said, cause)


OPEN_FLOW = {"type": "FLOW", "text": "Open", "flow_id": "123", "flow_action": "navigate"}
NAMED_FLOW = {"type": "button", "sub_type": "flow", "index": "1"}


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        (NOTHING, {}),
        ({"value": ""}, {}),
        ({"value": "t-1"}, {"flow_token": "t-1"}),
        ({"value": "", "flowData": {"a": 1}}, {"flow_action_data": {"a": 1}}),
        (
            {"value": "t-1", "flowData": {"a": 1}},
            {"flow_token": "t-1", "flow_action_data": {"a": 1}},
        ),
    ],
)
async def test_a_flow_button_is_named_whatever_it_takes(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    given: dict[str, Any],
    parameters: dict[str, Any],
) -> None:
    meta_has(respx_mock, with_parts({"type": "BUTTONS", "buttons": [STOP, OPEN_FLOW]}))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    buttons = [{"index": 1, "kind": "flowToken", **given}] if given else []

    await SendTemplate().receive(context, template(buttonParameters=buttons))

    filled = {"parameters": [{"type": "action", "action": parameters}]} if parameters else {}
    assert sent_template(requests)["components"] == [{**NAMED_FLOW, **filled}]


@pytest.mark.parametrize("written", ["en_us", "en_US"])
async def test_a_flow_button_is_named_however_the_language_is_written(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests, written: str
) -> None:
    meta_has(respx_mock, with_parts({"type": "BUTTONS", "buttons": [OPEN_FLOW]}))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    await SendTemplate().receive(context, template(languageCode=written))

    assert sent_template(requests)["components"] == [{**NAMED_FLOW, "index": "0"}]


async def test_a_flow_button_that_metas_own_array_leaves_out_is_named_too(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    meta_has(respx_mock, with_parts({"type": "BUTTONS", "buttons": [STOP, OPEN_FLOW]}))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    stop = {
        "type": "button",
        "sub_type": "quick_reply",
        "index": "0",
        "parameters": [{"type": "payload", "payload": "STOP"}],
    }

    await SendTemplate().receive(context, template(components=[stop]))

    assert sent_template(requests)["components"] == [stop, NAMED_FLOW]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Line 1\nLine 2", "Line 1 Line 2"),
        ("a\r\n\r\n  b", "a b"),
        ("a\tb", "a b"),
        ("a     b", "a b"),
        ("a    b", "a    b"),
        ("a\u2028b", "a b"),
        ("\n a \n", "a"),
    ],
)
async def test_what_a_value_cannot_hold_becomes_a_space(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    written: str,
    sent: str,
) -> None:
    head = {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}
    meta_has(respx_mock, with_parts(head, {"type": "BODY", "text": "Hi {{1}}"}))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    await SendTemplate().receive(context, template(headerText=written, bodyParameters=[written]))

    parameters = [each["parameters"] for each in sent_template(requests)["components"]]
    assert parameters == [[{"type": "text", "text": sent}]] * 2


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\x1f", " \u00a0"])
async def test_a_run_of_blanks_is_looked_at_once(blank: str) -> None:
    began = time.thread_time()

    assert flattened(f"a{blank * 10_000}\u00a0b") == f"a{blank * 10_000}\u00a0b"
    assert time.thread_time() - began < LONGEST_S * slowness()


@pytest.mark.parametrize(
    ("fields", "field", "cause"),
    [
        ({"bodyParameters": ["Sheena", ""]}, "bodyParameters", "The value for {{2}} is empty"),
        ({"bodyParameters": [" \n ", "1"]}, "bodyParameters", "The value for {{1}} is empty"),
        ({"bodyParameters": {"1": "a", "2": ""}}, "bodyParameters", "The value for {{2}} is empty"),
        (
            {"bodyParameters": {"first_name": ""}},
            "bodyParameters",
            "The value for {{first_name}} is empty",
        ),
        ({"headerText": "  "}, "headerText", "The value for {{1}} is empty"),
        (
            {"buttonParameters": [{"index": 1, "kind": "urlSuffix", "value": " "}]},
            "buttonParameters",
            "The value of button 1 is empty",
        ),
        (
            {"headerLocation": {"latitude": 1, "longitude": 2, "name": "", "address": "b"}},
            "headerLocation",
            "The name of the place is empty",
        ),
    ],
)
async def test_an_empty_value_is_refused_by_its_name_before_anything_is_sent(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    fields: dict[str, Any],
    field: str,
    cause: str,
) -> None:
    meta_has(respx_mock, ORDER)

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, template(**fields))

    assert (caught.value.title, caught.value.field) == ("A value of the template is empty", field)
    assert cause in caught.value.cause
    assert {request.method for request in requests()} == {"GET"}


OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"has_expiration": True}}


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo"])
@pytest.mark.parametrize(
    ("written", "ends_at_ms"),
    [
        ("2026-12-01T22:00:00", 1796162400000),
        ("2026-12-01T22:00:00Z", 1796162400000),
        ("2026-12-01T22:00:00-03:00", 1796173200000),
    ],
)
@freeze_time("2026-09-21T14:13:20Z")
async def test_an_offer_without_a_time_zone_ends_by_utc_on_every_server(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    written: str,
    ends_at_ms: int,
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    meta_has(respx_mock, with_parts(OFFER))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)

    try:
        await SendTemplate().receive(context, template(offerExpiresAt=written))
    finally:
        monkeypatch.undo()
        time.tzset()

    [offer] = sent_template(requests)["components"]
    [parameter] = offer["parameters"]
    assert parameter["limited_time_offer"] == {"expiration_time_ms": ends_at_ms}


@freeze_time("2026-09-21T14:13:20Z")
async def test_an_offer_that_has_ended_is_refused(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    meta_has(respx_mock, with_parts(OFFER))

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, template(offerExpiresAt="2026-09-21T14:13:20"))

    assert caught.value.field == "offerExpiresAt"
    assert "2026-09-21 14:13 UTC, is in the past" in caught.value.cause
    assert "+02:00" in caught.value.cure


PLACE = {"name": "Philz Coffee", "address": "101 Forest Ave"}


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(37.4421, -122.1615), ("37.4421", " -122.1615")]
)
async def test_a_place_may_have_its_coordinates_as_text(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    latitude: float | str,
    longitude: float | str,
) -> None:
    meta_has(respx_mock, with_parts({"type": "HEADER", "format": "LOCATION"}))
    respx_mock.post(MESSAGES).respond(json=ACCEPTED)
    place = {"latitude": latitude, "longitude": longitude, **PLACE}
    published = SendTemplate.Input.model_json_schema(by_alias=True)["$defs"]["HeaderLocation"]

    await SendTemplate().receive(context, template(headerLocation=place))

    validate(place, published, Draft202012Validator)
    [header] = sent_template(requests)["components"]
    location = {"latitude": 37.4421, "longitude": -122.1615, **PLACE}
    assert header["parameters"] == [{"type": "location", "location": location}]


@pytest.mark.parametrize(
    ("latitude", "longitude", "name"), [("91", 1, "latitude"), (1, "-180.5", "longitude")]
)
async def test_coordinates_that_are_none_on_earth_are_refused(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    latitude: float | str,
    longitude: float | str,
    name: str,
) -> None:
    meta_has(respx_mock, with_parts({"type": "HEADER", "format": "LOCATION"}))
    place = {"latitude": latitude, "longitude": longitude, **PLACE}

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, template(headerLocation=place))

    assert (caught.value.title, caught.value.field) == (
        f"There is no such {name}",
        "headerLocation",
    )
