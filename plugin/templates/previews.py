"""What a person sees of a template, with what it is filled in with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appmixer.engine.contract import Json, Part

from ..foreign_json.shapes import as_int, as_list, as_object, as_objects, as_text
from .definitions import MEDIA_FORMATS, read_definition
from .template import VARIABLE, part_of

Values = Mapping[str, Json]


def bubble_of(node: Mapping[str, Any], input: Mapping[str, Json]) -> list[Part]:
    """Return the template that Meta describes, as the form fills it in.

    Variables without a value stay as they are written in the template.
    """
    values: dict[str, Json] = {**_earlier(node, input), **as_object(input.get("parameters"))}
    if as_text(node.get("category")).upper() == "AUTHENTICATION":
        values["body_1"] = values.get("code", values.get("body_1"))
    return _bubble(node.get("components"), values, "")


def _bubble(parts: object, values: Values, prefix: str) -> list[Part]:
    cards = enumerate(as_objects(part_of(parts, "CAROUSEL").get("cards")), 1)
    return [
        *_header(part_of(parts, "HEADER"), values, prefix),
        *_text("text", part_of(parts, "BODY"), values, f"{prefix}body_"),
        *_text("footer", part_of(parts, "FOOTER"), values, ""),
        *_buttons(part_of(parts, "BUTTONS"), values, prefix),
        *(
            Part("card", parts=_bubble(card.get("components"), values, f"card_{number}_"))
            for number, card in cards
        ),
    ]


def _header(header: Mapping[str, Any], values: Values, prefix: str) -> Iterator[Part]:
    kind = as_text(header.get("format")).upper()
    if kind in MEDIA_FORMATS:
        media = as_object(values.get(f"{prefix}header_{MEDIA_FORMATS[kind]}"))
        name = as_text(values.get(f"{prefix}header_file_name"))
        yield Part(MEDIA_FORMATS[kind], name, as_text(media.get("link")))
    elif kind == "LOCATION":
        place = as_object(values.get(f"{prefix}header_location"))
        words = filter(None, (as_text(place.get("name")), as_text(place.get("address"))))
        yield Part("location", ", ".join(words))
    elif kind == "PRODUCT":
        yield Part("text", as_text(values.get(f"{prefix}header_product")))
    else:
        yield from _text("title", header, values, f"{prefix}header_")


def _text(kind: str, part: Mapping[str, Any], values: Values, prefix: str) -> Iterator[Part]:
    if text := as_text(part.get("text")):
        yield Part(
            kind, VARIABLE.sub(lambda at: _written(values.get(prefix + at[1])) or at[0], text)
        )


def _buttons(part: Mapping[str, Any], values: Values, prefix: str) -> Iterator[Part]:
    for number, button in enumerate(as_objects(part.get("buttons")), 1):
        url = as_text(button.get("url"))
        suffix = _written(values.get(f"{prefix}button_{number}_url"))
        if suffix and (place := VARIABLE.search(url)):
            url = url[: place.start()] + suffix + url[place.end() :]
        yield Part("button", as_text(button.get("text")), url)


def _earlier(node: Mapping[str, Any], input: Mapping[str, Json]) -> dict[str, Json]:
    """Return what the fields from before there was a form give, by the names that it has now."""
    definition = read_definition(node)
    body, media = input.get("bodyParameters"), as_object(input.get("headerMedia"))
    named = body if isinstance(body, Mapping) else None
    listed = zip(definition.body_variables, as_list(body), strict=False)
    header = MEDIA_FORMATS.get(definition.header_format or "", "")
    return {
        **{f"body_{name}": value for name, value in (named.items() if named else listed)},
        **{f"header_{name}": input.get("headerText") for name in definition.header_variables},
        f"header_{header}": media,
        "header_file_name": media.get("fileName"),
        "header_location": input.get("headerLocation"),
        **{
            f"button_{(as_int(each.get('index')) or 0) + 1}_url": each.get("value")
            for each in as_objects(input.get("buttonParameters"))
            if each.get("kind") == "urlSuffix"
        },
    }


def _written(value: object) -> str:
    # An amount of money has a text as well, and a date is one.
    told = as_object(value)
    text = as_text(told.get("text")) or as_text(told.get("date"))
    return text if text or value is None or isinstance(value, list | Mapping) else str(value)
