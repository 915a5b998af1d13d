"""JSON values, and names as sentences show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

MAX_NAME_CHARS_SHOWN = 100


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a JSON value is a list."""
    return isinstance(value, list)


def cut(name: str) -> str:
    """Return a name as a sentence or a path has it: not the whole of one that has no end."""
    return name if len(name) <= MAX_NAME_CHARS_SHOWN else f"{name[:MAX_NAME_CHARS_SHOWN]}…"
