"""Meta's rules for a template as a whole: which parts there may be, and what goes together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..foreign_json.shapes import as_list, as_object, as_objects, as_text
from ..templates.template import variables
from .buttons import check_buttons, name_of
from .faults import Place, fault
from .parts import MAX_CARD_BUTTONS, MAX_CARDS
from .texts import (
    check_body,
    check_body_examples,
    check_footer,
    check_header_example,
    check_header_text,
    check_offer,
)

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
FILES = ("IMAGE", "VIDEO", "GIF", "DOCUMENT")
CARD_PARTS = ("HEADER", "BODY", "BUTTONS")
CARD_HEADERS = ("IMAGE", "VIDEO", "PRODUCT")
MARKETING_BUTTONS = ("CATALOG", "MPM", "SPM")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/orderdetailstemplate
ORDER_DETAILS_HEADERS = ("", "TEXT", "IMAGE", "DOCUMENT")

Parts = Mapping[str, Mapping[str, Any]]


def check_written(components: Sequence[Mapping[str, Any]], category: str, place: Place) -> None:
    """Refuse a template of one's own text that Meta would refuse, naming the field."""
    parts = parts_of(components, place)
    if "BODY" not in parts:
        raise fault(place("body"), "The template has no text.", "Write what people will read.")
    kinds = _check_parts(parts, place)
    _check_variables_alike(components, place)
    _check_category(parts, kinds, category, place)
    _check_together(parts, kinds, place)


def check_samples(components: Sequence[Mapping[str, Any]], place: Place) -> None:
    """Refuse a template of which the reviewers see too little: each variable needs an example."""
    for component in components:
        match as_text(component.get("type")).upper():
            case "HEADER":
                _check_sample(component, place)
            case "BODY":
                check_body_examples(component, place)
            case "CAROUSEL":
                for index, card in enumerate(as_objects(component.get("cards"))):
                    inside = place.inside("cards", index)
                    check_samples(as_objects(card.get("components")), inside)
            case _:
                pass


def parts_of(components: Sequence[Mapping[str, Any]], place: Place) -> Parts:
    parts: dict[str, Mapping[str, Any]] = {}
    for component in components:
        kind = as_text(component.get("type")).upper()
        if not kind or kind in parts:
            cause = f"There is more than one {kind}." if kind else "A component has no type."
            raise fault(place("components"), cause, "Give each component once, with its type.")
        parts[kind] = component
    return parts


def format_of(components: Sequence[Mapping[str, Any]]) -> str:
    """Return whether a template's variables are POSITIONAL, as they are where it has none."""
    names = [name for text in _texts(components) for name in variables(text)]
    return "POSITIONAL" if all(name.isdigit() for name in names) else "NAMED"


def has_order_details(components: Sequence[Mapping[str, Any]]) -> bool:
    buttons = [button for part in components for button in as_objects(part.get("buttons"))]
    return any(as_text(each.get("type")).upper() == "ORDER_DETAILS" for each in buttons)


def _check_parts(parts: Parts, place: Place, *, is_card: bool = False) -> list[str]:
    """Check each part by itself; return the kinds of the buttons."""
    kinds: list[str] = []
    for kind, part in parts.items():
        match kind:
            case "HEADER" if as_text(part.get("format")).upper() == "TEXT":
                check_header_text(part, place)
            case "BODY":
                has_offer = "LIMITED_TIME_OFFER" in parts
                check_body(part, place, has_offer=has_offer, is_card=is_card)
            case "FOOTER":
                check_footer(part, place)
            case "BUTTONS" if is_card:
                kinds = check_buttons(part, place, most=MAX_CARD_BUTTONS)
            case "BUTTONS":
                kinds = check_buttons(part, place)
            case "LIMITED_TIME_OFFER":
                check_offer(part, place)
            case "CAROUSEL":
                _check_cards(part, place)
            case _:
                pass
    return kinds


def _check_sample(header: Mapping[str, Any], place: Place) -> None:
    kind = as_text(header.get("format")).upper()
    if kind == "TEXT":
        check_header_example(header, place)
    elif kind in FILES:
        handles = as_list(as_object(header.get("example")).get("header_handle"))
        if not handles or not as_text(handles[0]):
            raise fault(
                place("headerSample"),
                f"A header with {_a(kind.lower())} needs a sample of it.",
                "Give a file or a link for Meta's reviewers.",
            )


