"""What the CEL library gives back: its values as JSON, its errors in words without values."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Any

from ..values import is_list, is_object
from .functions import FUNCTIONS

NOT_FOUND = re.compile(r"Undefined variable or function: '(\w+)'")
_FUNCTION_FAILED = re.compile(r"(?:Python f|F)unction '(\w+)'")


def reason_of(error: Exception) -> str:
    """Return why an evaluation failed; the library's own texts quote values, so few are taken."""
    text = str(error)
    if isinstance(error, ZeroDivisionError | NoJsonError):
        return text
    function = _FUNCTION_FAILED.match(text) or NOT_FOUND.match(text)
    if function and function[1] in FUNCTIONS:
        return f"{function[1]} cannot take what it is given here"
    if isinstance(error, OverflowError):
        return "a number or time gets too large"
    if isinstance(error, IndexError):
        return "a list has no entry at that place"
    if isinstance(error, KeyError):
        return "an object has no such field"
    return (
        "the values are of kinds that do not go together; string(), int() and double() make one"
        " of another"
    )


class NoJsonError(ValueError):
    """A result that has no place in JSON."""


def as_json(value: Any) -> Any:
    if is_object(value):
        return {str(key): as_json(item) for key, item in value.items()}
    if is_list(value):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, float) and not math.isfinite(value):
        raise NoJsonError("a result that is infinite or no number has no place in JSON")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise NoJsonError("the result has no place in JSON")
