"""Meta's rules for the buttons of a template: what each needs, how many, in which order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from ..foreign_json.shapes import as_int, as_list, as_objects, as_text
from ..templates.template import VARIABLE
from .building import WITHOUT_TEXT
from .faults import Place, fault
from .parts import (
    MAX_BUTTONS,
    MAX_CODE_CHARS,
    MAX_LABEL_CHARS,
    MAX_PHONE_CHARS,
    MAX_URL_CHARS,
)
from .texts import BRACES, check_label, check_length

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_OF_KIND = {
    "URL": 2,
    "PHONE_NUMBER": 1,
    "COPY_CODE": 1,
    "FLOW": 1,
    "CATALOG": 1,
    "MPM": 1,
    "SPM": 1,
    "ORDER_DETAILS": 1,
    "VOICE_CALL": 1,
    "REQUEST_CONTACT_INFO": 1,
    "CALL_PERMISSION_REQUEST": 1,
}
KINDS = ("QUICK_REPLY", *MAX_OF_KIND)
PHONE = re.compile(r"\+?[0-9 ()-]{3,20}")
NAMES = {
    "QUICK_REPLY": "quick reply",
    "URL": "URL",
    "PHONE_NUMBER": "phone number",
    "COPY_CODE": "copy code",
    "FLOW": "Flow",
    "MPM": "multi-product",
    "SPM": "single-product",
}


def check_buttons(part: Mapping[str, Any], place: Place, *, most: int = MAX_BUTTONS) -> list[str]:
    """Refuse what Meta would; return the kinds in their order."""
    buttons, field = as_objects(part.get("buttons")), place("buttons")
    if not 1 <= len(buttons) <= most:
        cause = f"There are {len(buttons)} buttons."
        raise fault(field, cause, f"There may be {most}, and one at least.")
    kinds = [
        _check_button(button, place.inside("buttons", index))
        for index, button in enumerate(buttons)
    ]
    _check_counts(kinds, field)
    _check_order(kinds, field)
    return kinds


def name_of(kind: str) -> str:
    return NAMES.get(kind, kind.lower().replace("_", " "))


def _check_button(button: Mapping[str, Any], place: Place) -> str:
    kind = as_text(button.get("type")).upper()
    if kind in KINDS and kind not in (*WITHOUT_TEXT, "CALL_PERMISSION_REQUEST"):
        check_label(as_text(button.get("text")), MAX_LABEL_CHARS, place("text"))
    match kind:
        case "URL":
            _check_url(button, place)
        case "PHONE_NUMBER":
            _check_phone(as_text(button.get("phone_number")), place("phoneNumber"))
        case "COPY_CODE":
            _check_code(button, place("codeExample"))
        case "FLOW":
            _check_flow(button, place("flowId"))
        case "VOICE_CALL":
            minutes = button.get("ttl_minutes")
            if minutes is not None and not 1 <= (as_int(minutes) or 0) <= 43_200:
                raise fault(
                    place("ttlMinutes"), "It can be called for 1 to 43,200 minutes.", "Change it."
                )
        case _:
            pass
    return kind


def _check_url(button: Mapping[str, Any], place: Place) -> None:
    url, field = as_text(button.get("url")), place("url")
    check_length(url, MAX_URL_CHARS, field, "A URL")
    if not _is_web_address(url.partition("{{")[0]):
        raise fault(field, "It is no web address.", "Write it as https://host/path.")
    found = list(VARIABLE.finditer(url))
    is_broken = BRACES.search(VARIABLE.sub("", url)) is not None
    if is_broken or len(found) > 1 or (found and found[0].end() != len(url)):
        raise fault(
            field,
            "A variable stands elsewhere than at the end of the URL.",
            "Use one, at its end: https://host/path/{{1}}.",
        )
    examples = [as_text(each) for each in as_list(button.get("example"))]
    given = examples or [as_text(button.get("example"))]
    if found and not any(given):
        raise fault(
            place("urlExample"),
            "The variable of the URL has no example.",
            "Give one for Meta's reviewers.",
        )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _check_phone(phone: str, field: str) -> None:
    check_length(phone, MAX_PHONE_CHARS, field, "A phone number")
    if not PHONE.fullmatch(phone):
        raise fault(field, "It is no phone number.", "Write it with its country code.")


def _check_code(button: Mapping[str, Any], field: str) -> None:
    example = button.get("example")
    given = as_text(example) or as_text(next(iter(as_list(example)), ""))
    if not given:
        raise fault(field, "There is no example of the code.", "Give one for Meta's reviewers.")
    check_length(given, MAX_CODE_CHARS, field, "A code")


def _check_flow(button: Mapping[str, Any], field: str) -> None:
    given = [name for name in ("flow_id", "flow_name", "flow_json") if button.get(name)]
    if len(given) != 1:
        cause = "Both the id and the name of a Flow are given." if given else "It opens no Flow."
        raise fault(field, cause, "Give the id or the name of one.")


def _check_counts(kinds: Sequence[str], field: str) -> None:
    for kind, count in Counter(kinds).items():
        most = MAX_OF_KIND.get(kind, MAX_BUTTONS)
        if count > most:
            named = f"{name_of(kind)} button{'s' if most > 1 else ''}"
            raise fault(
                field, f"A template may have {most} {named}, not {count}.", "Take some away."
            )


def _check_order(kinds: Sequence[str], field: str) -> None:
    are_replies = [kind == "QUICK_REPLY" for kind in kinds]
    turns = sum(one != other for one, other in pairwise(are_replies))
    if turns > 1:
        raise fault(
            field,
            "Quick replies stand before and behind other buttons.",
            "Put all of them before the others, or all behind.",
        )
