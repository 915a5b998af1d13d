"""Checking the parameters of a template send against the template, and filling them in."""

from __future__ import annotations

import re

from ..graph.errors import invalid_value, missing_parameter, refused
from ..messages.validation import check_source, inner, limited, required
from ..shapes import Json, is_number, is_object, is_text, objects, text
from ..world.entities import Template

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
# User reports: a text parameter with these is refused.
FORBIDDEN_IN_TEXT = re.compile(r"[\n\t]| {5,}")
MAX_BODY_CHARS = 1024
MAX_COUPON_CHARS = 15
MEDIA_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT", "GIF")


def placeholders(source: str) -> list[str]:
    """The distinct variables of a text, in order of appearance."""
    return list(dict.fromkeys(PLACEHOLDER.findall(source)))


def fill_template(template: Template, sent: list[Json]) -> str:
    """Check every component that was sent, and return the body the person will read."""
    is_named = template.parameter_format == "NAMED"
    return _fill(template.components, sent, is_named=is_named, place="")


def _fill(defined: list[Json], sent: list[Json], *, is_named: bool, place: str) -> str:
    by_type = {text(component.get("type")).upper(): component for component in defined}
    given = _by_type(sent, by_type, place)
    _check_header(by_type.get("HEADER"), given.get("header", []), place, is_named=is_named)
    body = text(by_type.get("BODY", {}).get("text"))
    values = _text_values(body, _parameters(given.get("body", [])), f"{place}body", is_named)
    filled = PLACEHOLDER.sub(lambda match: values[match[1]], body)
    if len(filled) > MAX_BODY_CHARS:
        raise refused(132005, f"{place}body: the filled-in text exceeds {MAX_BODY_CHARS}")
    buttons = objects(by_type.get("BUTTONS", {}).get("buttons"))
    _check_buttons(buttons, given.get("button", []), place)
    _check_offer(by_type.get("LIMITED_TIME_OFFER"), given.get("limited_time_offer", []))
    _check_cards(by_type.get("CAROUSEL"), given.get("carousel", []), is_named=is_named)
    return filled


def _by_type(sent: list[Json], defined: dict[str, Json], place: str) -> dict[str, list[Json]]:
    homes = {
        "header": "HEADER",
        "body": "BODY",
        "button": "BUTTONS",
        "limited_time_offer": "LIMITED_TIME_OFFER",
        "carousel": "CAROUSEL",
        "tap_target_configuration": None,
    }
    given: dict[str, list[Json]] = {}
    for component in sent:
        kind = required(component, "type", "component['type']").lower()
        if kind not in homes:
            raise invalid_value(f"{place}component type must be one of: {', '.join(homes)}")
        home = homes[kind]
        if home is not None and home not in defined and component.get("parameters"):
            count = len(objects(component.get("parameters")))
            raise _count_mismatch(f"{place}{kind}", count, 0)
        given.setdefault(kind, []).append(component)
    return given


def _parameters(components: list[Json]) -> list[Json]:
    return [item for component in components for item in objects(component.get("parameters"))]


def _count_mismatch(place: str, got: int, expected: int) -> Exception:
    return refused(
        132000,
        f"{place}: number of localizable_params ({got}) does not match "
        f"the expected number of params ({expected})",
    )


def _text_values(source: str, sent: list[Json], place: str, is_named: bool) -> dict[str, str]:
    names = placeholders(source)
    if len(sent) != len(names):
        raise _count_mismatch(place, len(sent), len(names))
    values: dict[str, str] = {}
    for position, parameter in enumerate(sent):
        name = names[position]
        if is_named:
            name = text(parameter.get("parameter_name"))
            if name not in names:
                raise refused(132012, f"{place}: parameter name '{name}' is not in the template")
        elif parameter.get("parameter_name") is not None:
            raise refused(132012, f"{place}: the template has positional parameters, not named")
        values[name] = _text_value(parameter, place)
    if len(values) != len(names):
        raise _count_mismatch(place, len(values), len(names))
    return values


def _text_value(parameter: Json, place: str) -> str:
    kind = text(parameter.get("type")).lower()
    if kind == "text":
        value = parameter.get("text")
        if not is_text(value):
            raise missing_parameter(f"{place}: parameters['text']")
        if FORBIDDEN_IN_TEXT.search(value):
            raise refused(
                132018,
                f"{place}: a text parameter cannot have new-line or tab characters "
                "or more than 4 consecutive spaces",
            )
        return value
    if kind in ("currency", "date_time"):
        return required(inner(parameter, kind, kind), "fallback_value", f"{kind}['fallback_value']")
    raise refused(132012, f"{place}: Format mismatch, expected TEXT, received {_kind_of(kind)}")


