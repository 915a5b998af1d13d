"""Products and orders as messages and templates both carry them."""

from __future__ import annotations

from .content import between, inner, limited, required
from .errors import invalid_value, missing_parameter
from .shapes import Json, is_array, objects

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/
MAX_SECTIONS = 10
MAX_SECTION_TITLE_CHARS = 24
# https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/share-products
MAX_PRODUCTS = 30
# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
MAX_REFERENCE_CHARS = 60
GOODS = ("digital-goods", "physical-goods")


def sections_of(action: Json) -> list[Json]:
    sections = action.get("sections")
    if not is_array(sections) or not sections:
        raise missing_parameter("interactive['action']['sections']")
    if len(sections) > MAX_SECTIONS:
        raise invalid_value(f"Invalid sections count. Min: 1, Max: {MAX_SECTIONS}")
    for section in objects(sections):
        _check_section_title(section, len(sections))
    return objects(sections)


def _check_section_title(section: Json, count: int) -> None:
    title = section.get("title")
    if title is None or title == "":
        if count > 1:
            raise missing_parameter("section['title']")
        return
    limited(title, "Section title", MAX_SECTION_TITLE_CHARS)


def check_product_sections(action: Json) -> None:
    count = 0
    for section in sections_of(action):
        items = objects(section.get("product_items"))
        if not items:
            raise missing_parameter("section['product_items']")
        for item in items:
            required(item, "product_retailer_id", "product_items['product_retailer_id']")
        count += len(items)
    if count > MAX_PRODUCTS:
        raise invalid_value(f"At most {MAX_PRODUCTS} products in one message")


def check_order(parameters: Json) -> None:
    """What is to be paid; templates carry the same object."""
    limited(parameters.get("reference_id"), "reference_id", MAX_REFERENCE_CHARS)
    if parameters.get("type") not in GOODS:
        raise invalid_value(f"parameters['type'] must be one of: {', '.join(GOODS)}")
    currency = required(parameters, "currency", "parameters['currency']")
    if len(currency) != 3 or not currency.isalpha():
        raise invalid_value("parameters['currency'] must be a currency code of three letters")
    total = inner(parameters, "total_amount", "parameters['total_amount']")
    for name in ("value", "offset"):
        if not between(total.get(name), 0, 10**15):
            raise invalid_value(f"total_amount['{name}'] must be a number")
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orders
    if parameters.get("payment_type") == "br" and parameters.get("order") is None:
        return
    order = inner(parameters, "order", "parameters['order']")
    if order.get("status", "pending") != "pending":
        raise invalid_value("order['status'] must be pending")
    if not objects(order.get("items")):
        raise missing_parameter("order['items']")
