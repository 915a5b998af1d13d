"""What a send adds to the buttons of its template: codes, addresses, payloads, products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...protocol.content import MAX_CALL_MINUTES, between, inner, limited, required
from ...protocol.errors import invalid_value, refused
from ...protocol.goods import check_order, check_product_sections
from ...protocol.shapes import Json, is_object, is_text, objects, text
from .mismatches import count_mismatch, format_mismatch

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_COUPON_CHARS = 15
MAX_PAYLOAD_CHARS = 256
MAX_URL_CHARS = 2000
# One-time password buttons are sent as URL buttons.
SENT_AS = {"otp": "url"}


def check_buttons(
    defined: list[Json],
    sent: list[Json],
    place: str,
    value_of: Callable[[Json, str], str],
    variables_in: Callable[[str], int],
) -> None:
    """`value_of` reads a text parameter, `variables_in` counts the variables of a URL."""
    by_index: dict[int, Json] = {}
    for component in sent:
        index = str(component.get("index", ""))
        if index not in {str(position) for position in range(len(defined))}:
            raise refused(132018, f"{place}buttons: index '{index[:20]}' is not in the template")
        by_index[int(index)] = component
    for position, button in enumerate(defined):
        found, where = by_index.get(position), f"{place}buttons: Button at index {position}"
        kind = text(button.get("type")).lower()
        if found is not None and _sub_type(found) != SENT_AS.get(kind, kind):
            raise refused(132012, f"{where} of type {kind.upper()} got another sub_type")
        # Seen at a live account (https://github.com/juspay/clairvoyance/pull/1128); named without
        # parameters it goes out (https://github.com/megaapp977/stack/issues/93).
        if found is None and kind == "flow":
            raise refused(131009, f"{where} of type Flow must be named in the components")
        given = objects(found.get("parameters")) if found is not None else []
        if kind in ("url", "otp"):
            expected = 1 if kind == "otp" else variables_in(text(button.get("url")))
            _check_url(text(button.get("url")), given, expected, where, value_of)
        elif kind in CHECKS:
            CHECKS[kind](given, where)
        elif given:
            raise count_mismatch(where, len(given), 0)


def _sub_type(component: Json) -> str:
    return text(component.get("sub_type")).lower()


def _check_url(
    url: str, given: list[Json], expected: int, where: str, value_of: Callable[[Json, str], str]
) -> None:
    if expected and not given:
        raise refused(131008, f"{where} of type Url requires a parameter")
    if len(given) != expected:
        raise count_mismatch(where, len(given), expected)
    for parameter in given:
        if len(url) + len(value_of(parameter, where)) > MAX_URL_CHARS:
            raise refused(132005, f"{where}: the filled-in URL exceeds {MAX_URL_CHARS} characters")


def _check_code(given: list[Json], where: str) -> None:
    if not given:
        raise refused(131008, f"{where} of type CopyCode requires a coupon_code parameter")
    _need_kind(given[0], "coupon_code", where)
    limited(given[0].get("coupon_code"), f"{where} coupon_code", MAX_COUPON_CHARS)


def _check_reply(given: list[Json], where: str) -> None:
    # Meta's own examples (Send Sample Issue Resolution Template, in facebook/openapi) give a text,
    # even a boolean one, instead of a payload. A tap then brings the label, as without any.
    if given and text(given[0].get("type")).lower() != "text":
        _need_kind(given[0], "payload", where)
        limited(given[0].get("payload"), f"{where} payload", MAX_PAYLOAD_CHARS)


def _check_products(given: list[Json], where: str) -> None:
    if not given:
        raise refused(131008, f"{where} of type Mpm requires an action with sections")
    action = _action(given, where)
    required(action, "thumbnail_product_retailer_id", f"{where} thumbnail_product_retailer_id")
    check_product_sections(action)


def _check_order(given: list[Json], where: str) -> None:
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/orderdetailstemplate
    if not given:
        raise refused(131008, f"{where} of type OrderDetails requires an action with order_details")
    check_order(inner(_action(given, where), "order_details", f"{where} order_details"))


def _check_catalog(given: list[Json], where: str) -> None:
    if given:
        action = _action(given, where)
        thumbnail = action.get("thumbnail_product_retailer_id")
        if thumbnail is not None and not is_text(thumbnail):
            raise invalid_value(f"{where} thumbnail_product_retailer_id must be a string")


def _check_flow(given: list[Json], where: str) -> None:
    if not given:
        return
    action = _action(given, where)
    token, first = action.get("flow_token"), action.get("flow_action_data")
    if token is not None and not is_text(token):
        raise invalid_value(f"{where} flow_token must be a string")
    if first is not None and not is_object(first):
        raise invalid_value(f"{where} flow_action_data must be an object")


def _check_call(given: list[Json], where: str) -> None:
    for parameter in given:
        kind = text(parameter.get("type")).lower()
        if kind == "payload":
            limited(parameter.get("payload"), f"{where} payload", MAX_PAYLOAD_CHARS)
        elif kind != "ttl_minutes":
            raise format_mismatch(where, "TTL_MINUTES", kind)
        elif not between(parameter.get("ttl_minutes"), 1, MAX_CALL_MINUTES):
            raise invalid_value(f"{where} ttl_minutes must be between 1 and {MAX_CALL_MINUTES}")


def _action(given: list[Json], where: str) -> Json:
    _need_kind(given[0], "action", where)
    return inner(given[0], "action", f"{where} action")


def _need_kind(parameter: Json, kind: str, where: str) -> None:
    got = text(parameter.get("type")).lower()
    if got != kind:
        raise format_mismatch(where, kind.upper(), got)


CHECKS: Mapping[str, Callable[[list[Json], str], None]] = MappingProxyType(
    {
        "copy_code": _check_code,
        "quick_reply": _check_reply,
        "mpm": _check_products,
        "order_details": _check_order,
        "catalog": _check_catalog,
        "flow": _check_flow,
        "voice_call": _check_call,
    }
)
