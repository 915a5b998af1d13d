"""Templates that are filled in by their form, as Meta gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import respx

from appmixer.engine.contract import RejectedError
from appmixer.engine.contract.testing import RecordingContext
from appmixer.sandbox.world.entities import Media
from appmixer.whatsapp.components.templates.send_template import SendTemplate

from ..live import NUMBER, PERSON, REQUESTS, Live, documented
from .fillings import (
    CALL,
    DEFINITION,
    FILLED_IN,
    GREETING,
    HI,
    IMAGE,
    MPM,
    ORDER,
    PAYABLE,
    PLACE,
    Requests,
    body,
    buttons,
    form_of,
    header,
    meta_has,
    misfits,
    schema_of,
    send,
)

pytestmark = pytest.mark.anyio

TO_PERSON = {"phoneNumberId": NUMBER, "to": PERSON, "languageCode": "en_US"}
SHIPPED = "1689556908129832"


def keep_picture(live: Live) -> None:
    """Let the sandbox have the picture of Meta's examples."""
    found = IMAGE["mediaId"]
    expires_at = live.sandbox.world.clock.now() + 3600
    live.sandbox.world.media[found] = Media(found, NUMBER, b"", "image/png", expires_at, "")


def alike(component: dict[str, Any]) -> dict[str, Any]:
    """Meta takes an index and degrees as texts and as numbers, and a sub_type in any letters."""
    found = {**component}
    for each in found.get("parameters", []):
        if each["type"] == "location":
            each["location"] = {key: str(value) for key, value in each["location"].items()}
    if "index" in found:
        found |= {"index": str(found["index"]), "sub_type": found["sub_type"].lower()}
    if "cards" in found:
        found["cards"] = [
            {**card, "components": [alike(each) for each in card["components"]]}
            for card in found["cards"]
        ]
    return found


async def sends_example(live: Live, name: str, **given: Any) -> None:
    """Send the template of an example of Meta's, and hold what was sent against it."""
    expected = documented(f"send.template.{name}")
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    keep_picture(live)

    sent = await live.run(
        "SendTemplate", **TO_PERSON, templateName=expected["template"]["name"], **given
    )

    assert sent.status == "accepted"
    [body] = live.sent
    for one in (body, expected):
        components = map(alike, one["template"].get("components", []))
        one["template"]["components"] = sorted(components, key=str)
    assert body == expected


def test_every_template_send_of_metas_has_a_filling() -> None:
    named = {each.name.split(".")[2] for each in REQUESTS.glob("send.template.*.json")}

    assert named == {*FILLED_IN}


@pytest.mark.parametrize("name", FILLED_IN)
async def test_a_form_that_is_filled_in_sends_what_meta_documents(live: Live, name: str) -> None:
    template = documented(f"send.template.{name}")["template"]

    form = await form_of(live, template["name"], template["language"]["code"])

    assert misfits(schema_of(form), FILLED_IN[name]) == []
    await sends_example(live, name, parameters=FILLED_IN[name])


PICTURE = {"headerMedia": IMAGE}
# The same examples by the fields that were there before the form, and by Meta's array.
BY_HAND: dict[str, dict[str, Any]] = {
    "positional": {
        "bodyParameters": ["Sheena", "860198"],
        "buttonParameters": [{"index": 0, "kind": "urlSuffix", "value": "860198"}],
    },
    "named": {"bodyParameters": {"first_name": "Sheena", "discount": "25%"}},
    "media_header": {
        **PICTURE,
        "bodyParameters": ["Sheena"],
        "buttonParameters": [{"index": 0, "kind": "payload", "value": "STOP_PROMOS"}],
    },
    "location_header": {"headerLocation": PLACE, "bodyParameters": ["Mark", "566701"]},
    "limited_time_offer": {
        **PICTURE,
        "bodyParameters": ["Sheena", "CARIBE25"],
        "offerExpiresAt": "2026-09-28T14:13:20Z",
        "buttonParameters": [
            {"index": 0, "kind": "couponCode", "value": "CARIBE25"},
            {"index": 1, "kind": "urlSuffix", "value": "n3mtql"},
        ],
    },
    "mpm": {"components": documented("send.template.mpm")["template"]["components"]},
}


