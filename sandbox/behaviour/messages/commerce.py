"""Interactive messages that sell: products, catalogs, carousels, orders."""

from __future__ import annotations

from ...protocol.content import inner, limited, required
from ...protocol.errors import invalid_value, missing_parameter
from ...protocol.goods import MAX_REFERENCE_CHARS, check_order, check_product_sections
from ...protocol.shapes import Json, is_array, objects, text
from .parts import check_choice, check_header, check_link, check_name

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-media-carousel-messages
CARDS = (2, 10)
MAX_CARD_BODY_CHARS = 160
MAX_CARD_BUTTONS = 3
MAX_CARD_BUTTON_ID_CHARS = 20
# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
ORDER_STATES = (
    "pending",
    "processing",
    "partially_shipped",
    "shipped",
    "completed",
    "canceled",
)


def check_product(content: Json) -> None:
    action: Json = content["action"]
    required(action, "catalog_id", "action['catalog_id']")
    required(action, "product_retailer_id", "action['product_retailer_id']")


def check_products(content: Json) -> None:
    action: Json = content["action"]
    if content.get("header") is None:
        raise missing_parameter("interactive['header']")
    required(action, "catalog_id", "action['catalog_id']")
    check_product_sections(action)


def check_catalog(content: Json) -> None:
    action: Json = content["action"]
    check_name(action, "catalog_message")
    if action.get("parameters") is not None:
        parameters = inner(action, "parameters", "action['parameters']")
        thumbnail = parameters.get("thumbnail_product_retailer_id")
        if thumbnail is not None:
            required(parameters, "thumbnail_product_retailer_id", "thumbnail_product_retailer_id")


def check_carousel(content: Json) -> None:
    cards = objects(content["action"].get("cards"))
    least, most = CARDS
    if not least <= len(cards) <= most:
        raise invalid_value(f"Invalid cards count. Min: {least}, Max: {most}")
    if sorted(str(card.get("card_index")) for card in cards) != sorted(
        str(position) for position in range(len(cards))
    ):
        raise invalid_value(f"card_index must count the cards from 0 to {len(cards) - 1}")
    kinds = {_kind_of_card(card) for card in cards}
    if len(kinds) > 1:
        raise invalid_value("All cards must be of the same type and have the same buttons")
    catalogs = {text(card["action"].get("catalog_id")) for card in cards}
    if len(catalogs) > 1:
        raise invalid_value("All products of a carousel must be of one catalog")


def _kind_of_card(card: Json) -> str:
    """Check a card, and name what has to be the same on all of them."""
    kind = required(card, "type", "card['type']")
    action = inner(card, "action", "card['action']")
    if kind == "product":
        required(action, "product_retailer_id", "action['product_retailer_id']")
        required(action, "catalog_id", "action['catalog_id']")
        return kind
    if kind != "cta_url":
        raise invalid_value("card['type'] must be one of: cta_url, product")
    header = inner(card, "header", "card['header']")
    check_header(header, "carousel", ("image", "video"))
    if card.get("body") is not None:
        said = inner(card, "body", "card['body']").get("text")
        limited(said, "Card body", MAX_CARD_BODY_CHARS)
    if action.get("buttons") is None:
        check_link(action)
        return f"{kind}:{header['type']}:link"
    return f"{kind}:{header['type']}:{_check_card_buttons(action)}"


def _check_card_buttons(action: Json) -> int:
    buttons = action["buttons"]
    if not is_array(buttons) or not 1 <= len(buttons) <= MAX_CARD_BUTTONS:
        raise invalid_value(f"Invalid buttons count. Min: 1, Max: {MAX_CARD_BUTTONS}")
    for button in objects(buttons):
        if button.get("type") != "quick_reply":
            raise invalid_value("Button type of a card must be quick_reply")
        check_choice(
            inner(button, "quick_reply", "button['quick_reply']"), MAX_CARD_BUTTON_ID_CHARS
        )
    return len(buttons)


def check_order_status(content: Json) -> None:
    action: Json = content["action"]
    check_name(action, "review_order")
    parameters = inner(action, "parameters", "action['parameters']")
    limited(parameters.get("reference_id"), "reference_id", MAX_REFERENCE_CHARS)
    order = inner(parameters, "order", "parameters['order']")
    if order.get("status") not in ORDER_STATES:
        raise invalid_value(f"order['status'] must be one of: {', '.join(ORDER_STATES)}")
    if order.get("description") is not None:
        limited(order["description"], "order['description']", 120, minimum=0)


def check_order_details(content: Json) -> None:
    action: Json = content["action"]
    check_name(action, "review_and_pay")
    check_order(inner(action, "parameters", "action['parameters']"))
