"""Meta's rules for the texts of a template: their length, and the variables in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..foreign_json.shapes import as_list, as_object, as_objects, as_text, is_list
from ..templates.template import VARIABLE, variables
from .faults import Place, fault
from .parts import (
    MAX_BODY_CHARS,
    MAX_CARD_BODY_CHARS,
    MAX_FOOTER_CHARS,
    MAX_HEADER_CHARS,
    MAX_OFFER_CHARS,
)

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
NAMED = re.compile(r"[a-z_][a-z0-9_]*")
BRACES = re.compile(r"\{\{|\}\}")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/limited-time-offer-templates
MAX_BODY_CHARS_WITH_OFFER = 600
# Meta's reviewers reject what the call still takes.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-review
NEIGHBOURS = re.compile(r"\}\}\s*\{\{")


def check_header_text(header: Mapping[str, Any], place: Place) -> None:
    text, field = as_text(header.get("text")), place("headerText")
    if not text.strip():
        raise fault(field, "A header of text needs a text.", "Write it, or leave the header away.")
    check_length(text, MAX_HEADER_CHARS, field, "A header")
    _check_one_line(text, field, "A header")
    names = variables(text)
    if len(names) > 1 or len(VARIABLE.findall(text)) > 1:
        raise fault(field, "It has more than one variable.", "A header may have one.")
    _check_form(text, names, field)


def check_header_example(header: Mapping[str, Any], place: Place) -> None:
    names = variables(as_text(header.get("text")))
    example = as_object(header.get("example"))
    if names and not _examples(example, "header_text", names[0]):
        raise fault(
            place("headerExample"),
            f"The header's variable {{{{{names[0]}}}}} has no example.",
            "Give one for Meta's reviewers.",
        )


def check_body(body: Mapping[str, Any], place: Place, *, has_offer: bool, is_card: bool) -> None:
    text, field = as_text(body.get("text")), place("body")
    if not text.strip():
        raise fault(field, "The template has no text.", "Write what people will read.")
    limit = MAX_BODY_CHARS_WITH_OFFER if has_offer else MAX_BODY_CHARS
    beside = " beside a limited-time offer" if has_offer else ""
    if is_card:
        limit, beside = MAX_CARD_BODY_CHARS, " of a card"
    check_length(text, limit, field, f"A text{beside}")
    names = variables(text)
    _check_form(text, names, field)
    _check_where(text, names, field)


def check_body_examples(body: Mapping[str, Any], place: Place) -> None:
    example = as_object(body.get("example"))
    for index, name in enumerate(variables(as_text(body.get("text")))):
        if not _examples(example, "body_text", name, index):
            raise fault(
                place("bodyExamples"),
                f"The variable {{{{{name}}}}} has no example.",
                "Give one for each variable, for Meta's reviewers.",
            )


def check_footer(footer: Mapping[str, Any], place: Place) -> None:
    text, field = as_text(footer.get("text")), place("footer")
    if not text.strip():
        raise fault(field, "The footer has no text.", "Write it, or leave the footer away.")
    check_length(text, MAX_FOOTER_CHARS, field, "A footer")
    _check_one_line(text, field, "A footer")
    if BRACES.search(text):
        raise fault(field, "A footer cannot have variables.", "Put them into the text.")


def check_offer(part: Mapping[str, Any], place: Place) -> None:
    text = as_text(as_object(part.get("limited_time_offer")).get("text"))
    if not text.strip():
        raise fault(place("offerText"), "The offer has no text.", "Write what it is called.")
    check_length(text, MAX_OFFER_CHARS, place("offerText"), "An offer")


def check_label(text: str, limit: int, field: str) -> None:
    if not text.strip():
        raise fault(field, "The button has no label.", "Write what stands on it.")
    check_length(text, limit, field, "A label")
    _check_one_line(text, field, "A label")
    if BRACES.search(text):
        raise fault(field, "A label cannot have variables.", "Write a fixed one.")


def check_length(text: str, limit: int, field: str, what: str) -> None:
    """Refuse a text with more characters than that, counted as Meta counts: by code points."""
    if len(text) > limit:
        cause = f"{what} may have {limit:,} characters; this one has {len(text):,}."
        raise fault(field, cause, "Shorten it.")


def _check_one_line(text: str, field: str, what: str) -> None:
    if "\n" in text or "\r" in text:
        raise fault(field, f"{what} stands on one line.", "Take the line breaks away.")


def _check_form(text: str, names: tuple[str, ...], field: str) -> None:
    if BRACES.search(VARIABLE.sub("", text)):
        raise fault(
            field,
            "A variable is broken: it is not letters, digits or _ between {{ and }}.",
            "Write it as {{1}} or {{first_name}}.",
        )
    digits = [name for name in names if name.isdigit()]
    if digits and len(digits) < len(names):
        raise fault(
            field, "Some variables are numbered and some are named.", "Write all in one way."
        )
    wrong = next((name for name in names if not digits and not NAMED.fullmatch(name)), None)
    if wrong is not None:
        raise fault(
            field,
            f"The variable {{{{{wrong}}}}} has other characters than small letters, digits and _.",
            "Give it a name such as first_name.",
        )
    expected = [str(number) for number in range(1, len(names) + 1)]
    if digits and list(names) != expected:
        lacking = next((each for each in expected if each not in names), expected[-1])
        raise fault(
            field,
            f"There is no {{{{{lacking}}}}}.",
            "Number the variables from {{1}} on, without a gap.",
        )


def _check_where(text: str, names: tuple[str, ...], field: str) -> None:
    trimmed = text.strip()
    if not names:
        return
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
    if trimmed.startswith("{{") or trimmed.endswith("}}"):
        raise fault(
            field,
            "A variable stands at its start or end.",
            "Put words before and behind it, were it only a full stop.",
        )
    if NEIGHBOURS.search(text):
        raise fault(
            field,
            "Two variables stand side by side, which Meta's reviewers reject.",
            "Put words between them that say what they are.",
        )
    # Meta publishes the rule and not the number. One word more than twice the variables, these
    # counted, lets every example of Meta's own pages through.
    if len(VARIABLE.sub("x", text).split()) < 2 * len(names) + 1:
        raise fault(
            field,
            f"It has {len(names)} variables and few words beside them.",
            "Write more text, or use fewer variables.",
        )


def _examples(example: Mapping[str, Any], key: str, name: str, index: int = 0) -> bool:
    """Tell whether there is an example of a variable, in one of the forms that Meta takes."""
    if not name.isdigit():
        given = as_objects(example.get(f"{key}_named_params"))
        return any(each.get("param_name") == name and each.get("example") for each in given)
    listed = as_list(example.get(key))
    if key == "body_text" and listed and is_list(listed[0]):
        listed = listed[0]
    return index < len(listed) and bool(as_text(listed[index]))
