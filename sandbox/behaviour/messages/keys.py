"""Which keys each part of a send may have: Graph refuses any other, and any wrong kind of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from ...protocol.errors import MetaError
from ...protocol.parameters import parse_json
from ...protocol.shapes import Json, is_array, is_object

# An object with these keys, a list of one kind of thing (a tuple of one), or anything (None).
Shape: TypeAlias = "Mapping[str, Shape] | tuple[Shape] | None"


def _keys(*names: str, **inner: Shape) -> Shape:
    return MappingProxyType({**dict.fromkeys(names), **inner})


_CAPTIONED = _keys("id", "link", "caption")
_PLAIN = _keys("id", "link")
_DOCUMENT = _keys("id", "link", "caption", "filename")
_LOCATION = _keys("latitude", "longitude", "name", "address")
_PRODUCT = _keys("product_retailer_id", "catalog_id")
_SAID = _keys("text")
_HEADER = _keys("type", "text", "sub_text", image=_PLAIN, video=_PLAIN, document=_DOCUMENT)
_BUTTON = _keys(
    "type",
    "cta_url",
    "url",
    "voice_call",
    reply=_keys("id", "title"),
    quick_reply=_keys("id", "title"),
)
_SECTION = _keys(
    "title",
    rows=(_keys("id", "title", "description"),),
    product_items=(_keys("product_retailer_id"),),
)
_CARD = _keys(
    "card_index",
    "type",
    header=_HEADER,
    body=_SAID,
    action=_keys("name", "parameters", "product_retailer_id", "catalog_id", buttons=(_BUTTON,)),
)
_ACTION = _keys(
    "name",
    "button",
    "catalog_id",
    "product_retailer_id",
    "parameters",
    buttons=(_BUTTON,),
    sections=(_SECTION,),
    cards=(_CARD,),
)
_CARD_OF_A_PERSON = _keys(
    "birthday",
    name=_keys("formatted_name", "first_name", "last_name", "middle_name", "suffix", "prefix"),
    phones=(_keys("phone", "type", "wa_id", "user_id"),),
    emails=(_keys("email", "type"),),
    urls=(_keys("url", "type"),),
    org=_keys("company", "department", "title"),
    addresses=(_keys("street", "city", "state", "zip", "country", "country_code", "type"),),
)
_PARAMETER = _keys(
    "type",
    "parameter_name",
    "text",
    "payload",
    "coupon_code",
    "ttl_minutes",
    "action",
    "order_status",
    "order_details",
    currency=_keys("fallback_value", "code", "amount_1000"),
    date_time=None,
    image=_PLAIN,
    video=_PLAIN,
    gif=_PLAIN,
    document=_DOCUMENT,
    location=_LOCATION,
    product=_PRODUCT,
    limited_time_offer=_keys("expiration_time_ms"),
    tap_target_configuration=(_keys("url", "title"),),
)
_COMPONENT = _keys("type", "sub_type", "index", parameters=(_PARAMETER,))
_TEMPLATE = _keys(
    "name",
    # Only the on-premises API needed it; many clients still send it here.
    "namespace",
    language=_keys("code", "policy"),
    components=(
        _keys(
            "type",
            "sub_type",
            "index",
            parameters=(_PARAMETER,),
            cards=(_keys("card_index", components=(_COMPONENT,)),),
        ),
    ),
)
# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "text": _keys("body", "preview_url"),
        "image": _CAPTIONED,
        "video": _CAPTIONED,
        "audio": _keys("id", "link", "voice"),
        "document": _DOCUMENT,
        "sticker": _PLAIN,
        "location": _LOCATION,
        "contacts": (_CARD_OF_A_PERSON,),
        "reaction": _keys("message_id", "emoji"),
        "interactive": _keys("type", header=_HEADER, body=_SAID, footer=_SAID, action=_ACTION),
        "template": _TEMPLATE,
        "pin": _keys("type", "message_id", "expiration_days"),
        "context": _keys("message_id"),
        "typing_indicator": _keys("type"),
        "direct_send_config": _keys("template_name"),
    }
)


def unpacked(body: Json) -> Json:
    """The same parameters with objects and lists that came as JSON text read, as Graph does."""
    packed = {
        name: parsed
        for name in SHAPES
        if isinstance(body.get(name), str) and (parsed := _parsed(body[name])) is not None
    }
    return {**body, **packed} if packed else body


def _parsed(value: str) -> object:
    if value[:1] not in ("{", "["):
        return None
    try:
        return parse_json(value.encode())
    except ValueError:
        return None


def check_keys(body: Json, kind: str) -> None:
    """Compare the parts that count for this type with their shapes.

    At the top level nothing is refused: Graph takes parameters of its own there (access_token,
    fields, method …) and leaves alone what an endpoint does not know, the parts of other message
    types included. Inside a parameter it is strict. Both as public reports show them.
    """
    for name in (kind, "context"):
        if body.get(name) is not None and name in SHAPES:
            check_shape(body[name], SHAPES[name], name)


def check_shape(value: object, shape: Shape, path: str) -> None:
    """Raise Graph's own error where the value is of another kind, or has a key too many."""
    if shape is None or value is None:
        return
    if isinstance(shape, tuple):
        if not is_array(value):
            raise MetaError(100, f"(#100) Param {path} must be an array.")
        for index, item in enumerate(value):
            if item is None:
                raise MetaError(100, f"(#100) Param {path}[{index}] must be a JSON object.")
            check_shape(item, shape[0], f"{path}[{index}]")
        return
    if not is_object(value):
        raise MetaError(100, f"(#100) Param {path} must be a JSON object.")
    for key, item in value.items():
        if key not in shape:
            raise MetaError(100, f'(#100) Unexpected key "{key[:100]}" on param "{path}".')
        check_shape(item, shape[key], f"{path}['{key}']")
