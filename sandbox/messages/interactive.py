"""Interactive messages: buttons, lists, links, flows, products and their limits."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..graph.errors import invalid_value, missing_parameter
from ..shapes import Json, is_array, is_object, objects, text
from .validation import Check, check_source, check_url, inner, limited, required

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/
MAX_BODY_CHARS = 1024
MAX_LIST_BODY_CHARS = 4096
MAX_HEADER_CHARS = 60
MAX_FOOTER_CHARS = 60
MAX_BUTTONS = 3
MAX_BUTTON_TITLE_CHARS = 20
MAX_BUTTON_ID_CHARS = 256
MAX_SECTIONS = 10
MAX_ROWS = 10
MAX_PRODUCTS = 30
MAX_ROW_ID_CHARS = 200
MAX_ROW_TITLE_CHARS = 24
MAX_ROW_DESCRIPTION_CHARS = 72
MAX_FLOW_CTA_CHARS = 30
MAX_CARD_BODY_CHARS = 160
CARDS = (2, 10)
ORDER_STATES = (
    "pending",
    "processing",
    "partially_shipped",
    "shipped",
    "completed",
    "canceled",
)


def check_interactive(content: Json) -> None:
    kind = required(content, "type", "interactive['type']")
    check = CHECKS.get(kind)
    if check is None:
        raise invalid_value(f"interactive['type'] must be one of: {', '.join(sorted(CHECKS))}")
    inner(content, "action", "interactive['action']")
    _check_frame(content, kind)
    check(content)


def _check_frame(content: Json, kind: str) -> None:
    body = content.get("body")
    if body is None and kind != "product":
        raise missing_parameter("interactive['body']")
    if body is not None:
        longest = MAX_LIST_BODY_CHARS if kind == "list" else MAX_BODY_CHARS
        said = required(inner(content, "body", "interactive['body']"), "text", "body['text']")
        limited(said, "Body text", longest)
    if content.get("footer") is not None:
        footer = inner(content, "footer", "interactive['footer']")
        limited(footer.get("text"), "Footer text", MAX_FOOTER_CHARS)
    header = content.get("header")
    if header is not None:
        allowed = HEADERS.get(kind, ())
        _check_header(inner(content, "header", "interactive['header']"), kind, allowed)


def _check_header(header: Json, kind: str, allowed: tuple[str, ...]) -> None:
    form = required(header, "type", "interactive['header']['type']")
    if form not in allowed:
        raise invalid_value(f"interactive['header'] of type {form} is not supported for {kind}")
    if form == "text":
        said = required(header, "text", "interactive['header']['text']")
        limited(said, "Header text", MAX_HEADER_CHARS)
    else:
        check_source(inner(header, form, f"header['{form}']"), f"header['{form}']")


def _check_buttons(content: Json) -> None:
    buttons = content["action"].get("buttons")
    if not is_array(buttons) or not buttons:
        raise missing_parameter("interactive['action']['buttons']")
    if len(buttons) > MAX_BUTTONS:
        raise invalid_value(f"Invalid buttons count. Min allowed buttons: 1, Max: {MAX_BUTTONS}")
    seen: set[str] = set()
    for button in buttons:
        if not is_object(button) or button.get("type") != "reply":
            raise invalid_value("Button type must be reply")
        reply = inner(button, "reply", "button['reply']")
        limited(reply.get("title"), "Button title", MAX_BUTTON_TITLE_CHARS)
        limited(reply.get("id"), "Button id", MAX_BUTTON_ID_CHARS)
        seen.add(reply["id"])
    if len(seen) < len(buttons):
        raise invalid_value("Button ids must be unique")


def _check_list(content: Json) -> None:
    action: Json = content["action"]
    limited(
        required(action, "button", "interactive['action']['button']"),
        "Button label",
        MAX_BUTTON_TITLE_CHARS,
    )
    sections = _sections(action, MAX_SECTIONS)
    ids: list[str] = []
    for section in sections:
        _check_section_title(section, len(sections))
        rows = section.get("rows")
        if not is_array(rows) or not rows:
            raise missing_parameter("section['rows']")
        for row in rows:
            if not is_object(row):
                raise invalid_value("section['rows'] must hold objects")
            limited(row.get("id"), "Row id", MAX_ROW_ID_CHARS)
            limited(row.get("title"), "Row title", MAX_ROW_TITLE_CHARS)
            if row.get("description") is not None:
                limited(row["description"], "Row description", MAX_ROW_DESCRIPTION_CHARS, minimum=0)
            ids.append(row["id"])
    if len(ids) > MAX_ROWS:
        raise invalid_value(f"Total row count exceeds the maximum allowed count: {MAX_ROWS}")
    if len(set(ids)) < len(ids):
        raise invalid_value("Duplicated row id found")


def _sections(action: Json, maximum: int) -> list[Json]:
    sections = action.get("sections")
    if not is_array(sections) or not sections:
        raise missing_parameter("interactive['action']['sections']")
    if len(sections) > maximum:
        raise invalid_value(f"Invalid sections count. Min: 1, Max: {maximum}")
    if not all(is_object(section) for section in sections):
        raise invalid_value("interactive['action']['sections'] must hold objects")
    return objects(sections)


def _check_section_title(section: Json, count: int) -> None:
    title = section.get("title")
    if title is None:
        if count > 1:
            raise missing_parameter("section['title']")
        return
    limited(title, "Section title", MAX_ROW_TITLE_CHARS)


def _check_link(action: Json) -> None:
    _check_name(action, "cta_url")
    parameters = inner(action, "parameters", "action['parameters']")
    limited(parameters.get("display_text"), "display_text", MAX_BUTTON_TITLE_CHARS)
    check_url(required(parameters, "url", "parameters['url']"), "parameters['url']")


def _check_flow(content: Json) -> None:
    action: Json = content["action"]
    _check_name(action, "flow")
    parameters = inner(action, "parameters", "action['parameters']")
    if str(parameters.get("flow_message_version")) != "3":
        raise invalid_value("parameters['flow_message_version'] must be 3")
    if not text(parameters.get("flow_id")) and not text(parameters.get("flow_name")):
        raise missing_parameter("parameters['flow_id']")
    limited(parameters.get("flow_cta"), "flow_cta", MAX_FLOW_CTA_CHARS)
    if parameters.get("mode", "published") not in ("draft", "published"):
        raise invalid_value("parameters['mode'] must be draft or published")
    form = parameters.get("flow_action", "navigate")
    if form not in ("navigate", "data_exchange"):
        raise invalid_value("parameters['flow_action'] must be navigate or data_exchange")
    if form == "navigate" and parameters.get("flow_action_payload") is not None:
        payload = inner(parameters, "flow_action_payload", "parameters['flow_action_payload']")
        required(payload, "screen", "flow_action_payload['screen']")


def _check_product(content: Json) -> None:
    action: Json = content["action"]
    required(action, "catalog_id", "action['catalog_id']")
    required(action, "product_retailer_id", "action['product_retailer_id']")


def _check_products(content: Json) -> None:
    action: Json = content["action"]
    if content.get("header") is None:
        raise missing_parameter("interactive['header']")
    required(action, "catalog_id", "action['catalog_id']")
    count = 0
    for section in _sections(action, MAX_SECTIONS):
        items = objects(section.get("product_items"))
        if not items:
            raise missing_parameter("section['product_items']")
        for item in items:
            required(item, "product_retailer_id", "product_items['product_retailer_id']")
        count += len(items)
    if count > MAX_PRODUCTS:
        raise invalid_value(f"At most {MAX_PRODUCTS} products in one message")


def _check_carousel(content: Json) -> None:
    cards = objects(content["action"].get("cards"))
    least, most = CARDS
    if not least <= len(cards) <= most:
        raise invalid_value(f"Invalid cards count. Min: {least}, Max: {most}")
    if content.get("header") is not None or content.get("footer") is not None:
        raise invalid_value("A carousel has no header or footer of its own")
    if len({text(card.get("type")) for card in cards}) > 1:
        raise invalid_value("All cards must be of the same type")
    for card in cards:
        kind = required(card, "type", "card['type']")
        action = inner(card, "action", "card['action']")
        if kind == "product":
            required(action, "product_retailer_id", "action['product_retailer_id']")
            required(action, "catalog_id", "action['catalog_id']")
            continue
        _check_header(inner(card, "header", "card['header']"), "carousel", ("image", "video"))
        if card.get("body") is not None:
            limited(
                inner(card, "body", "card['body']").get("text"), "Card body", MAX_CARD_BODY_CHARS
            )
        if not is_array(action.get("buttons")):
            _check_link(action)


def _check_order_status(content: Json) -> None:
    action: Json = content["action"]
    _check_name(action, "review_order")
    parameters = inner(action, "parameters", "action['parameters']")
    required(parameters, "reference_id", "parameters['reference_id']")
    order = inner(parameters, "order", "parameters['order']")
    if order.get("status") not in ORDER_STATES:
        raise invalid_value(f"order['status'] must be one of: {', '.join(ORDER_STATES)}")


def _check_order_details(content: Json) -> None:
    action: Json = content["action"]
    _check_name(action, "review_and_pay")
    parameters = inner(action, "parameters", "action['parameters']")
    for name in ("reference_id", "currency"):
        required(parameters, name, f"parameters['{name}']")
    for name in ("total_amount", "order"):
        inner(parameters, name, f"parameters['{name}']")


def _check_address(content: Json) -> None:
    _check_name(content["action"], "address_message")
    parameters = inner(content["action"], "parameters", "action['parameters']")
    required(parameters, "country", "parameters['country']")


def _check_voice_call(content: Json) -> None:
    _check_name(content["action"], "voice_call")
    parameters = content["action"].get("parameters")
    if is_object(parameters) and parameters.get("display_text") is not None:
        limited(parameters["display_text"], "display_text", MAX_BUTTON_TITLE_CHARS)


def _check_name(action: Json, name: str) -> None:
    if required(action, "name", "interactive['action']['name']") != name:
        raise invalid_value(f"interactive['action']['name'] must be {name}")


def _named(name: str) -> Check:
    return lambda content: _check_name(content["action"], name)


_ALL_HEADERS = ("text", "image", "video", "document")
HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "button": _ALL_HEADERS,
        "cta_url": _ALL_HEADERS,
        "flow": _ALL_HEADERS,
        "list": ("text",),
        "product_list": ("text",),
        "order_details": _ALL_HEADERS,
        "order_status": _ALL_HEADERS,
        "address_message": ("text",),
        "catalog_message": ("text",),
    }
)
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "button": _check_buttons,
        "list": _check_list,
        "cta_url": lambda content: _check_link(content["action"]),
        "flow": _check_flow,
        "product": _check_product,
        "product_list": _check_products,
        "catalog_message": _named("catalog_message"),
        "location_request_message": _named("send_location"),
        "address_message": _check_address,
        "carousel": _check_carousel,
        "call_permission_request": _named("call_permission_request"),
        "voice_call": _check_voice_call,
        "request_contact_info": _named("request_contact_info"),
        "order_details": _check_order_details,
        "order_status": _check_order_status,
    }
)
