"""What functions take: each kind of argument reads a value, or says why it is none of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...values import is_list
from ..words import kind_of

MAX_PATTERN_CHARS = 100
# A time zone is read from a file when it is first used.
READING_ZONE = 500_000


class Unfit(ValueError):
    """An argument or a result that a function cannot have; the text says what it has to be."""


@dataclass(frozen=True)
class Kind:
    """`name` is for people; `read` returns what the function gets, or raises Unfit.

    `work` is what reading a value costs for the first time, in nanoseconds.
    """

    name: str
    read: Callable[[Any], Any]
    work: int = 0


def _wrong(wanted: str, value: Any) -> Unfit:
    return Unfit(f"has to be {wanted}, and is {kind_of(value)}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("a text", value)
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong("a number", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit("has to be a number, and is infinite or none")
    return value


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise Unfit("has to be a whole number")
    return int(number)


def _list(value: Any) -> list[Any]:
    if not is_list(value):
        raise _wrong("a list", value)
    return value


def _moment(value: Any) -> datetime:
    """Take what CEL has as a moment, ISO 8601, and whole seconds since 1970."""
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        else:
            raise _wrong("a time", value)
    except (ValueError, OverflowError, OSError) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit(
            "has to be a time such as 2026-08-15T14:30:00Z; parseDate reads other texts"
        ) from None
    if moment.tzinfo is None:
        raise Unfit("has to tell its time zone, as in 2026-08-15T14:30:00Z; or use parseDate")
    return moment


def _moment_or_length(value: Any) -> datetime | timedelta:
    return value if isinstance(value, timedelta) else _moment(value)


def _zone(value: Any) -> ZoneInfo:
    name = _text(value)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unfit(
            "has to be an IANA time zone, such as Europe/Prague, America/New_York or UTC"
        ) from None


def _as_it_is(value: Any) -> Any:
    return value


def one_of(name: str, words: Sequence[str]) -> Kind:
    """Return the kind of a text that is one of these words."""

    def read(value: Any) -> str:
        if value not in words:
            raise Unfit(f"has to be one of {', '.join(words)}")
        return str(value)

    return Kind(name, read)


ANY = Kind("value", _as_it_is)
TEXT = Kind("text", _text)
NUMBER = Kind("number", _number)
WHOLE = Kind("whole number", _whole)
LIST = Kind("list", _list)
TIME = Kind("time", _moment)
TIME_OR_LENGTH = Kind("time or length of time", _moment_or_length)
TIME_ZONE = Kind("time zone", _zone, READING_ZONE)
