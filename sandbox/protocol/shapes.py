"""JSON as it comes off the wire, and the narrow questions the simulator asks of it."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard

# The bodies are Meta's and open-ended: what is inside is asked for where it is needed.
Json: TypeAlias = dict[str, Any]


def is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a string with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: object) -> bool:
    """Meta takes coordinates and indexes as numbers or as strings of numbers."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def objects(value: object) -> list[Json]:
    """The objects of a list; anything that is not one is left out."""
    return [item for item in value if is_object(item)] if is_array(value) else []


def text(value: object) -> str:
    """The string, or an empty one where something else was sent."""
    return value if isinstance(value, str) else ""
