"""What there is to fill in of a template, part by part: headers, texts and the end of an offer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP
from typing import Any, Literal, TypeAlias

from appmixer.engine.contract import Json, JsonObject, RejectedError

from ..foreign_json.shapes import as_list, as_object, as_objects, as_text, as_texts
from ..media.references import Media
from .components import degrees, flattened, offer_parameter
from .definitions import MEDIA_FORMATS
from .template import VARIABLE, variables
from .values import MAX_ID_CHARS, Amount, Day, Place, line_of, text_of, variable_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_HEADER_CHARS = 60
MAX_BODY_CHARS = 1024
MAX_OFFER_BODY_CHARS = 600
MAX_CARD_BODY_CHARS = 160
MAX_FILE_NAME_CHARS = 240
MAX_SENTENCE_CHARS = 200
SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")

PARAMETERS = "parameters"
Values: TypeAlias = Mapping[str, Any]
MediaKind: TypeAlias = Literal["image", "video", "document"]


@dataclass(frozen=True)
class Slot:
    """A field of a template's form; `media` is the kind of what is to be uploaded for it."""

    key: str
    type: Any
    title: str
    description: str
    group: str
    example: Json = None
    is_required: bool = True
    media: MediaKind | None = None
    widget: str = ""


@dataclass(frozen=True)
class Part:
    """One of Meta's components in a send, and the slots that fill it.

    `build` gets the values that are there, media as Meta takes them, and the time; it returns the
    component, or None where nothing was given that could be left out.
    """

    slots: Sequence[Slot]
    build: Callable[[Values, datetime], dict[str, Json] | None]


