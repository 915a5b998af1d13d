"""Holds what a template is filled with against its definition, before Meta does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appmixer.engine.contract import RejectedError

from ..foreign_json.shapes import as_object, as_objects, as_text
from .definitions import MEDIA_FORMATS, Definition

HEADER_TYPES = {**MEDIA_FORMATS, "LOCATION": "location", "PRODUCT": "product"}


def missing_from(
    components: Sequence[Mapping[str, Any]], definition: Definition
) -> RejectedError | None:
    """Return what the definition asks for and the components do not give, or the other way."""
    checks = (_header_fault, _body_fault, _button_fault, _other_fault)
    faults = (check(components, definition) for check in checks)
    return next((fault for fault in faults if fault is not None), None)


def _header_fault(
    components: Sequence[Mapping[str, Any]], definition: Definition
) -> RejectedError | None:
    given = _parameters(components, "header")
    wanted = HEADER_TYPES.get(definition.header_format or "")
    if wanted is None:
        return _text_fault("header", given, definition.header_variables, definition)
    if [as_text(each.get("type")) for each in given] == [wanted]:
        return None
    field = "headerLocation" if wanted == "location" else "headerMedia"
    return _fault(definition, f"Its header is {_a(wanted)}, and none is given.", field)


def _body_fault(
    components: Sequence[Mapping[str, Any]], definition: Definition
) -> RejectedError | None:
    given = _parameters(components, "body")
    return _text_fault("body", given, definition.body_variables, definition)


def _text_fault(
    part: str, given: Sequence[Mapping[str, Any]], wanted: Sequence[str], definition: Definition
) -> RejectedError | None:
    field = "headerText" if part == "header" else "bodyParameters"
    if definition.is_named and wanted:
        names = [as_text(each.get("parameter_name")) for each in given]
        missing = [name for name in wanted if name not in names]
        surplus = [name or "a value without a name" for name in names if name not in wanted]
    else:
        missing = list(wanted[len(given) :])
        surplus = [f"value {number}" for number in range(len(wanted) + 1, len(given) + 1)]
    if missing:
        lacking = ", ".join(f"{{{{{name}}}}}" for name in missing)
        return _fault(definition, f"Its {part} also needs a value for {lacking}.", field)
    if surplus:
        return _fault(definition, f"Its {part} has no place for {', '.join(surplus)}.", field)
    return None


def _button_fault(
    components: Sequence[Mapping[str, Any]], definition: Definition
) -> RejectedError | None:
    given = {str(each.get("index")) for each in components if _is_part(each, "button")}
    for index, button in enumerate(definition.buttons):
        if button.parameter is not None and str(index) not in given:
            said = f"Its button {index} ({button.text or button.kind}) needs {button.parameter}."
            return _fault(definition, said, "buttonParameters")
    unknown = sorted(given - {str(index) for index in range(len(definition.buttons))})
    if unknown and definition.buttons:
        return _fault(definition, f"It has no button {unknown[0]}.", "buttonParameters")
    return None


def _other_fault(
    components: Sequence[Mapping[str, Any]], definition: Definition
) -> RejectedError | None:
    carousel = next((each for each in components if _is_part(each, "carousel")), None)
    cards = len(as_objects(as_object(carousel).get("cards")))
    if cards != definition.card_count:
        said = f"It has {definition.card_count} cards, and {cards} are filled in."
        return _fault(definition, said, "components")
    if definition.has_expiry and not any(
        _is_part(each, "limited_time_offer") for each in components
    ):
        return _fault(definition, "Its offer needs an end.", "offerExpiresAt")
    return None


def _parameters(components: Sequence[Mapping[str, Any]], part: str) -> list[dict[str, Any]]:
    found = next((each for each in components if _is_part(each, part)), None)
    return as_objects(as_object(found).get("parameters"))


def _is_part(component: Mapping[str, Any], part: str) -> bool:
    return as_text(component.get("type")).lower() == part


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _fault(definition: Definition, said: str, field: str) -> RejectedError:
    return RejectedError(
        f"The template {definition.name} ({definition.language}) is not filled in as it must be",
        said,
        "Compare the fields with the template in WhatsApp Manager, Message Templates.",
        field,
        132000,
    )