@pytest.mark.parametrize("name", BY_HAND)
async def test_the_fields_before_the_form_still_send_what_meta_documents(
    live: Live, name: str
) -> None:
    await sends_example(live, name, **BY_HAND[name])


async def test_the_header_before_the_form_still_has_its_variable(live: Live) -> None:
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    [shipped] = [each for each in live.sandbox.world.templates.values() if each.id == SHIPPED]
    shipped.components = [{"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}, body("Hi")]

    await live.run("SendTemplate", **TO_PERSON, templateName=shipped.name, headerText="Sheena")

    [asked] = live.sent
    parameter = {"type": "text", "text": "Sheena"}
    assert asked["template"]["components"] == [{"type": "header", "parameters": [parameter]}]


MPM_FILLED = {"button_1_product": "a", "button_1_sections": [{"products": ["a", "b"]}]}
MPM_SENT = {
    "thumbnail_product_retailer_id": "a",
    "sections": [{"product_items": [{"product_retailer_id": "a"}, {"product_retailer_id": "b"}]}],
}


@pytest.mark.parametrize(
    ("parts", "parameters", "sent"),
    [
        ([buttons(ORDER)], {"button_1_order": PAYABLE}, {"order_details": PAYABLE}),
        ([buttons(MPM)], MPM_FILLED, MPM_SENT),
    ],
)
async def test_a_button_sends_its_action(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    parts: list[dict[str, Any]],
    parameters: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    meta_has(respx_mock, {**DEFINITION, "components": parts})

    await SendTemplate().receive(context, send(parameters=parameters))

    [component] = json.loads(requests()[-1].content)["template"]["components"]
    assert component["parameters"] == [{"type": "action", "action": sent}]


@pytest.mark.parametrize(
    ("parts", "parameters", "parameter"),
    [
        (
            [header("DOCUMENT")],
            {"header_document": IMAGE, "header_file_name": "bill.pdf"},
            {"type": "document", "document": {"id": IMAGE["mediaId"], "filename": "bill.pdf"}},
        ),
        (
            [header("GIF")],
            {"header_gif": {"link": "https://lucky.example/a.mp4"}},
            {"type": "gif", "gif": {"link": "https://lucky.example/a.mp4"}},
        ),
        (
            [header("PRODUCT")],
            {"header_product": "di9ozbzfi4", "header_catalog": "194836987003835"},
            {
                "type": "product",
                "product": {
                    "product_retailer_id": "di9ozbzfi4",
                    "catalog_id": "194836987003835",
                },
            },
        ),
        (
            [buttons(CALL)],
            {"button_1_minutes": 100},
            {"type": "ttl_minutes", "ttl_minutes": 100},
        ),
    ],
)
async def test_a_header_or_button_sends_its_parameter(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    parts: list[dict[str, Any]],
    parameters: dict[str, Any],
    parameter: dict[str, Any],
) -> None:
    meta_has(respx_mock, {**DEFINITION, "components": parts})

    await SendTemplate().receive(context, send(parameters=parameters))

    [component] = json.loads(requests()[-1].content)["template"]["components"]
    assert component["parameters"] == [parameter]


@pytest.mark.parametrize("empty", ["", None])
async def test_what_may_be_left_out_may_be_empty(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    empty: str | None,
) -> None:
    stop = buttons(
        {"type": "QUICK_REPLY", "text": "Stop"}, {"type": "CATALOG", "text": "See"}, CALL
    )
    meta_has(respx_mock, {**DEFINITION, "components": [stop]})
    parameters = {"button_1_payload": empty, "button_2_product": empty, "button_3_payload": empty}

    await SendTemplate().receive(context, send(parameters=parameters))

    assert "components" not in json.loads(requests()[-1].content)["template"]


async def test_a_file_of_a_header_is_uploaded_when_nothing_else_is_left_to_refuse(
    live: Live,
) -> None:
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    file = live.context.files.keep("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    filling = {"header_image": {"fileId": file.id}}
    chosen = {
        "phoneNumberId": NUMBER,
        "to": PERSON,
        "templateName": "summer_sale",
        "languageCode": "en_US",
    }
    posted = len([each for each in live.requests if each.method == "POST"])

    refused = await live.refusal(
        "SendTemplate",
        **{**chosen, "templateName": "limited_time_offer_caribbean"},
        parameters={
            **FILLED_IN["limited_time_offer"],
            **filling,
            "offer_ends_at": "2026-09-21T14:13:20Z",
        },
    )
    after = len([each for each in live.requests if each.method == "POST"])
    sent = await live.run("SendTemplate", **chosen, parameters={**filling, "body_1": "Sheena"})

    assert (refused, after) == ("parameters.offer_ends_at", posted)
    assert sent.status == "accepted"
    [picture] = live.sent[0]["template"]["components"][0]["parameters"]
    assert picture["image"]["id"].isdigit()


@pytest.mark.parametrize(
    "other",
    [{"components": [{"type": "body"}]}, {"bodyParameters": ["Sheena"]}, {"headerText": "x"}],
)
async def test_a_template_is_filled_in_by_one_way_alone(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    other: dict[str, Any],
) -> None:
    meta_has(respx_mock, {**DEFINITION, "components": [HI]})

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, send(parameters=GREETING, **other))

    assert (caught.value.title, caught.value.field) == (
        "The parameters are given twice",
        "parameters",
    )
    assert {request.method for request in requests()} == {"GET"}


CARDED = {
    "type": "CAROUSEL",
    "cards": [
        {
            "components": [
                header("PRODUCT"),
                body("From {{1}}"),
                buttons({"type": "SPM", "text": "View"}),
            ]
        }
    ]
    * 2,
}


@pytest.mark.parametrize(
    ("parts", "parameters"),
    [
        ([body("Pay"), buttons(ORDER)], {"button_1_order": PAYABLE}),
        ([body("Call"), buttons(CALL)], {"button_1_minutes": 100, "button_1_payload": "order-1"}),
        (
            [header("VIDEO"), body("See")],
            {"header_video": {"link": "https://lucky.example/a.mp4"}},
        ),
        (
            [header("DOCUMENT"), body("Read")],
            {
                "header_document": {"link": "https://lucky.example/a.pdf"},
                "header_file_name": "bill.pdf",
            },
        ),
        ([header("TEXT", text="For {{1}}"), body("Hi")], {"header_1": "Sheena"}),
        (
            [body("Hi"), buttons({"type": "CATALOG", "text": "See all"})],
            {"button_1_product": "di9ozbzfi4"},
        ),
        (
            [body("Look"), CARDED],
            {
                f"card_{number}_{key}": value
                for number in (1, 2)
                for key, value in {
                    "header_product": "di9ozbzfi4",
                    "header_catalog": "194836987003835",
                    "body_1": {"currency": "USD", "amount": 5, "text": "$5"},
                }.items()
            },
        ),
    ],
)
async def test_what_no_example_of_metas_shows_is_taken_too(
    live: Live, parts: list[dict[str, Any]], parameters: dict[str, Any]
) -> None:
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    [seeded] = [t for t in live.sandbox.world.templates.values() if t.name == "intro_catalog_offer"]
    seeded.components = parts

    sent = await live.run(
        "SendTemplate",
        phoneNumberId=NUMBER,
        to=PERSON,
        templateName="intro_catalog_offer",
        languageCode="en_US",
        parameters=parameters,
    )

    assert sent.status == "accepted"
