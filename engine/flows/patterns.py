"""The patterns of `matches`: what one may hold, and what its work may be."""

from __future__ import annotations

import re

from .budget import CHAR, ExpressionError
from .tokens import Token

PATTERN_STEP, PATTERN_CLASS = 15, 750_000
_VERBOSE = re.compile(r"\(\?[a-zA-Z-]*x")
_HIDING = re.compile(r"\\[^'\"nrt]")


def check_pattern(pattern: Token) -> None:
    """Raise ExpressionError for what would hide how much work a pattern is."""
    if pattern.text[0] not in "rR" and _HIDING.search(pattern.text.replace(r"\\", "")):
        raise ExpressionError("The pattern of matches may not write characters by number.")
    if _VERBOSE.search(pattern.text):
        # A comment in it could hide how often something is repeated.
        raise ExpressionError("The pattern of matches may not have the flag x.")


def pattern_work(pattern: str, size: int) -> int:
    """Return what it costs to look for it in texts of this size."""
    # A counted repetition repeats what stands before it, and may have blanks around its numbers.
    times = 1
    for counts in re.findall(r"\{[^}]*", pattern):
        times *= max([1, *map(int, re.findall("[0-9]+", counts))])
    steps = len(pattern) * times
    classes = len(re.findall(r"\\[pPwWdDsSbB]|\[|\(\?", pattern)) * times
    return steps * size // CHAR * PATTERN_STEP + classes * PATTERN_CLASS
