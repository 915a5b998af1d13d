"""Templates and what they are filled in with, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import respx
from jsonschema import Draft202012Validator

from appmixer.engine.contract import Form
from appmixer.whatsapp.components.templates.send_template import SendTemplate

from ..live import NUMBER, PERSON, WABA, Live

Requests = Callable[[], list[httpx.Request]]
GRAPH = "https://graph.facebook.com/v25.0"
ACCEPTED = {"messages": [{"id": "wamid.OUT"}]}
IMAGE = {"mediaId": "1003383421387256"}
PLACE = {
    "latitude": "37.4421",
    "longitude": "-122.1615",
    "name": "Philz Coffee",
    "address": "101 Forest Ave",
}
# What fills in the template of each of Meta's examples so that the example is sent.
FILLED_IN: dict[str, dict[str, Any]] = {
    "authentication": {"code": "J$FpnYnP"},
    "carousel": {
        "body_1": "Sheena",
        "body_2": "30%",
        "body_3": "30OFF",
        "card_1_header_image": IMAGE,
        "card_1_button_1_payload": "more-0",
        "card_1_button_2_url": "PLANT_0",
        "card_2_header_image": IMAGE,
        "card_2_button_1_payload": "more-1",
        "card_2_button_2_url": "PLANT_1",
    },
    "catalog": {"body_1": 100, "body_2": "400", "body_3": 3, "button_1_product": "di9ozbzfi4"},
    "copy_code": {"body_1": "25OFF", "body_2": "25%", "button_2_code": "25OFF"},
    "currency_datetime": {
        "body_1": {"currency": "USD", "amount": 100.99, "text": "$100.99"},
        "body_2": {"date": "October 2, 2026"},
    },
    "flow": {"button_1_token": "order-7781", "button_1_data": {"product": "SKU-1"}},
    "hello_world": {},
    "limited_time_offer": {
        "header_image": IMAGE,
        "body_1": "Sheena",
        "body_2": "CARIBE25",
        "offer_ends_at": "2026-09-28T14:13:20Z",
        "button_1_code": "CARIBE25",
        "button_2_url": "n3mtql",
    },
    "location_header": {"header_location": PLACE, "body_1": "Mark", "body_2": "566701"},
    "media_header": {
        "header_image": IMAGE,
        "body_1": "Sheena",
        "button_1_payload": "STOP_PROMOS",
    },
    "mpm": {
        "header_1": "Sheena",
        "body_1": "10OFF",
        "button_1_product": "di9ozbzfi4",
        "button_1_sections": [{"title": "Popular", "products": ["di9ozbzfi4"]}],
    },
    "named": {"body_first_name": "Sheena", "body_discount": "25%"},
    "positional": {"body_1": "Sheena", "body_2": "860198", "button_1_url": "860198"},
}


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "BODY", "text": text, **more}


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": [*given]}


DEFINITION = {
    "name": "made_up",
    "language": "en_US",
    "status": "APPROVED",
    "category": "MARKETING",
    "parameter_format": "POSITIONAL",
}
TRACK = {"type": "URL", "text": "Track", "url": "https://lucky.example/track/{{1}}"}
MPM = {"type": "MPM", "text": "View items"}
CALL = {"type": "VOICE_CALL", "text": "Call us"}
ORDER = {"type": "ORDER_DETAILS", "text": "Review and pay"}
PAYABLE = {
    "reference_id": "order-7781",
    "type": "physical-goods",
    "currency": "INR",
    "total_amount": {"value": 21000, "offset": 100},
    "order": {"status": "pending", "items": [{"name": "Fern"}]},
}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"has_expiration": True}}
HI, GREETING = body("Hi {{1}}, {{2}}"), {"body_1": "Sheena", "body_2": "welcome"}


def header(format: str, **more: Any) -> dict[str, Any]:
    return {"type": "HEADER", "format": format, **more}


def meta_has(meta: respx.MockRouter, *templates: dict[str, Any]) -> None:
    meta.get(f"{GRAPH}/{WABA}/message_templates").respond(json={"data": list(templates)})
    meta.post(f"{GRAPH}/{NUMBER}/messages").respond(json=ACCEPTED)


def send(**given: Any) -> SendTemplate.Input:
    return SendTemplate.Input.model_validate(
        {
            "phoneNumberId": NUMBER,
            "to": PERSON,
            "templateName": "made_up",
            "languageCode": "en_US",
            **given,
        }
    )


CHOSEN = {
    "phoneNumberId": NUMBER,
    "to": PERSON,
    "templateName": "made_up",
    "languageCode": "en_US",
}


async def form_of(live: Live, name: str, language: str = "en_US", **more: Any) -> Form:
    input = {"templateName": name, "languageCode": language, **more}
    return await SendTemplate().form(live.context, input)


def schema_of(form: Form) -> dict[str, Any]:
    field: dict[str, Any] = dict(form.fields["parameters"])
    return field


def misfits(schema: dict[str, Any], value: object) -> list[Any]:
    validator: Any = Draft202012Validator(schema)
    return [*validator.iter_errors(value)]
