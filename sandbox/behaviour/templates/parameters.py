"""Checking the parameters of a template send against the template, and filling them in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...protocol.content import between, check_location, check_source, check_url, inner, required
from ...protocol.errors import invalid_parameter, invalid_value, missing_parameter, refused
from ...protocol.shapes import Json, is_array, is_number, is_object, is_text, objects, text
from ...world.entities import Template
from .button_parameters import check_buttons
from .mismatches import count_mismatch, format_mismatch

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
# User reports: a text parameter with these is refused.
FORBIDDEN_IN_TEXT = re.compile(r"[\n\t]| {5,}")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_BODY_CHARS = 1024
MAX_BODY_CHARS_WITH_OFFER = 600
MAX_CARD_BODY_CHARS = 160
MAX_HEADER_CHARS = 60
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/authentication-templates
MAX_PASSCODE_CHARS = 15
MEDIA_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT", "GIF")
HOMES = {
    "header": "HEADER",
    "body": "BODY",
    "button": "BUTTONS",
    "limited_time_offer": "LIMITED_TIME_OFFER",
    "carousel": "CAROUSEL",
    "tap_target_configuration": None,
}


@dataclass(frozen=True)
class Place:
    """Where in a template we are, for messages, and how its variables are written."""

    name: str
    is_named: bool
    is_card: bool = False
    is_passcode: bool = False


def placeholders(source: str) -> list[str]:
    """The distinct variables of a text, in order of appearance."""
    return list(dict.fromkeys(PLACEHOLDER.findall(source)))


def fill_template(template: Template, sent: list[Json]) -> str:
    """Check every component that was sent, and return the body the person will read."""
    place = Place(
        "",
        is_named=template.parameter_format == "NAMED",
        is_passcode=template.category == "AUTHENTICATION",
    )
    return _fill(template.components, sent, place)


def _fill(defined: list[Json], sent: list[Json], place: Place) -> str:
    by_type = {text(component.get("type")).upper(): component for component in defined}
    given = _by_type(sent, by_type, place)
    _check_header(by_type.get("HEADER"), given.get("header", []), place)
    filled = _filled_body(by_type, given.get("body", []), place)
    buttons = objects(by_type.get("BUTTONS", {}).get("buttons"))
    check_buttons(
        buttons,
        given.get("button", []),
        place.name,
        lambda value, where: text_value(value, where, is_passcode=place.is_passcode),
        lambda url: len(placeholders(url)),
    )
    _check_offer(by_type.get("LIMITED_TIME_OFFER"), given.get("limited_time_offer", []))
    _check_tap_target(given.get("tap_target_configuration", []))
    _check_cards(by_type.get("CAROUSEL"), given.get("carousel", []), place)
    return filled


def _filled_body(by_type: dict[str, Json], sent: list[Json], place: Place) -> str:
    body = text(by_type.get("BODY", {}).get("text"))
    values = _text_values(body, _parameters(sent), f"{place.name}body", place)
    filled = PLACEHOLDER.sub(lambda match: values[match[1]], body)
    most = MAX_BODY_CHARS_WITH_OFFER if "LIMITED_TIME_OFFER" in by_type else MAX_BODY_CHARS
    most = MAX_CARD_BODY_CHARS if place.is_card else most
    if len(filled) > most:
        raise refused(132005, f"{place.name}body: the filled-in text exceeds {most} characters")
    return filled


def _by_type(sent: list[Json], defined: dict[str, Json], place: Place) -> dict[str, list[Json]]:
    given: dict[str, list[Json]] = {}
    for component in sent:
        kind = required(component, "type", "component['type']").lower()
        if kind not in HOMES:
            raise invalid_value(f"{place.name}component type must be one of: {', '.join(HOMES)}")
        home = HOMES[kind]
        if home is not None and home not in defined and component.get("parameters"):
            count = len(objects(component.get("parameters")))
            raise count_mismatch(f"{place.name}{kind}", count, 0)
        given.setdefault(kind, []).append(component)
    return given


def _parameters(components: list[Json]) -> list[Json]:
    return [item for component in components for item in objects(component.get("parameters"))]


def _text_values(source: str, sent: list[Json], where: str, place: Place) -> dict[str, str]:
    names = placeholders(source)
    if len(sent) != len(names):
        raise count_mismatch(where, len(sent), len(names))
    values: dict[str, str] = {}
    for position, parameter in enumerate(sent):
        name = names[position]
        if place.is_named:
            name = text(parameter.get("parameter_name"))
            if not name:
                # Wording of public reports.
                raise invalid_parameter("Parameter name is missing or empty")
            if name not in names:
                raise refused(132012, f"{where}: parameter name '{name}' is not in the template")
        elif parameter.get("parameter_name") is not None:
            raise refused(132012, f"{where}: the template has positional parameters, not named")
        values[name] = text_value(parameter, where, is_passcode=place.is_passcode)
    if len(values) != len(names):
        raise count_mismatch(where, len(values), len(names))
    return values


def text_value(parameter: Json, where: str, *, is_passcode: bool = False) -> str:
    """What a parameter puts in the place of its variable."""
    kind = text(parameter.get("type")).lower()
    if kind == "text":
        value = parameter.get("text")
        if not is_text(value):
            # Wording of public reports.
            raise invalid_parameter(
                "Parameter 'text' is mandatory for component parameter type 'text'"
            )
        if FORBIDDEN_IN_TEXT.search(value):
            raise refused(
                132018,
                f"{where}: a text parameter cannot have new-line or tab characters "
                "or more than 4 consecutive spaces",
            )
        if is_passcode and len(value) > MAX_PASSCODE_CHARS:
            raise refused(132018, f"{where}: a code has at most {MAX_PASSCODE_CHARS} characters")
        return value
    if kind == "currency":
        return _currency(inner(parameter, "currency", "currency"))
    if kind == "date_time":
        moment = inner(parameter, "date_time", "date_time")
        return required(moment, "fallback_value", "date_time['fallback_value']")
    raise format_mismatch(where, "TEXT", kind)


def _currency(amount: Json) -> str:
    code = required(amount, "code", "currency['code']")
    if len(code) != 3 or not code.isalpha():
        raise invalid_value("currency['code'] must be a currency code of three letters")
    if not is_number(amount.get("amount_1000")):
        raise missing_parameter("currency['amount_1000']")
    return required(amount, "fallback_value", "currency['fallback_value']")


def _check_header(defined: Json | None, components: list[Json], place: Place) -> None:
    if defined is None:
        return
    where = f"{place.name}header"
    form = text(defined.get("format")).upper() or "TEXT"
    sent = _parameters(components)
    if form == "TEXT":
        _check_header_text(text(defined.get("text")), sent, where, place)
        return
    kind = text(sent[0].get("type")).lower() if sent else ""
    if kind != ("video" if form == "GIF" and kind == "video" else form.lower()):
        raise format_mismatch(where, form, kind)
    if len(sent) > 1:
        raise count_mismatch(where, len(sent), 1)
    content = inner(sent[0], kind, f"{where}['{kind}']")
    if form in MEDIA_HEADERS:
        check_source(content, f"{where}['{kind}']")
    elif form == "LOCATION":
        check_location(content, f"{where}['location']")
    else:
        for name in ("product_retailer_id", "catalog_id"):
            required(content, name, f"{where}['product']['{name}']")


def _check_header_text(source: str, sent: list[Json], where: str, place: Place) -> None:
    values = _text_values(source, sent, where, place)
    if len(PLACEHOLDER.sub(lambda match: values[match[1]], source)) > MAX_HEADER_CHARS:
        raise refused(132005, f"{where}: the filled-in text exceeds {MAX_HEADER_CHARS} characters")


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
    # Documented as milliseconds. That Meta refuses a moment in the past, or one in seconds (which
    # public clients send), nobody has reported.
    if not between(timing.get("expiration_time_ms"), 0, 10**14):
        raise invalid_value("limited_time_offer['expiration_time_ms'] must be UNIX milliseconds")


def _check_tap_target(sent: list[Json]) -> None:
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/tap-target-url-title-override
    for parameter in _parameters(sent):
        targets = parameter.get("tap_target_configuration")
        if not is_array(targets) or len(objects(targets)) != 1:
            raise invalid_value("tap_target_configuration must be a list of one object")
        for target in objects(targets):
            check_url(target.get("url"), "tap_target_configuration['url']")
            required(target, "title", "tap_target_configuration['title']")


def _check_cards(defined: Json | None, sent: list[Json], place: Place) -> None:
    if defined is None:
        return
    wanted = objects(defined.get("cards"))
    given = [card for component in sent for card in objects(component.get("cards"))]
    if len(given) != len(wanted):
        raise count_mismatch("carousel: cards", len(given), len(wanted))
    for index, (card, definition) in enumerate(zip(given, wanted, strict=True)):
        if str(card.get("card_index", index)) != str(index):
            raise invalid_value(f"carousel: card_index of card {index} must be {index}")
        _fill(
            objects(definition.get("components")),
            objects(card.get("components")),
            Place(f"carousel card {index}: ", is_named=place.is_named, is_card=True),
        )
