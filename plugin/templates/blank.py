"""The form of a template, made from its definition: what there is to fill in, and where it goes.

The names of its fields are lasting, so that values outlive an edit or another template:
`body_1`, `body_first_name`, `header_image`, `button_2_url`, `offer_ends_at`, `card_1_body_1`.
Buttons and cards are counted from 1, as people see them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from appmixer.engine.contract import Json, RejectedError

from ..foreign_json.shapes import as_object, as_objects, as_text, is_list, is_object
from .buttons import button_parts, passcode_parts
from .slots import (
    MAX_BODY_CHARS,
    MAX_CARD_BODY_CHARS,
    MAX_OFFER_BODY_CHARS,
    PARAMETERS,
    Part,
    Slot,
    Spot,
    Values,
    header_parts,
    offer_parts,
    text_parts,
)
from .template import part_of

STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)
# What pydantic puts between the names of a path: which choice a value was taken for.
CHOICES = ("text", "amount", "date")
UNIONS = ("float", "constrained-str")
# A definition is read anew every ten minutes, and sent with a thousand times in between.
MAX_BLANKS = 64


@dataclass(frozen=True)
class Blank:
    """A template's form: its parts, and those of each of its cards."""

    title: str
    parts: Sequence[Part]
    cards: Sequence[Sequence[Part]]

    @cached_property
    def slots(self) -> Sequence[Slot]:
        parts = [*self.parts, *(part for card in self.cards for part in card)]
        return [slot for part in parts for slot in part.slots]

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its values, with nothing in it that lies elsewhere."""
        schema = self._model.model_json_schema(by_alias=True)
        inlined: dict[str, Any] = _inlined(schema, schema.get("$defs", {}))
        for slot in self.slots:
            # What is left out has no value, and a form would show null as one.
            inlined["properties"][slot.key].pop("default", None)
        return {key: value for key, value in inlined.items() if key != "title"}

    @property
    def example(self) -> dict[str, Json]:
        return {slot.key: slot.example for slot in self.slots if slot.example is not None}

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the typed values; raise RejectedError that names the first field that misfits."""
        left_out = [slot.key for slot in self.slots if not slot.is_required]
        filled_in = {
            key: value
            for key, value in given.items()
            if key not in left_out or value not in (None, "")
        }
        try:
            typed = self._model.model_validate(filled_in)
        except ValidationError as error:
            raise self._misfit(error) from None
        return {key: getattr(typed, key) for key in filled_in}

    def build(self, values: Values, now: datetime) -> list[dict[str, Json]]:
        """Return Meta's components for typed values, with media as Meta takes them."""
        built = [*_built(self.parts, values, now)]
        if not self.cards:
            return built
        cards: list[Json] = [
            {"card_index": index, "components": [*_built(parts, values, now)]}
            for index, parts in enumerate(self.cards)
        ]
        return [*built, {"type": "carousel", "cards": cards}]

    @cached_property
    def _model(self) -> type[BaseModel]:
        fields: dict[str, Any] = {slot.key: _field(slot) for slot in self.slots}
        return create_model("Values", __config__=STRICT, **fields)

    def _misfit(self, error: ValidationError) -> RejectedError:
        first = error.errors(include_url=False, include_input=False)[0]
        path = [
            str(each)
            for place, each in enumerate(first["loc"])
            if each not in UNIONS and not (place == 1 and each in CHOICES)
        ]
        named = next((slot for slot in self.slots if slot.key == path[0]), None)
        match first["type"]:
            case "missing" if named is not None and len(path) == 1:
                cause = f"It also needs {path[0]} ({named.title})."
            case "missing":
                cause = f"{'.'.join(path)} is missing."
            case "extra_forbidden" if len(path) == 1:
                fields = ", ".join(slot.key for slot in self.slots) or "none"
                cause = f"It has no place for {path[0]}; what it has is: {fields}."
            case "extra_forbidden":
                cause = f"There is no field {path[-1]} in {'.'.join(path[:-1])}."
            case "value_error":
                cause = str(as_object(first.get("ctx")).get("error"))
            case _:
                cause = f"{first['msg']}."
        return RejectedError(
            f"The template {self.title} is not filled in as it must be",
            cause,
            "Look through its fields: they are made from the template as it is now.",
            f"{PARAMETERS}.{'.'.join(path)}",
            132000 if first["type"] in ("missing", "extra_forbidden") else 132012,
        )


def blank_of(node: Mapping[str, Any]) -> Blank:
    """Return the form of a template that Meta describes."""
    kept = {name: node.get(name) for name in DECIDING}
    return _blank(json.dumps(kept, sort_keys=True))


# What of a template decides on what it can be filled in with, and what it costs.
DECIDING = ("name", "language", "category", "parameter_format", "components")


def made_from(node: Mapping[str, Any]) -> Json:
    """Return what a form depends on; examples of files are addresses that are others every day."""
    return {name: _without_examples(node.get(name)) for name in DECIDING}


@lru_cache(MAX_BLANKS)
def _blank(text: str) -> Blank:
    node = json.loads(text)
    title = f"{as_text(node['name'])} ({as_text(node['language'])})"
    components = node["components"]
    is_named = as_text(node["parameter_format"]).upper() == "NAMED"
    buttons = part_of(components, "BUTTONS")
    if as_text(node["category"]).upper() == "AUTHENTICATION":
        return Blank(title, [*passcode_parts(buttons)], [])
    offer = part_of(components, "LIMITED_TIME_OFFER")
    most = MAX_OFFER_BODY_CHARS if offer else MAX_BODY_CHARS
    spot = Spot(is_named=is_named)
    cards = as_objects(part_of(components, "CAROUSEL").get("cards"))
    parts = [
        *header_parts(part_of(components, "HEADER"), spot),
        *text_parts("body", part_of(components, "BODY"), most, spot),
        *offer_parts(offer, spot),
        *button_parts(buttons, spot),
    ]
    return Blank(title, parts, [[*_card(card, n, spot)] for n, card in enumerate(cards, 1)])


def _card(card: Mapping[str, Any], number: int, spot: Spot) -> Iterator[Part]:
    parts, here = card.get("components"), Spot(f"card_{number}_", f"Card {number}", spot.is_named)
    yield from header_parts(part_of(parts, "HEADER"), here)
    yield from text_parts("body", part_of(parts, "BODY"), MAX_CARD_BODY_CHARS, here)
    yield from button_parts(part_of(parts, "BUTTONS"), here)


def _built(parts: Sequence[Part], values: Values, now: datetime) -> Iterator[dict[str, Json]]:
    for part in parts:
        component = part.build(values, now)
        if component is not None:
            yield component


def _field(slot: Slot) -> tuple[Any, Any]:
    widget = {"x-widget": slot.widget} if slot.widget else {}
    told: dict[str, Any] = {
        "title": slot.title,
        "description": slot.description,
        "examples": None if slot.example is None else [slot.example],
        "json_schema_extra": {"x-group": slot.group, **widget},
    }
    return slot.type, Field(**told) if slot.is_required else Field(default=None, **told)


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if is_list(schema):
        return [_inlined(each, definitions) for each in schema]
    if not is_object(schema):
        return schema
    rest = {k: _inlined(v, definitions) for k, v in schema.items() if k not in ("$ref", "$defs")}
    if "$ref" not in schema:
        return rest
    found = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return {**_inlined(found, definitions), **rest}


def _without_examples(value: Any) -> Any:
    if is_list(value):
        return [_without_examples(each) for each in value]
    if is_object(value):
        return {k: _without_examples(each) for k, each in value.items() if k != "example"}
    return value
