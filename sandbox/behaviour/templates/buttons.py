"""The buttons of a template: what each kind needs, how many there may be, and in which order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlsplit

from ...protocol.shapes import Json, is_array, is_object, is_text, text
from .parameters import PLACEHOLDER
from .refusals import MISSING_FIELD, check_keys, missing, not_one_of, parameter, refusal, too_long

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_BUTTONS = 10
MAX_TEXT_CHARS = 25
MAX_URL_CHARS = 2000
MAX_PHONE_CHARS = 20
MAX_CODE_CHARS = 15
MAX_OF_KIND: Mapping[str, int] = MappingProxyType(
    {
        "URL": 2,
        "PHONE_NUMBER": 1,
        "COPY_CODE": 1,
        "OTP": 1,
        "FLOW": 1,
        "CATALOG": 1,
        "MPM": 1,
        "SPM": 1,
        "ORDER_DETAILS": 1,
        "VOICE_CALL": 1,
        "REQUEST_CONTACT_INFO": 1,
        "CALL_PERMISSION_REQUEST": 1,
    }
)
FLOW_SOURCES = ("flow_id", "flow_name", "flow_json")
FLOW_ACTIONS = ("NAVIGATE", "DATA_EXCHANGE")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-buttons-messages-deep-links
MAX_CALL_TTL_MINUTES = 43_200
PHONE = re.compile(r"\+?[0-9 ()-]{3,20}")
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "QUICK_REPLY": (),
        "URL": ("url", "example", "app_deep_link"),
        "PHONE_NUMBER": ("phone_number",),
        "COPY_CODE": ("example",),
        "OTP": (
            "otp_type",
            "autofill_text",
            "supported_apps",
            "package_name",
            "signature_hash",
            "zero_tap_terms_accepted",
        ),
        "FLOW": (*FLOW_SOURCES, "flow_action", "navigate_screen", "icon"),
        "CATALOG": (),
        "MPM": (),
        "SPM": (),
        # https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/orderdetailstemplate
        "ORDER_DETAILS": (),
        "VOICE_CALL": ("ttl_minutes",),
        "REQUEST_CONTACT_INFO": (),
        "CALL_PERMISSION_REQUEST": (),
    }
)
# Their labels are WhatsApp's own.
WITHOUT_TEXT = ("COPY_CODE", "OTP", "REQUEST_CONTACT_INFO", "CALL_PERMISSION_REQUEST")

Check: TypeAlias = Callable[[Json, str], None]


def check_buttons(component: Json, path: str, *, most: int = MAX_BUTTONS) -> list[str]:
    """Check a BUTTONS component; gives the kinds in their order."""
    given = component.get("buttons")
    if given is None:
        raise missing("BUTTONS", "buttons")
    if not is_array(given) or not all(is_object(button) for button in given):
        raise parameter(f"{path}['buttons']", "must be an array.")
    if not 1 <= len(given) <= most:
        raise parameter(f"{path}['buttons']", f"must have from 1 to {most} elements.")
    kinds = [
        _check_button(button, f"{path}['buttons'][{index}]") for index, button in enumerate(given)
    ]
    _check_counts(kinds)
    _check_order(kinds)
    return kinds


def _check_button(button: Json, path: str) -> str:
    kind = text(button.get("type")).upper()
    if kind not in KEYS:
        raise not_one_of(f"{path}['type']", KEYS, button.get("type"))
    check_keys(
        {name: value for name, value in button.items() if value is not None},
        ("type", "text", *KEYS[kind]),
        path,
    )
    if kind not in WITHOUT_TEXT:
        _check_text(button, kind)
    CHECKS[kind](button, path)
    return kind


def _check_text(button: Json, kind: str) -> None:
    said = button.get("text")
    if not is_text(said):
        raise missing("BUTTONS", "text")
    if len(said) > MAX_TEXT_CHARS:
        raise too_long(f"{kind} button", MAX_TEXT_CHARS)
    if PLACEHOLDER.search(said) or "\n" in said:
        raise refusal(MISSING_FIELD, "A button's text can have neither variables nor new lines.")


def _check_counts(kinds: list[str]) -> None:
    for kind, count in Counter(kinds).items():
        most = MAX_OF_KIND.get(kind, MAX_BUTTONS)
        if count > most:
            raise parameter("components", f"may have {most} buttons of type {kind}, not {count}.")


def _check_order(kinds: list[str]) -> None:
    """Quick replies stand together, before or after all the others."""
    turns = [
        position
        for position in range(1, len(kinds))
        if (kinds[position] == "QUICK_REPLY") != (kinds[position - 1] == "QUICK_REPLY")
    ]
    if len(turns) > 1:
        raise parameter("components", "must have its QUICK_REPLY buttons next to each other.")


def _nothing(_button: Json, _path: str) -> None:
    """Its type and text are all that this kind has."""


def _check_url(button: Json, path: str) -> None:
    url = button.get("url")
    if not is_text(url):
        raise missing("BUTTONS", "url")
    if len(url) > MAX_URL_CHARS:
        raise too_long("URL of a button", MAX_URL_CHARS)
    if not _is_web_address(url.partition("{{")[0]):
        raise parameter(f"{path}['url']", "must be a valid URL.")
    found = list(PLACEHOLDER.finditer(url))
    if len(found) > 1 or (found and found[0].end() != len(url)):
        raise parameter(f"{path}['url']", "may have one variable, at its end.")
    if found and not _examples(button.get("example")):
        raise missing("BUTTONS", "example")
    link = button.get("app_deep_link")
    if link is not None and not is_object(link):
        raise parameter(f"{path}['app_deep_link']", "must be an object.")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _check_phone(button: Json, path: str) -> None:
    phone = button.get("phone_number")
    if not is_text(phone):
        raise missing("BUTTONS", "phone_number")
    if len(phone) > MAX_PHONE_CHARS:
        raise too_long("phone number of a button", MAX_PHONE_CHARS)
    if not PHONE.fullmatch(phone):
        raise parameter(f"{path}['phone_number']", "must be a phone number.")


def _check_copy_code(button: Json, _path: str) -> None:
    examples = _examples(button.get("example"))
    if not examples:
        raise missing("BUTTONS", "example")
    if any(len(example) > MAX_CODE_CHARS for example in examples):
        raise too_long("code of a button", MAX_CODE_CHARS)


def _check_flow(button: Json, path: str) -> None:
    sources = [name for name in FLOW_SOURCES if button.get(name)]
    if len(sources) != 1:
        raise parameter(path, f"must have exactly one of {', '.join(FLOW_SOURCES)}.")
    action = button.get("flow_action")
    if action is not None and text(action).upper() not in FLOW_ACTIONS:
        raise not_one_of(f"{path}['flow_action']", FLOW_ACTIONS, action)


def _check_voice_call(button: Json, path: str) -> None:
    minutes = button.get("ttl_minutes")
    if minutes is None:
        return
    if not isinstance(minutes, int) or not 1 <= minutes <= MAX_CALL_TTL_MINUTES:
        raise parameter(f"{path}['ttl_minutes']", f"must be from 1 to {MAX_CALL_TTL_MINUTES}.")


def _examples(given: object) -> list[str]:
    """Samples come as a list of one, or bare."""
    values = given if is_array(given) else [given]
    return [value for value in values if is_text(value)]


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        **dict.fromkeys(KEYS, _nothing),
        "URL": _check_url,
        "PHONE_NUMBER": _check_phone,
        "COPY_CODE": _check_copy_code,
        "FLOW": _check_flow,
        "VOICE_CALL": _check_voice_call,
    }
)