def _check_cards(carousel: Mapping[str, Any], place: Place) -> None:
    cards, field = as_objects(carousel.get("cards")), place("cards")
    if not 2 <= len(cards) <= MAX_CARDS:
        raise fault(field, f"There are {len(cards)} cards.", f"There may be 2 to {MAX_CARDS}.")
    shapes: list[tuple[str, ...]] = []
    for index, card in enumerate(cards):
        inside = place.inside("cards", index)
        parts = parts_of(as_objects(card.get("components")), inside)
        kinds = _check_parts(parts, inside, is_card=True)
        foreign = next((kind for kind in parts if kind not in CARD_PARTS), None)
        header = as_text(as_object(parts.get("HEADER")).get("format")).upper()
        if foreign or header not in CARD_HEADERS or not kinds:
            raise fault(
                field,
                f"Card {index + 1} has other parts than a card can have.",
                "A card has a picture, a video or a product, may have a text, and has buttons.",
            )
        shapes.append((header, *sorted(parts), *kinds))
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise fault(
                field,
                f"Card {index + 1} has other parts than the first one.",
                "Give all cards a header of one kind, a text or none, and the same buttons.",
            )


def _check_variables_alike(components: Sequence[Mapping[str, Any]], place: Place) -> None:
    names = [name for text in _texts(components) for name in variables(text)]
    are_numbers = {name.isdigit() for name in names}
    if len(are_numbers) > 1:
        raise fault(
            place("body"),
            "Header, text and cards have both numbered and named variables.",
            "Write all of them in one way.",
        )


def _check_category(parts: Parts, kinds: Sequence[str], category: str, place: Place) -> None:
    told = {"LIMITED_TIME_OFFER": "limited-time offer", "CAROUSEL": "carousel"}
    found = [name for part, name in told.items() if part in parts]
    found += [f"{name_of(kind)} button" for kind in kinds if kind in MARKETING_BUTTONS]
    if found and category != "MARKETING":
        raise fault(
            "category",
            f"A template with {_a(found[0])} is for marketing.",
            f"Choose MARKETING, or take the {found[0]} away.",
        )
    if "OTP" in kinds:
        raise fault(
            place("buttons"), "Codes are sent by authentication templates.", "Choose that category."
        )


def _check_together(parts: Parts, kinds: Sequence[str], place: Place) -> None:
    header = as_text(as_object(parts.get("HEADER")).get("format")).upper()
    if "SPM" in kinds and header != "PRODUCT":
        cause = "A single-product button needs a header with a product."
        raise fault(place("headerKind"), cause, "Choose the header product.")
    if "ORDER_DETAILS" in kinds and header not in ORDER_DETAILS_HEADERS:
        cause = "Beside an order's details the header is a text, an image or a document."
        raise fault(place("headerKind"), cause, "Choose one of these, or none.")
    if "LIMITED_TIME_OFFER" in parts:
        _check_beside_offer(parts, header, kinds, place)
    if "CAROUSEL" in parts:
        beside = next((part for part in ("HEADER", "FOOTER", "BUTTONS") if part in parts), None)
        if beside:
            fields = {"HEADER": "headerKind", "FOOTER": "footer", "BUTTONS": "buttons"}
            cause = f"Beside cards there is a text and no {beside.lower()}."
            raise fault(place(fields[beside]), cause, "Take it away, or put it into the cards.")


def _check_beside_offer(parts: Parts, header: str, kinds: Sequence[str], place: Place) -> None:
    if "FOOTER" in parts:
        cause = "A template with a limited-time offer has no footer."
        raise fault(place("footer"), cause, "Take it away.")
    if header not in ("", "IMAGE", "VIDEO"):
        cause = "Beside a limited-time offer the header is an image or a video."
        raise fault(place("headerKind"), cause, "Choose one of the two, or none.")
    if "URL" not in kinds:
        cause = "A limited-time offer needs a URL button."
        raise fault(place("buttons"), cause, "Add a button with the address of the offer.")


def _texts(components: Sequence[Mapping[str, Any]]) -> list[str]:
    found: list[str] = []
    for component in components:
        if as_text(component.get("type")).upper() in ("HEADER", "BODY"):
            found.append(as_text(component.get("text")))
        for card in as_objects(component.get("cards")):
            found += _texts(as_objects(card.get("components")))
    return found


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
