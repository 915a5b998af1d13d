"""Meta's array of components, built from the plain fields that a template is filled with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from appmixer.engine.contract import Json, JsonObject, RejectedError

from ..foreign_json.shapes import as_text
from .definitions import MEDIA_FORMATS, Definition
from .parameters import ButtonParameter, EarlierParameters, HeaderLocation, HeaderMedia

# Meta refuses values with line breaks, tabs or more than four spaces in a row (132018 or 100; seen
# in reports of users, on no page of Meta's), and nobody can know beforehand what a person writes.
# A run is looked at as a whole, and so once: what begins anew in each of its blanks takes the time
# of its square.
BLANKS = re.compile(r"\s+")
UNSENDABLE = re.compile(r"[\n\r\t\v\f\x85\u2028\u2029]")
MANY_SPACES = re.compile(" {5,}")


def build_components(
    parameters: EarlierParameters, definition: Definition | None, now: datetime
) -> list[dict[str, Json]]:
    """Return Meta's components for the fields; raise RejectedError where they conflict."""
    built = [
        *_header(parameters, definition),
        *_body(parameters, definition),
        *[_button(each) for each in parameters.button_parameters],
        *_offer(parameters.offer_expires_at, now),
    ]
    return with_flows(built, definition)


def _header(parameters: EarlierParameters, definition: Definition | None) -> list[dict[str, Json]]:
    found: list[Json] = []
    if parameters.header_text not in (None, ""):
        named = definition.header_variables[:1] if definition and definition.is_named else ()
        wanted = definition.header_variables if definition else ()
        shown = next(iter(wanted), "1")
        found.append(_text(parameters.header_text, next(iter(named), None), "headerText", shown))
    if parameters.header_media is not None:
        found.append(_media(parameters.header_media, definition))
    if parameters.header_location is not None:
        found.append({"type": "location", "location": _location(parameters.header_location)})
    if len(found) > 1:
        raise RejectedError(
            "A template has one header",
            "More than one of header text, media and location is filled in.",
            "Keep the one that the template has.",
            "headerText",
        )
    return [{"type": "header", "parameters": found}] if found else []


def _media(media: HeaderMedia, definition: Definition | None) -> JsonObject:
    if bool(media.media_id) == bool(media.link):
        raise RejectedError(
            "The header needs one file",
            "It takes either a media id or a link, and exactly one.",
            "Fill in one of the two.",
            "headerMedia",
        )
    kind = media.kind or MEDIA_FORMATS.get((definition and definition.header_format) or "")
    if kind is None:
        raise RejectedError(
            "The kind of the header's file is not known",
            "The template could not be read, or it has no media header.",
            "Say whether it is an image, a video or a document.",
            "headerMedia",
        )
    file: dict[str, Json] = {"id": media.media_id} if media.media_id else {"link": media.link}
    if kind == "document" and media.file_name:
        file["filename"] = media.file_name
    return {"type": kind, kind: file}


def _location(location: HeaderLocation) -> JsonObject:
    spot = {
        "latitude": degrees(location.latitude, "latitude", 90, "headerLocation"),
        "longitude": degrees(location.longitude, "longitude", 180, "headerLocation"),
    }
    words = {"name": location.name, "address": location.address}
    for name, word in words.items():
        if not word.strip():
            raise _empty(f"The {name} of the place is empty", "headerLocation")
    return {**spot, **words}


def degrees(value: float | str, name: str, limit: int, field: str) -> float:
    """Return a latitude or longitude as a number; raise RejectedError for one beyond the limit."""
    number = float(value)
    if not -limit <= number <= limit:
        raise RejectedError(
            f"There is no such {name}",
            f"It is {number:g}, and has to be between -{limit} and {limit}.",
            "Correct it; latitude and longitude may have changed places.",
            field,
        )
    return number