def _kind_of(kind: str) -> str:
    return kind.upper() if kind else "UNKNOWN"


def _check_header(
    defined: Json | None, components: list[Json], place: str, *, is_named: bool
) -> None:
    if defined is None:
        return
    form = text(defined.get("format")).upper() or "TEXT"
    sent = _parameters(components)
    if form == "TEXT":
        _text_values(text(defined.get("text")), sent, f"{place}header", is_named)
        return
    kind = text(sent[0].get("type")).lower() if sent else ""
    expected = "video" if form == "GIF" and kind == "video" else form.lower()
    if kind != expected:
        raise refused(
            132012, f"{place}header: Format mismatch, expected {form}, received {_kind_of(kind)}"
        )
    content = inner(sent[0], kind, f"{place}header['{kind}']")
    if form in MEDIA_HEADERS:
        check_source(content, f"{place}header['{kind}']")
    elif form == "LOCATION":
        for name in ("latitude", "longitude"):
            if not is_number(content.get(name)):
                raise missing_parameter(f"{place}header['location']['{name}']")


def _check_buttons(defined: list[Json], sent: list[Json], place: str) -> None:
    by_index: dict[int, Json] = {}
    for component in sent:
        index = str(component.get("index", ""))
        if index not in {str(position) for position in range(len(defined))}:
            raise refused(132018, f"{place}buttons: index '{index}' is not in the template")
        by_index[int(index)] = component
    for position, button in enumerate(defined):
        name = f"{place}buttons: Button at index {position}"
        _check_button(button, by_index.get(position), name)


def _check_button(defined: Json, sent: Json | None, place: str) -> None:
    kind = text(defined.get("type")).lower()
    parameters = objects(sent.get("parameters")) if sent is not None else []
    if sent is not None and text(sent.get("sub_type")).lower() != _sub_type(kind):
        raise refused(132012, f"{place} of type {kind.upper()} got another sub_type")
    if kind == "url":
        expected = len(placeholders(text(defined.get("url"))))
        if expected and not parameters:
            raise refused(131008, f"{place} of type Url requires a parameter")
        if len(parameters) != expected:
            raise _count_mismatch(place, len(parameters), expected)
        for parameter in parameters:
            _text_value(parameter, place)
    elif kind == "copy_code":
        if not parameters:
            raise refused(131008, f"{place} of type CopyCode requires a coupon_code parameter")
        limited(parameters[0].get("coupon_code"), f"{place} coupon_code", MAX_COUPON_CHARS)
    elif kind == "mpm":
        action = parameters[0].get("action") if parameters else None
        if not is_object(action) or not objects(action.get("sections")):
            raise refused(131008, f"{place} of type Mpm requires an action with sections")
    elif kind == "quick_reply" and parameters:
        required(parameters[0], "payload", f"{place} payload")


def _sub_type(kind: str) -> str:
    # One-time password buttons are sent as URL buttons.
    return "url" if kind == "otp" else kind


def _check_offer(defined: Json | None, sent: list[Json]) -> None:
    if defined is None:
        return
    offer = defined.get("limited_time_offer")
    if not is_object(offer) or not offer.get("has_expiration"):
        return
    parameters = _parameters(sent)
    if not parameters:
        raise missing_parameter("limited_time_offer['expiration_time_ms']")
    timing = inner(parameters[0], "limited_time_offer", "limited_time_offer")
    if not is_number(timing.get("expiration_time_ms")):
        raise invalid_value("limited_time_offer['expiration_time_ms'] must be UNIX milliseconds")


def _check_cards(defined: Json | None, sent: list[Json], *, is_named: bool) -> None:
    if defined is None:
        return
    wanted = objects(defined.get("cards"))
    given = [card for component in sent for card in objects(component.get("cards"))]
    if len(given) != len(wanted):
        raise _count_mismatch("carousel: cards", len(given), len(wanted))
    for index, (card, definition) in enumerate(zip(given, wanted, strict=True)):
        _fill(
            objects(definition.get("components")),
            objects(card.get("components")),
            is_named=is_named,
            place=f"carousel card {index}: ",
        )
