"""What the CEL library says when it fails, in words without values."""

from __future__ import annotations

import re

from .functions import FUNCTIONS
from .results import NoJsonError

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
