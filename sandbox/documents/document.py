"""A world as one document: accounts, numbers, apps and people, read whole or not at all."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any, Literal, TypeAlias

from ..protocol.shapes import Json, is_array, is_object
from ..world.entities import App, Person, Template, Token, Waba
from ..world.world import World
from .models import PARTS, Part, shown
from .plan import VERSION, Entity, Item, Plan, check

Mode: TypeAlias = Literal["replace", "add"]


def seeder(document: object) -> Callable[[World], None]:
    """What fills an empty world with the document's. Raises DocumentError at once."""
    # What was left out is made up once, so that a reset brings back the same ids.
    return partial(_put, plan=check(deepcopy(document), None, now=time.time()))


def load(world: World, *, document: object, mode: Mode) -> dict[str, int]:
    """Make the world the document's, or add to it; says how many things of each kind came.

    Raises DocumentError; nothing is changed then.
    """
    plan = check(deepcopy(document), world if mode == "add" else None, now=world.clock.now())
    if mode == "add":
        _put(world, plan)
    else:
        world.refill(partial(_put, plan=plan))
    return {part.name: len(list(plan.of(part.name))) for part in PARTS}


def export(world: World) -> Json:
    """The present world as a document that `load` takes."""
    return {
        "version": VERSION,
        **{
            part.name: [
                shown_thing(world, part, thing) for thing in getattr(world, part.name).values()
            ]
            for part in PARTS
        },
    }


def shown_thing(world: World, part: Part, thing: Entity) -> Json:
    values = {item.name: getattr(thing, item.name) for item in dataclasses.fields(thing)}
    if isinstance(thing, Token):
        values["user_id"] = None if thing.user is None else thing.user.id
    if isinstance(thing, Person):
        values["allowed"] = all(
            thing.wa_id in app.allowed_recipients for app in world.apps.values()
        )
    return shown(part, values)


def schema() -> Json:
    """The JSON Schema of a document."""
    lists = {
        part.name: {"type": "array", "items": inlined(part.model.model_json_schema())}
        for part in PARTS
    }
    return {
        "type": "object",
        "properties": {"version": {"const": VERSION}, **lists},
        "additionalProperties": False,
    }


def inlined(schema: Json) -> Json:
    """A schema with its definitions where they are used, so that it can stand inside another."""
    definitions: Json = schema.pop("$defs", {})

    def replaced(value: Any) -> Any:
        if is_array(value):
            return [replaced(item) for item in value]
        if not is_object(value):
            return value
        if "$ref" in value:
            return replaced(definitions[value["$ref"].rpartition("/")[2]])
        return {name: replaced(item) for name, item in value.items()}

    result: Json = replaced(schema)
    return result


def _put(world: World, plan: Plan) -> None:
    for part in PARTS:
        for item in plan.of(part.name):
            put_item(world, item)


def put_item(world: World, item: Item) -> Entity:
    """Add one thing that was checked; what lists it elsewhere learns of it."""
    values = deepcopy(item.values)
    is_allowed = values.pop("allowed", False)
    if item.part.entity is Token:
        values["user"] = world.users[values.pop("user_id")]
    thing: Entity = item.part.entity(**values)
    if isinstance(thing, Person):
        world.add_person(thing)
        if is_allowed:
            allow(world, thing, allowed=True)
        return thing
    if isinstance(thing, App) and "allowed_recipients" not in values:
        thing.allowed_recipients.update(world.people)
    if isinstance(thing, Template):
        _make_room(world, thing)
    getattr(world, item.part.name)[item.key] = thing
    if isinstance(thing, Waba):
        business = world.businesses[thing.business_id]
        if thing.id not in (*business.owned_waba_ids, *business.client_waba_ids):
            business.owned_waba_ids.append(thing.id)
    return thing


def _make_room(world: World, template: Template) -> None:
    """An account has a template once in each language: the one that comes takes the place."""
    place = (template.waba_id, template.name, template.language)
    for key, there in list(world.templates.items()):
        if (there.waba_id, there.name, there.language) == place:
            del world.templates[key]


def allow(world: World, person: Person, *, allowed: bool) -> None:
    for app in world.apps.values():
        if allowed:
            app.allowed_recipients.add(person.wa_id)
        else:
            app.allowed_recipients.discard(person.wa_id)