def _body(parameters: EarlierParameters, definition: Definition | None) -> list[dict[str, Json]]:
    given = parameters.body_parameters
    if not given:
        return []
    if isinstance(given, list):
        wanted = definition.body_variables if definition else ()
        shown = [*wanted, *(str(number) for number in range(len(wanted) + 1, len(given) + 1))]
        texts = [
            _text(each, None, "bodyParameters", name)
            for each, name in zip(given, shown, strict=False)
        ]
    elif all(name.isdigit() for name in given):
        numbered = sorted(given, key=int)
        texts = [_text(given[name], None, "bodyParameters", name) for name in numbered]
    else:
        texts = [_text(each, name, "bodyParameters", name) for name, each in given.items()]
    return [{"type": "body", "parameters": texts}]


def _text(value: str | int | float | None, name: str | None, field: str, shown: str) -> JsonObject:
    text = flattened(str(value))
    if not text:
        raise _empty(f"The value for {{{{{shown}}}}} is empty", field)
    if name is None:
        return {"type": "text", "text": text}
    return {"type": "text", "parameter_name": name, "text": text}


def flattened(text: str) -> str:
    """Return the text with a space in the place of everything that a template cannot hold."""
    return BLANKS.sub(_sendable, text).strip()


def _sendable(run: re.Match[str]) -> str:
    return " " if UNSENDABLE.search(run[0]) else MANY_SPACES.sub(" ", run[0])


def _empty(cause: str, field: str) -> RejectedError:
    return RejectedError(
        "A value of the template is empty",
        f"{cause}, and Meta takes no empty ones.",
        "Fill it in, or give a text for the case that nothing is there, such as a dash.",
        field,
    )


def _button(button: ButtonParameter) -> dict[str, Json]:
    value = str(button.value)
    if button.kind == "flowToken":
        return _flow(button.index, value, button.flow_data)
    if not value.strip():
        raise _empty(f"The value of button {button.index} is empty", "buttonParameters")
    match button.kind:
        case "urlSuffix":
            sub_type, parameter = "url", dict[str, Json](type="text", text=value)
        case "payload":
            sub_type, parameter = "quick_reply", dict[str, Json](type="payload", payload=value)
        case "couponCode":
            sub_type = "copy_code"
            parameter = dict[str, Json](type="coupon_code", coupon_code=value)
    return {
        "type": "button",
        "sub_type": sub_type,
        "index": str(button.index),
        "parameters": [parameter],
    }


def _flow(index: int, token: str = "", data: dict[str, Any] | None = None) -> dict[str, Json]:
    named: dict[str, Json] = {"type": "button", "sub_type": "flow", "index": str(index)}
    action: dict[str, Json] = {"flow_token": token} if token.strip() else {}
    if data is not None:
        action["flow_action_data"] = data
    return {**named, "parameters": [{"type": "action", "action": action}]} if action else named


def with_flows(
    built: Sequence[dict[str, Json]], definition: Definition | None
) -> list[dict[str, Json]]:
    """Add the Flow buttons that nothing was given for: Meta wants them named all the same."""
    # Seen in reports of users, who got 131008 or 131009 without it; on no page of Meta's.
    given = {
        str(each.get("index")) for each in built if as_text(each.get("type")).lower() == "button"
    }
    buttons = enumerate(definition.buttons if definition else ())
    return [
        *built,
        *(_flow(at) for at, each in buttons if each.kind == "FLOW" and str(at) not in given),
    ]


def _offer(expires_at: datetime | None, now: datetime) -> list[dict[str, Json]]:
    if expires_at is None:
        return []
    parameter = offer_parameter(expires_at, now, "offerExpiresAt")
    return [{"type": "limited_time_offer", "parameters": [parameter]}]


def offer_parameter(ends_at: datetime, now: datetime, field: str) -> JsonObject:
    """Return Meta's parameter for the end of an offer; raise RejectedError for one in the past."""
    aware = ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC)
    if aware <= now:
        raise RejectedError(
            "The offer has ended",
            f"Its end, {aware.astimezone(UTC):%Y-%m-%d %H:%M} UTC, is in the past.",
            "Give a time to come, such as 2030-10-01T22:00:00Z or 2030-10-01T22:00:00+02:00; "
            "without a time zone it counts as UTC.",
            field,
        )
    milliseconds = int(aware.timestamp() * 1000)
    return {
        "type": "limited_time_offer",
        "limited_time_offer": {"expiration_time_ms": milliseconds},
    }
