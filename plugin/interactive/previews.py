"""What of a form a person will see, where that is not one field of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appmixer.engine.contract import Json, Part

from ..foreign_json.shapes import as_objects, as_text
from ..sending.previews import parts

HEADER = (
    ("headerText", "title"),
    ("image", "image"),
    ("video", "video"),
    ("document", "document"),
)
CARDS = {"link": "linkCards", "replies": "replyCards"}


def seen(input: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the form with what a person sees of header, button and sections as fields of its own.

    What belongs to another header than the chosen one is not there, and the file of a header has
    the name of its kind.
    """
    shown: dict[str, Json] = {**input, "rows": list(_rows(input))}
    if "headerType" in input or "headerMedia" in input:
        kind, media = as_text(input.get("headerType")), shown.pop("headerMedia", None)
        if kind != "text":
            shown.pop("headerText", None)
        if kind in ("image", "video", "document"):
            shown[kind] = media
    if "url" in input:
        shown["buttonText"] = _link_button(input)
    return shown


def cards(input: Mapping[str, Json]) -> Iterator[Part]:
    """Yield the cards of a carousel, each with what is on it."""
    chosen = CARDS.get(as_text(input.get("cardType")) or "link", "")
    media_type = as_text(input.get("mediaType")) or "image"
    for card in as_objects(input.get(chosen)):
        inside = [
            *parts(media_type, card.get("media")),
            *parts("text", card.get("text")),
            *parts("button", card.get("buttons") or _link_button(card)),
        ]
        yield Part("card", parts=inside)


def _rows(input: Mapping[str, Json]) -> Iterator[Json]:
    for section in as_objects(input.get("sections")):
        yield from as_objects(section.get("rows"))
        product_ids = section.get("productIds")
        yield from product_ids if isinstance(product_ids, list) else []


def _link_button(input: Mapping[str, Any]) -> Json:
    return {"title": as_text(input.get("buttonText")), "link": as_text(input.get("url"))}
