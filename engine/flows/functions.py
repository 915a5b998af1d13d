"""The functions of the expression language: what there is, and what people are told of it.

What is not described here does not exist: syntax.py takes its names from this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Function:
    """One function; `example` is an expression, and `result` its value.

    A `function` stands before its brackets, `size(a)`, a `method` behind a value, `a.size()`, and a
    `macro` is a method that takes an expression, `a.map(x, x + 1)`.
    """

    name: str
    kind: Literal["function", "method", "macro"]
    signature: str
    description: str
    example: str
    result: Any


def _function(name: str, of: str, description: str, example: str, result: Any) -> Function:
    return Function(name, "function", f"{name}({of})", description, example, result)


def _method(name: str, on: str, of: str, description: str, example: str, result: Any) -> Function:
    return Function(name, "method", f"{on}.{name}({of})", description, example, result)


def _macro(name: str, of: str, description: str, example: str, result: Any) -> Function:
    return Function(name, "macro", f"list.{name}({of})", description, example, result)


# A Saturday afternoon.
_TIME = "timestamp('2026-08-15T14:30:45.250Z')"


def _part(name: str, description: str, result: int) -> Function:
    return _method(name, "time", "zone?", description, f"{_TIME}.{name}()", result)


TABLE: tuple[Function, ...] = (
    _function("has", "path", "Whether a field is there.", "has(order.out.note)", False),
    _function(
        "size",
        "text, list or object",
        "How many characters, entries or fields it has.",
        "size('Hello')",
        5,
    ),
    _method(
        "contains", "text", "part", "Whether the part is in it.", "'Hello'.contains('ell')", True
    ),
    _method(
        "startsWith", "text", "part", "Whether it begins so.", "'Hello'.startsWith('He')", True
    ),
    _method("endsWith", "text", "part", "Whether it ends so.", "'Hello'.endsWith('lo')", True),
    _method(
        "matches",
        "text",
        "pattern",
        "Whether a part of it fits a regular expression, which has to be written out.",
        "'4711'.matches('^[0-9]+$')",
        True,
    ),
    _function(
        "flatten",
        "text",
        "The text on one line: breaks, tabs and runs of more than four spaces become one space.",
        "flatten('One\\ntwo')",
        "One two",
    ),
    _function("string", "value", "The value as text.", "string(47)", "47"),
    _function("int", "value", "The value as a whole number.", "int('47')", 47),
    _function("uint", "value", "The value as a whole number from 0 on.", "uint('47')", 47),
    _function("double", "value", "The value as a number.", "double('4.5')", 4.5),
    _function("type", "value", "What kind of value it is, to compare.", "type(1) == type(2)", True),
    _function(
        "timestamp",
        "text",
        "A moment, from ISO 8601. Moments can be compared and subtracted.",
        "timestamp('2026-08-15T14:30:00Z') < timestamp('2026-08-16T00:00:00Z')",
        True,
    ),
    _function(
        "duration",
        "text",
        "A length of time, such as 90s, 15m or 36h, to add to a moment.",
        "timestamp('2026-08-15T14:30:00Z') + duration('36h')",
        "2026-08-17T02:30:00+00:00",
    ),
    _part("getFullYear", "The year.", 2026),
    _part("getMonth", "The month, from 0 for January.", 7),
    _part("getDate", "The day of the month, from 1.", 15),
    _part("getDayOfMonth", "The day of the month, from 0.", 14),
    _part("getDayOfYear", "The day of the year, from 0.", 226),
    _part("getDayOfWeek", "The day of the week, from 0 for Sunday.", 6),
    _part("getHours", "The hour, from 0 to 23.", 14),
    _part("getMinutes", "The minute.", 30),
    _part("getSeconds", "The second.", 45),
    _part("getMilliseconds", "The thousandths of the second.", 250),
    _macro(
        "map",
        "x, value",
        "A list with a value for each entry x.",
        "[1, 2, 3].map(x, x * 2)",
        [2, 4, 6],
    ),
    _macro(
        "filter",
        "x, condition",
        "The entries x for which it is true.",
        "[1, 2, 3].filter(x, x > 1)",
        [2, 3],
    ),
    _macro(
        "all", "x, condition", "Whether it is true for each x.", "[1, 2, 3].all(x, x > 0)", True
    ),
    _macro(
        "exists",
        "x, condition",
        "Whether it is true for any entry x.",
        "[1, 2, 3].exists(x, x > 2)",
        True,
    ),
    _macro(
        "exists_one",
        "x, condition",
        "Whether it is true for exactly one x.",
        "[1, 2, 3].exists_one(x, x > 2)",
        True,
    ),
)
# It is read in a way of its own, because it takes a path and no value.
PRESENCE = "has"


def names_of(kinds: Iterable[str]) -> frozenset[str]:
    """Return the names of all functions of these kinds."""
    wanted = frozenset(kinds)
    return frozenset(each.name for each in TABLE if each.kind in wanted)


MACROS = names_of(["macro"])
FUNCTIONS = names_of(["function", "method"]) - {PRESENCE}
FEW_SPACES = ("", " ", "  ", "   ", "    ")
_SPACES = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")


def flatten(value: Any) -> Any:
    """Return a text on one line: breaks, tabs and runs of more than four spaces are one space."""
    # The library writes to standard error when a function raises, so other values go through.
    if not isinstance(value, str):
        return value
    return _SPACES.sub(lambda run: run[0] if run[0] in FEW_SPACES else " ", value)
