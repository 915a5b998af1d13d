"""Reads values of JSON whose shape the outside decides: what does not fit reads as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

# The longest of Meta's ids, those of messages, have about a hundred.
MAX_ID_CHARS = 300


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def as_object(value: object) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if is_object(value) else {}


def as_list(value: object) -> list[Any]:
    return value if is_list(value) else []


def as_objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list, without whatever else is in it."""
    return [each for each in as_list(value) if is_object(each)]


def as_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def as_id(value: object) -> str:
    """Return an id or a name: a short text, or a number, which Meta writes some ids as.

    What is no id is an empty text: ids become keys of tables, which a longer text or a NUL in it
    would break for everything that is written together.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = as_text(value)
    return text if len(text) <= MAX_ID_CHARS and "\0" not in text else ""


def as_texts(value: object) -> list[str]:
    """Return the texts in a list; Meta writes some ids as numbers, which count as text."""
    whole = [each for each in as_list(value) if isinstance(each, str | int)]
    return [str(each) for each in whole if not isinstance(each, bool)]


def as_int(value: object) -> int | None:
    """Return the number that the value is or spells: Meta sends some numbers as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def word(holder: Mapping[str, Any], name: str) -> str | None:
    """Return the text under a name, or None if there is none or an empty one."""
    return as_text(holder.get(name)) or None


def as_unix_time(value: object) -> int | None:
    """Return seconds since 1970 if they can be a date of ours."""
    seconds = as_int(value)
    return seconds if seconds is not None and 0 <= seconds < 2**33 else None
