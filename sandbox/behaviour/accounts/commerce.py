"""Whether a number shows its catalogue and its cart."""

from __future__ import annotations

from functools import partial

from ...protocol.fields import Getter, pick
from ...protocol.shapes import Json
from ..call import Answer, Call, success
from .checks import flag, nothing_given

# https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/set-commerce-settings
SWITCHES = ("is_cart_enabled", "is_catalog_visible")
DEFAULT = ("id", *SWITCHES)


async def get(call: Call) -> Answer:
    number = call.number()
    commerce = number.commerce
    # The id is that of the settings, which on Meta is the connected catalogue's.
    plain: Json = {
        "id": commerce.catalog_id or number.id,
        "is_cart_enabled": commerce.is_cart_enabled,
        "is_catalog_visible": commerce.is_catalog_visible,
    }
    getters: dict[str, Getter] = {name: partial(_value, value) for name, value in plain.items()}
    return {"data": [pick(getters, call.fields(), DEFAULT, "WhatsAppCommerceSettings")]}


async def update(call: Call) -> Answer:
    commerce = call.number().commerce
    cart, catalog = (flag(call, name) for name in SWITCHES)
    if cart is None and catalog is None:
        raise nothing_given(SWITCHES)
    commerce.is_cart_enabled = commerce.is_cart_enabled if cart is None else cart
    commerce.is_catalog_visible = commerce.is_catalog_visible if catalog is None else catalog
    return success()


def _value(value: object, _selected: object) -> object:
    return value
