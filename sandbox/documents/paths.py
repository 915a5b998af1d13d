"""Changing one place of a body: `entry[0].changes[0].value.messages[0].text.body`."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

from ..protocol.shapes import Json, is_array, is_object

STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,4})\]")
VALUE = "entry[0].changes[0].value"
MAX_NEAR = 3

Step = str | int


class PathError(Exception):
    """A path that leads nowhere; the text says where it ends and what is near."""


def change(body: Json, path: str, value: object) -> None:
    """Replace what is there. A text becomes a number or whatever else it replaces."""
    parent, last = _parent(body, path)
    try:
        former = parent[last]
    except (KeyError, IndexError):
        raise _nothing_at(body, path) from None
    parent[last] = _like(former, value)


def add(body: Json, path: str, value: object) -> None:
    """Put something where nothing is: a new name of an object, or the next of a list."""
    parent, last = _parent(body, path)
    if is_array(parent):
        if last != len(parent):
            raise PathError(f"{path}: the next free place of this list is [{len(parent)}].")
        parent.append(value)
    elif last in parent:
        raise PathError(f"{path} is there already; set it instead.")
    else:
        parent[last] = value


def remove(body: Json, path: str) -> None:
    parent, last = _parent(body, path)
    try:
        del parent[last]
    except (KeyError, IndexError):
        raise _nothing_at(body, path) from None


def paths(value: object, before: str = "") -> Iterator[str]:
    """Every path of a body, parts of it before what is inside them."""
    if is_object(value):
        for name, part in value.items():
            here = f"{before}.{name}" if before else name
            yield here
            yield from paths(part, here)
    elif is_array(value):
        for position, part in enumerate(value):
            here = f"{before}[{position}]"
            yield here
            yield from paths(part, here)


def _parent(body: Json, path: str) -> tuple[Any, Step]:
    """The object or list that holds the place, and its name or number there.

    Raises PathError where the way there ends.
    """
    *way, last = _steps(path)
    holder: object = body
    for step in way:
        if is_object(holder) and step in holder:
            holder = holder[str(step)]
        elif is_array(holder) and isinstance(step, int) and step < len(holder):
            holder = holder[step]
        else:
            raise _nothing_at(body, path)
    if is_array(holder) and isinstance(last, int):
        return holder, last
    if is_object(holder) and isinstance(last, str):
        return holder, last
    raise _nothing_at(body, path)


def _steps(path: str) -> list[Step]:
    """A path that begins neither with `entry` nor with `object` begins at the first value."""
    full = path if re.match(r"(entry|object)\b", path) else f"{VALUE}.{path}"
    steps: list[Step] = []
    position = 0
    while position < len(full):
        found = STEP.match(full, position)
        if found is None:
            raise PathError(f"{path} is no path; one looks like messages[0].text.body.")
        name, index = found.groups()
        numbered = index if index is not None else name if name.isdecimal() else None
        steps.append(name if numbered is None else int(numbered))
        position = found.end()
    return steps


def _nothing_at(body: Json, path: str) -> PathError:
    known = [each.removeprefix(f"{VALUE}.") for each in paths(body)]
    likely = difflib.get_close_matches(path.removeprefix(f"{VALUE}."), known, MAX_NEAR, 0.5)
    hint = f" Near it are: {', '.join(likely)}." if likely else ""
    return PathError(f"There is nothing at {path}.{hint}")


def _like(former: object, value: object) -> object:
    if not isinstance(value, str) or isinstance(former, str):
        return value
    try:
        read: object = json.loads(value)
    except ValueError:
        return value
    return read if former is None or isinstance(read, type(former)) else value
