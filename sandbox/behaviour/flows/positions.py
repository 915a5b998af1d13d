"""Where in a JSON text a value stands, for errors that point at a line and a column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ...protocol.shapes import Json

_WHITESPACE = " \t\n\r"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Position:
    """A stretch of text; lines and columns count from one."""

    line_start: int
    line_end: int
    column_start: int
    column_end: int

    def shown(self) -> Json:
        return {
            "line_start": self.line_start,
            "line_end": self.line_end,
            "column_start": self.column_start,
            "column_end": self.column_end,
        }


def position_of(source: str, path: Sequence[str | int], *, of_key: bool = False) -> Position:
    """The value at a path of a valid JSON text, or the name it has there.

    A path that leaves the text ends at the last part that is there.
    """
    start = _skip(source, 0)
    key_at = start
    for step in path:
        found = _child(source, start, step)
        if found is None:
            break
        key_at, start = found
    if of_key:
        start = key_at
    return between(source, start, _DECODER.raw_decode(source, start)[1])


def between(source: str, start: int, end: int) -> Position:
    line_start, column_start = _place(source, start)
    line_end, column_end = _place(source, max(end - 1, start))
    return Position(line_start, line_end, column_start, column_end + 1)


def _place(source: str, index: int) -> tuple[int, int]:
    line = source.count("\n", 0, index) + 1
    return line, index - source.rfind("\n", 0, index)


def _child(source: str, start: int, step: str | int) -> tuple[int, int] | None:
    """Where a child's name (in a list: the child itself) and its value begin."""
    opening = source[start : start + 1]
    if opening not in ("{", "["):
        return None
    index, position = _skip(source, start + 1), 0
    while source[index : index + 1] not in ("}", "]", ""):
        key_at, key = index, None
        if opening == "{":
            key, index = _DECODER.raw_decode(source, index)
            index = _skip(source, _skip(source, index) + 1)
        if step == (position if opening == "[" else key):
            return key_at, index
        index = _skip(source, _DECODER.raw_decode(source, index)[1])
        if source[index : index + 1] == ",":
            index = _skip(source, index + 1)
        position += 1
    return None


def _skip(source: str, index: int) -> int:
    while index < len(source) and source[index] in _WHITESPACE:
        index += 1
    return index
