"""Single things of a world: added, changed and taken away as a document would say them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from ..protocol.shapes import is_object
from ..world.entities import Token
from ..world.world import World
from .document import put_item
from .models import Part, named
from .plan import (
    REFERENCES,
    DocumentError,
    Entity,
    Item,
    Plan,
    check,
    check_reference,
    check_scopes,
    complaints_of,
    stop_at_complaints,
)

# Fields without which a thing would hang in the air; the others are lists, which get shorter.
BELONGING: Mapping[str, str] = MappingProxyType(
    {
        "business_id": "businesses",
        "waba_id": "wabas",
        "number_id": "numbers",
        "app_id": "apps",
        "user_id": "users",
    }
)


def change(world: World, part: Part, key: str, row: object) -> Entity:
    """Change what is named of one thing, all of it or nothing. Raises DocumentError."""
    thing: Entity = getattr(world, part.name)[key]
    plan = Plan(world, world.clock.now())
    try:
        values = named(part.change.model_validate(row))
    except ValidationError as wrong:
        raise DocumentError(complaints_of(wrong, "", part.change)) from None
    for name, value in values.items():
        if value is None and name not in part.nullable:
            plan.complain(to_camel(name), "This cannot be null.", "Give a value, or leave it out.")
    stop_at_complaints(plan)
    # Checked as what it is going to be, of which only the references can be wrong now.
    plan.items.append(Item(part, part.name, {part.key: key, **values}))
    for reference in REFERENCES:
        check_reference(plan, reference)
    check_scopes(plan)
    stop_at_complaints(plan)
    if "user_id" in values:
        values["user"] = world.users[values.pop("user_id")]
    for name, value in values.items():
        setattr(thing, name, value)
    return thing


def add(world: World, part: Part, row: object) -> Entity:
    """Add one thing. Raises DocumentError."""
    plan = check({part.name: [row]}, world, now=world.clock.now())
    return put_item(world, plan.items[0])


def dependents(world: World, part: Part, key: str) -> list[str]:
    """What cannot be without a thing, as `wabas 123`."""
    fields = [name for name, owner in BELONGING.items() if owner == part.name]
    kinds: dict[str, object] = vars(world)
    return [
        f"{kind} {other}"
        for kind, things in kinds.items()
        if is_object(things)
        for other, thing in things.items()
        if any(_owner(thing, name) == key for name in fields)
    ]


def _owner(thing: Entity, field: str) -> object:
    if field == "user_id" and isinstance(thing, Token):
        return None if thing.user is None else thing.user.id
    return getattr(thing, field, None)


def remove(world: World, part: Part, key: str) -> None:
    """Take a thing away, also from the lists that name it."""
    del getattr(world, part.name)[key]
    for reference in REFERENCES:
        if reference.to == part.name and reference.field not in BELONGING:
            for thing in getattr(world, reference.of).values():
                _forget(thing, reference.field, key)


def _forget(thing: Entity, field: str, key: str) -> None:
    named: Any = getattr(thing, field)
    if isinstance(named, dict):
        named.pop(key, None)  # pyright: ignore[reportUnknownMemberType] - by app
    else:
        kept: Any = type(named)(each for each in named if each != key)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a list, tuple or set
        setattr(thing, field, kept)
