"""Rules as people know them: how a value has to stand to another one, and whether it does.

Texts, numbers, moments and lists are compared as what they look like: `"10"` is greater than 9, and
`"2026-09-21"` is before `"2026-09-22T08:00:00Z"`. What cannot be compared is refused, not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Self, TypeAlias, TypeGuard

from pydantic import Field, model_validator

from appmixer.engine.contract import Fields, RejectedError

from . import patterns

MAX_SHOWN_CHARS = 60
# What comes later than the year 5000, in seconds, is milliseconds.
FIRST_MILLISECONDS = 100_000_000_000
Operator: TypeAlias = Literal[
    "equals",
    "doesNotEqual",
    "contains",
    "doesNotContain",
    "startsWith",
    "doesNotStartWith",
    "endsWith",
    "doesNotEndWith",
    "matches",
    "doesNotMatch",
    "greater",
    "greaterOrEqual",
    "less",
    "lessOrEqual",
    "between",
    "notBetween",
    "before",
    "notBefore",
    "after",
    "notAfter",
    "oneOf",
    "notOneOf",
    "empty",
    "notEmpty",
]
# What is asked, of each operator that asks for the opposite.
OPPOSITES: Mapping[str, str] = {
    "doesNotEqual": "equals",
    "doesNotContain": "contains",
    "doesNotStartWith": "startsWith",
    "doesNotEndWith": "endsWith",
    "doesNotMatch": "matches",
    "notBetween": "between",
    "notBefore": "before",
    "notAfter": "after",
    "notOneOf": "oneOf",
    "notEmpty": "empty",
}


class Comparison(Fields):
    """How a value has to stand to another one."""

    operator: Operator = Field(
        default="equals",
        title="Operator",
        description="How the value has to stand to the other one.",
        examples=["equals"],
        json_schema_extra={"x-widget": "select"},
    )
    compare_to: Any = Field(
        default=None,
        title="Compare To",
        description="The other value; for one of, a list or a text with commas; for matches, a"
        " regular expression.",
        examples=["yes"],
    )
    up_to: Any = Field(
        default=None, title="Up To", description="Where between ends.", examples=[100]
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        asked = OPPOSITES.get(self.operator, self.operator)
        if asked not in ("equals", "empty") and self.compare_to in (None, ""):
            raise ValueError(f"{self.operator} needs something in compareTo")
        if asked == "between" and self.up_to in (None, ""):
            raise ValueError(f"{self.operator} needs something in upTo, where it ends")
        if asked == "matches":
            if not isinstance(self.compare_to, str):
                raise ValueError("the pattern in compareTo has to be a text")
            patterns.check(self.compare_to)
        return self


async def holds(value: Any, how: Comparison, *, ignore_case: bool, field: str) -> bool:
    """Say whether the value stands so; `field` is where it is; raise RejectedError."""
    asked = OPPOSITES.get(how.operator, how.operator)
    return await _holds(value, asked, how, ignore_case, field) != (how.operator in OPPOSITES)


async def _holds(value: Any, asked: str, how: Comparison, ignore_case: bool, field: str) -> bool:
    other = how.compare_to
    if asked == "empty":
        return _is_empty(value)
    if asked == "matches":
        text = as_text(value)
        return await patterns.is_found(other, text, ignore_case=ignore_case, field=field)
    if ignore_case:
        value, other = _folded(value), _folded(other)
    if asked == "equals":
        return _are_equal(value, other)
    if asked == "oneOf":
        return any(_are_equal(value, each) for each in _listed(other))
    if _is_empty(value):
        return False
    if asked == "contains":
        return _contains(value, other)
    if asked in ("startsWith", "endsWith"):
        text, part = as_text(value), as_text(other)
        return text.startswith(part) if asked == "startsWith" else text.endswith(part)
    return _stands(value, asked, other, how.up_to, field)


def _stands(value: Any, asked: str, other: Any, up_to: Any, field: str) -> bool:
    """Compare moments or numbers: moments where the operator, or both values, are about time."""
    read: Callable[[Any, str], float] = number
    if asked in ("before", "after"):
        read = moment
    elif _is_moment(value) and _is_moment(other):
        read = moment
    here, there = read(value, field), read(other, f"{field[: field.rfind('.') + 1]}compareTo")
    match asked:
        case "greater" | "after":
            return here > there
        case "greaterOrEqual":
            return here >= there
        case "less" | "before":
            return here < there
        case "lessOrEqual":
            return here <= there
        case _:
            return there <= here <= read(up_to, f"{field[: field.rfind('.') + 1]}upTo")


def as_text(value: Any) -> str:
    """Return a value as people write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(value: Any, field: str) -> float:
    """Return a number, which may be written as a text; raise RejectedError."""
    found = _number(value)
    if found is None:
        raise _no(value, "no number", "Give a number, or ask in another way.", field)
    return found


def moment(value: Any, field: str) -> float:
    """Return a moment as seconds since 1970; raise RejectedError.

    It may be a day (its beginning in UTC), or seconds or milliseconds since 1970.
    """
    if (seconds := _number(value)) is not None:
        return seconds / 1000 if seconds >= FIRST_MILLISECONDS else seconds
    try:
        found = datetime.fromisoformat(str(value).strip())
    except ValueError:
        cure = "Give a day or a moment, such as 2026-09-21 or 2026-09-21T09:00:00+02:00."
        raise _no(value, "no moment", cure, field) from None
    if found.tzinfo is None and len(str(value).strip()) > len("2026-09-21"):
        cure = "Write it behind the moment, such as 2026-09-21T09:00:00+02:00."
        raise _no(value, "a moment without time zone", cure, field)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str) or _number(value) is not None:
        return False
    try:
        moment(value, "")
    except RejectedError:
        return False
    return True


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, Sequence | Mapping) and not value)


def _are_equal(value: Any, other: Any) -> bool:
    is_mixed = isinstance(value, str) != isinstance(other, str)
    if is_mixed and isinstance(value, str | int | float) and isinstance(other, str | int | float):
        if isinstance(value, bool) or isinstance(other, bool):
            return as_text(value).lower() == as_text(other).lower()
        here, there = _number(value), _number(other)
        return here is not None and here == there
    if isinstance(value, bool) != isinstance(other, bool):
        return False
    return bool(value == other) or (_is_empty(value) and _is_empty(other))


def _contains(value: Any, other: Any) -> bool:
    if _is_object(value):
        return as_text(other) in value
    if _is_list(value):
        return any(_are_equal(each, other) for each in value)
    return as_text(other) in as_text(value)


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, str):
        return [each.strip() for each in value.split(",")]
    return value if _is_list(value) else [value]


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    if _is_object(value):
        return {key.casefold(): _folded(each) for key, each in value.items()}
    return [_folded(each) for each in value] if _is_list(value) else value


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _no(value: Any, what: str, cure: str, field: str) -> RejectedError:
    text = as_text(value)
    shown = text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}…"
    return RejectedError("The rule cannot be decided", f"{shown!r} is {what}.", cure, field)
