"""What a person sees of a template, with what it is filled with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appmixer.engine.contract import Json, Part

from ..foreign_json.shapes import as_int, as_list, as_object, as_objects, as_text
from .definitions import MEDIA_FORMATS
from .template import VARIABLE, part_of

Values = Mapping[str, str]


def bubble_of(node: Mapping[str, Any], input: Mapping[str, Json]) -> list[Part]:
    """Return the template that Meta describes, as the form fills it in.

    Variables without a value stay as they are written in the template.
    """
    parts = node.get("components")
    body = part_of(parts, "BODY")
    return [
        *_header(part_of(parts, "HEADER"), input),
        *_text("text", body, _named(input.get("bodyParameters"))),
        *_text("footer", part_of(parts, "FOOTER"), {}),
        *_buttons(part_of(parts, "BUTTONS"), input),
        *(_card(each) for each in as_objects(part_of(parts, "CAROUSEL").get("cards"))),
    ]


def _header(header: Mapping[str, Any], input: Mapping[str, Json]) -> Iterator[Part]:
    kind = as_text(header.get("format")).upper()
    if kind in MEDIA_FORMATS:
        media = as_object(input.get("headerMedia"))
        yield Part(MEDIA_FORMATS[kind], as_text(media.get("fileName")), as_text(media.get("link")))
    elif kind == "LOCATION":
        place = as_object(input.get("headerLocation"))
        words = filter(None, (as_text(place.get("name")), as_text(place.get("address"))))
        yield Part("location", ", ".join(words))
    elif given := _written(input.get("headerText")):
        yield Part("title", VARIABLE.sub(lambda _: given, as_text(header.get("text"))))
    else:
        yield from _text("title", header, {})


def _text(kind: str, part: Mapping[str, Any], values: Values) -> Iterator[Part]:
    if text := as_text(part.get("text")):
        yield Part(kind, VARIABLE.sub(lambda found: values.get(found[1], found[0]), text))


def _buttons(part: Mapping[str, Any], input: Mapping[str, Json]) -> Iterator[Part]:
    given = {
        as_int(each.get("index")): _written(each.get("value"))
        for each in as_objects(input.get("buttonParameters"))
        if each.get("kind") == "urlSuffix"
    }
    for index, button in enumerate(as_objects(part.get("buttons"))):
        url, suffix = as_text(button.get("url")), given.get(index)
        if suffix and (place := VARIABLE.search(url)):
            url = url[: place.start()] + suffix + url[place.end() :]
        yield Part("button", as_text(button.get("text")), url)


def _card(card: Mapping[str, Any]) -> Part:
    return Part("card", parts=bubble_of(card, {}))


def _named(given: Json) -> Values:
    """Return the values by the names of their variables."""
    if isinstance(given, Mapping):
        return {name: _written(value) for name, value in given.items() if _written(value)}
    values = enumerate(as_list(given), start=1)
    return {str(place): _written(value) for place, value in values if _written(value)}


def _written(value: object) -> str:
    return "" if value is None or isinstance(value, list | Mapping) else str(value)
