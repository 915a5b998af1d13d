"""Values and names in words for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..values import is_list

MAX_NAMES_SHOWN = 50


def names(known: Sequence[str]) -> str:
    """Return names in a list for people."""
    more = len(known) - MAX_NAMES_SHOWN
    return (
        ", ".join(known[:MAX_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "") or "nothing"
    )


def kind_of(value: Any) -> str:
    """Return what a value is, in a word for people, without the value."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text" if value else "an empty text"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, datetime):
        return "a time"
    if isinstance(value, timedelta):
        return "a length of time"
    return "a list" if is_list(value) else "an object"
