"""Interactive messages: buttons, lists, links, flows, requests and their limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...protocol.content import MAX_CALL_MINUTES, between, inner, limited, required
from ...protocol.errors import invalid_value, missing_parameter
from ...protocol.goods import sections_of
from ...protocol.shapes import Json, is_array, is_object, objects, text
from .commerce import (
    check_carousel,
    check_catalog,
    check_order_details,
    check_order_status,
    check_product,
    check_products,
)
from .parts import (
    MAX_BUTTON_ID_CHARS,
    MAX_BUTTON_TITLE_CHARS,
    check_choice,
    check_frame,
    check_link,
    check_name,
)
from .validation import Check

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/
MAX_BUTTONS = 3
MAX_ROWS = 10
MAX_ROW_ID_CHARS = 200
MAX_ROW_TITLE_CHARS = 24
MAX_ROW_DESCRIPTION_CHARS = 72
MAX_FLOW_CTA_CHARS = 30
EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-button-messages-deep-links
MAX_CALL_PAYLOAD_CHARS = 512
# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/address-messages
ADDRESS_COUNTRIES = ("IN", "SG")


@dataclass(frozen=True)
class Kind:
    """What an interactive message of one kind is made of."""

    check: Check
    headers: tuple[str, ...] = ()
    needs_body: bool = True
    has_footer: bool = True


def check_interactive(content: Json) -> None:
    name = required(content, "type", "interactive['type']")
    kind = KINDS.get(name)
    if kind is None:
        raise invalid_value(f"interactive['type'] must be one of: {', '.join(sorted(KINDS))}")
    inner(content, "action", "interactive['action']")
    check_frame(
        content,
        name,
        headers=kind.headers,
        needs_body=kind.needs_body,
        has_footer=kind.has_footer,
    )
    kind.check(content)


def _check_buttons(content: Json) -> None:
    buttons = content["action"].get("buttons")
    if not is_array(buttons) or not buttons:
        raise missing_parameter("interactive['action']['buttons']")
    if len(buttons) > MAX_BUTTONS:
        raise invalid_value(f"Invalid buttons count. Min allowed buttons: 1, Max: {MAX_BUTTONS}")
    seen: set[str] = set()
    for button in objects(buttons):
        if button.get("type") != "reply":
            raise invalid_value("Button type must be reply")
        seen.add(check_choice(inner(button, "reply", "button['reply']"), MAX_BUTTON_ID_CHARS))
    if len(seen) < len(buttons):
        raise invalid_value("Button ids must be unique")
    if len({text(button["reply"]["title"]) for button in objects(buttons)}) < len(buttons):
        raise invalid_value("Button titles must be unique")


def _check_list(content: Json) -> None:
    action: Json = content["action"]
    limited(
        required(action, "button", "interactive['action']['button']"),
        "Button label",
        MAX_BUTTON_TITLE_CHARS,
    )
    ids = [row_id for section in sections_of(action) for row_id in _check_rows(section)]
    if len(ids) > MAX_ROWS:
        raise invalid_value(f"Total row count exceeds the maximum allowed count: {MAX_ROWS}")
    if len(set(ids)) < len(ids):
        raise invalid_value("Duplicated row id found")


def _check_rows(section: Json) -> list[str]:
    rows = objects(section.get("rows"))
    if not rows:
        raise missing_parameter("section['rows']")
    for row in rows:
        limited(row.get("id"), "Row id", MAX_ROW_ID_CHARS)
        limited(row.get("title"), "Row title", MAX_ROW_TITLE_CHARS)
        if row.get("description") is not None:
            limited(row["description"], "Row description", MAX_ROW_DESCRIPTION_CHARS, minimum=0)
    return [row["id"] for row in rows]


def _check_flow(content: Json) -> None:
    action: Json = content["action"]
    check_name(action, "flow")
    parameters = inner(action, "parameters", "action['parameters']")
    if str(parameters.get("flow_message_version")) != "3":
        raise invalid_value("parameters['flow_message_version'] must be 3")
    if bool(text(parameters.get("flow_id"))) == bool(text(parameters.get("flow_name"))):
        raise missing_parameter("parameters: one of flow_id and flow_name")
    label = parameters.get("flow_cta")
    limited(label, "flow_cta", MAX_FLOW_CTA_CHARS)
    if EMOJI.search(text(label)):
        raise invalid_value("flow_cta cannot have emoji")
    if parameters.get("mode", "published") not in ("draft", "published"):
        raise invalid_value("parameters['mode'] must be draft or published")
    form = parameters.get("flow_action", "navigate")
    if form not in ("navigate", "data_exchange"):
        raise invalid_value("parameters['flow_action'] must be navigate or data_exchange")
    if form == "navigate" and parameters.get("flow_action_payload") is not None:
        payload = inner(parameters, "flow_action_payload", "parameters['flow_action_payload']")
        required(payload, "screen", "flow_action_payload['screen']")


def _check_address(content: Json) -> None:
    check_name(content["action"], "address_message")
    parameters = inner(content["action"], "parameters", "action['parameters']")
    country = required(parameters, "country", "parameters['country']")
    if country not in ADDRESS_COUNTRIES:
        raise invalid_value(f"country must be one of: {', '.join(ADDRESS_COUNTRIES)}")
    for name in ("values", "validation_errors"):
        if parameters.get(name) is not None:
            inner(parameters, name, f"parameters['{name}']")
    saved = parameters.get("saved_addresses")
    if saved is not None and (not is_array(saved) or len(objects(saved)) < len(saved)):
        raise invalid_value("parameters['saved_addresses'] must be a list of addresses")


def _check_voice_call(content: Json) -> None:
    check_name(content["action"], "voice_call")
    if content["action"].get("parameters") is not None:
        check_call_parameters(inner(content["action"], "parameters", "action['parameters']"))


def check_call_parameters(parameters: Json) -> None:
    if parameters.get("display_text") is not None:
        limited(parameters["display_text"], "display_text", MAX_BUTTON_TITLE_CHARS)
    minutes = parameters.get("ttl_minutes")
    if minutes is not None and not between(minutes, 1, MAX_CALL_MINUTES):
        raise invalid_value(f"ttl_minutes must be between 1 and {MAX_CALL_MINUTES}")
    if parameters.get("payload") is not None:
        limited(parameters["payload"], "payload", MAX_CALL_PAYLOAD_CHARS)


def _named(*names: str) -> Check:
    return lambda content: check_name(content["action"], *names)


def header_media(content: Json) -> list[Json]:
    """The media objects of a checked message: its header's, and those of its cards."""
    cards = objects(content["action"].get("cards"))
    headers = [content.get("header"), *(card.get("header") for card in cards)]
    return [
        header[header["type"]]
        for header in headers
        if is_object(header) and is_object(header.get(text(header.get("type"))))
    ]


_ALL = ("text", "image", "video", "document")
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "button": Kind(_check_buttons, _ALL),
        "list": Kind(_check_list, ("text",)),
        "cta_url": Kind(lambda content: check_link(content["action"]), _ALL),
        "flow": Kind(_check_flow, _ALL),
        "product": Kind(check_product, needs_body=False),
        "product_list": Kind(check_products, ("text",)),
        "catalog_message": Kind(check_catalog, ("text",)),
        "location_request_message": Kind(_named("send_location"), has_footer=False),
        "address_message": Kind(_check_address, ("text",)),
        "carousel": Kind(check_carousel, has_footer=False),
        "call_permission_request": Kind(_named("call_permission_request")),
        "voice_call": Kind(_check_voice_call),
        # The second name is the one it had until the end of May 2026.
        "request_contact_info": Kind(_named("request_contact_info", "contact_request")),
        "order_details": Kind(check_order_details, _ALL),
        "order_status": Kind(check_order_status, _ALL),
    }
)
