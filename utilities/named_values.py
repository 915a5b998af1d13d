"""Values with the names under which later steps find them, and what a port looks like that has
them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from appmixer.engine.contract import Fields, Json, JsonObject, RejectedError

NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
MAX_VALUES, MAX_NAME_CHARS = 100, 100


class NamedValue(Fields):
    """One row of a list of values."""

    name: str = Field(
        pattern=NAME,
        max_length=MAX_NAME_CHARS,
        title="Name",
        description="A letter, then letters, digits and underscores.",
        examples=["greeting"],
        json_schema_extra={"x-hint": "a letter, then letters, digits and underscores"},
    )
    value: Any = Field(
        default=None,
        title="Value",
        description="A text, a number, a list, an object, or an expression that gives one.",
        examples=["Hello {{ incoming.message.profileName }}"],
    )


def values_of(named: Sequence[NamedValue]) -> dict[str, Any]:
    return {each.name: each.value for each in named}


def names_in(rows: Json, *, field: str, taken: Sequence[str] = ()) -> list[str]:
    """Return the names of rows that may not be whole yet; raise RejectedError for one twice."""
    found: list[str] = []
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ():
        name = row.get("name") if isinstance(row, Mapping) else None
        if not isinstance(name, str) or not name:
            continue
        if name in found or name in taken:
            why = "Two values have it." if name in found else "It is the name of what is there."
            raise RejectedError(
                f"The name {name[:MAX_NAME_CHARS]!r} is taken", why, "Give each its own.", field
            )
        found.append(name)
    return found


def port_with(properties: Mapping[str, JsonObject]) -> JsonObject:
    """Return the schema of a port that has these fields and no other."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*properties],
        "additionalProperties": False,
    }