@dataclass(frozen=True)
class Spot:
    """Where in a template we are: what begins the names of its slots, and how it is written."""

    prefix: str = ""
    group: str = ""
    is_named: bool = False

    def key(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def heading(self, name: str) -> str:
        return self.group or name


def header_parts(header: Mapping[str, Any], spot: Spot) -> Iterator[Part]:
    kind = as_text(header.get("format")).upper()
    if kind in MEDIA_FORMATS:
        yield _media_part(MEDIA_FORMATS[kind], spot)
    elif kind == "LOCATION":
        yield _location_part(spot)
    elif kind == "PRODUCT":
        yield _product_part(spot)
    else:
        yield from text_parts("header", header, MAX_HEADER_CHARS, spot)


def text_parts(
    part: Literal["header", "body"], defined: Mapping[str, Any], most: int, spot: Spot
) -> Iterator[Part]:
    """Yield what fills the variables of a text, which may have so many code points in the end."""
    text = as_text(defined.get("text"))
    names = variables(text)
    if not names:
        return
    examples = _examples(part, defined, names)
    slots = [
        Slot(
            spot.key(f"{part}_{name}"),
            line_of(room) if part == "header" else variable_of(room),
            f"{{{{{name}}}}}" + (f", for example {examples[name]}" if name in examples else ""),
            f"In the {part}: {_sentence_with(text, name)}",
            spot.heading(part.title()),
            examples.get(name),
        )
        for name, room in _rooms(text, names, most).items()
    ]
    keys = {name: slot.key for name, slot in zip(names, slots, strict=True)}

    def build(values: Values, now: datetime) -> dict[str, Json]:
        shown = {name: _shown(values[key]) for name, key in keys.items()}
        length = len(VARIABLE.sub(lambda found: shown[found[1]], text))
        if length > most:
            longest = max(shown, key=lambda name: len(shown[name]))
            raise RejectedError(
                f"The {part} is too long with these values",
                f"It has {length:,} characters then, and Meta takes {most:,}.",
                f"Shorten the value for {{{{{longest}}}}}.",
                f"{PARAMETERS}.{keys[longest]}",
                132005,
            )
        parameters = [_parameter(values[key], name, spot) for name, key in keys.items()]
        return {"type": part, "parameters": parameters}

    yield Part(slots, build)


def offer_parts(offer: Mapping[str, Any], spot: Spot) -> Iterator[Part]:
    if as_object(offer.get("limited_time_offer")).get("has_expiration") is not True:
        return
    slot = Slot(
        spot.key("offer_ends_at"),
        datetime,
        "End of the Offer",
        "When the offer is over, for the countdown; without a time zone, in UTC.",
        "Offer",
        "2030-10-01T22:00:00Z",
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        ends_at: datetime = values[slot.key]
        return {
            "type": "limited_time_offer",
            "parameters": [offer_parameter(ends_at, now, f"{PARAMETERS}.{slot.key}")],
        }

    yield Part([slot], build)


def _media_part(kind: str, spot: Spot) -> Part:
    # A GIF is an MP4: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
    uploaded: MediaKind = {"image": "image", "document": "document"}.get(kind, "video")  # type: ignore[assignment]  # of two literals
    what = {"image": "picture", "gif": "GIF, as an MP4 file"}.get(kind, kind)
    heading = spot.heading("Header")
    file = Slot(
        spot.key(f"header_{kind}"),
        Media,
        f"Header {kind.upper() if kind == 'gif' else kind.title()}",
        f"The {what} at the top: a media ID, a link or a file, one of the three.",
        heading,
        {"mediaId": "1003383421387256"},
        media=uploaded,
    )
    name = Slot(
        spot.key("header_file_name"),
        text_of(MAX_FILE_NAME_CHARS),
        "File Name",
        "The name that the document is shown by.",
        heading,
        "invoice.pdf",
        is_required=False,
    )
    has_name = kind == "document"

    def build(values: Values, now: datetime) -> dict[str, Json]:
        named = {"filename": values[name.key]} if has_name and name.key in values else {}
        return _header({"type": kind, kind: {**values[file.key], **named}})

    return Part([file, name] if has_name else [file], build)


def _location_part(spot: Spot) -> Part:
    key = spot.key("header_location")
    example: Json = {
        "latitude": 37.4421,
        "longitude": -122.1615,
        "name": "Philz Coffee",
        "address": "101 Forest Ave",
    }
    slot = Slot(key, Place, "Place", "The map at the top.", spot.heading("Header"), example)

    def build(values: Values, now: datetime) -> dict[str, Json]:
        place: Place = values[key]
        for name, limit in (("latitude", 90), ("longitude", 180)):
            degrees(getattr(place, name), name, limit, f"{PARAMETERS}.{key}.{name}")
        return _header({"type": "location", "location": place.model_dump(mode="json")})

    return Part([slot], build)


def _product_part(spot: Spot) -> Part:
    heading, kind = spot.heading("Header"), text_of(MAX_ID_CHARS)
    product = Slot(
        spot.key("header_product"),
        kind,
        "Product",
        "The id that the product has in the catalog.",
        heading,
        "di9ozbzfi4",
    )
    catalog = Slot(
        spot.key("header_catalog"),
        kind,
        "Catalog",
        "Meta's id of the catalog.",
        heading,
        "194836987003835",
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        ids = {"product_retailer_id": values[product.key], "catalog_id": values[catalog.key]}
        return _header({"type": "product", "product": ids})

    return Part([product, catalog], build)


def _header(parameter: JsonObject) -> dict[str, Json]:
    return {"type": "header", "parameters": [parameter]}


def _parameter(value: str | Amount | Day, name: str, spot: Spot) -> JsonObject:
    named = {"parameter_name": name} if spot.is_named else {}
    shown = _shown(value)
    if isinstance(value, Amount):
        thousandths = int((value.amount * 1000).to_integral_value(ROUND_HALF_UP))
        money: JsonObject = {
            "fallback_value": shown,
            "code": value.currency,
            "amount_1000": thousandths,
        }
        return {"type": "currency", **named, "currency": money}
    if isinstance(value, Day):
        return {"type": "date_time", **named, "date_time": {"fallback_value": shown}}
    return {"type": "text", **named, "text": shown}


def _shown(value: str | Amount | Day) -> str:
    if isinstance(value, str):
        return value
    return flattened(value.text if isinstance(value, Amount) else value.date)


def _rooms(text: str, names: Sequence[str], most: int) -> dict[str, int]:
    """Return how long each value can be at most: what the text and one of each other leave."""
    places = VARIABLE.findall(text)
    left = most - len(VARIABLE.sub("", text)) - len(places)
    return {name: max(1, 1 + left // places.count(name)) for name in names}


def _examples(
    part: Literal["header", "body"], defined: Mapping[str, Any], names: Sequence[str]
) -> dict[str, str]:
    """Return the values by which the template was explained to Meta, by their variables."""
    given = as_object(defined.get("example"))
    named = as_objects(given.get(f"{part}_text_named_params"))
    if named:
        return {as_text(each.get("param_name")): as_text(each.get("example")) for each in named}
    listed = as_list(given.get(f"{part}_text"))
    values = as_texts(as_list(listed[0]) or listed if listed else [])
    pairs = zip(names, values, strict=False)
    return {name: value for name, value in pairs if value}


def _sentence_with(text: str, name: str) -> str:
    """Return the sentence of the text that has the variable in it."""
    sentences = [each for each in SENTENCE.split(text) if name in VARIABLE.findall(each)]
    found = sentences[0].strip() if sentences else text
    return found if len(found) <= MAX_SENTENCE_CHARS else f"{found[:MAX_SENTENCE_CHARS]}…"
