"""Functions of texts. Each charges for its work, and asks for room before it makes anything."""

from __future__ import annotations

import json
import re
from typing import Any

from ..budget import Budget
from .kinds import Unfit

# Nanoseconds a character.
CASE, SPACE, LOOKING = 20, 100, 12
_SPACES = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")


def replace(budget: Budget, text: str, old: str, new: str, limit: int = -1) -> str:
    if not old:
        raise Unfit("old has to be a text that is not empty")
    budget.charge(len(text) * LOOKING)
    times = text.count(old)
    if limit >= 0:
        times = min(times, limit)
    budget.room(1, len(text) + times * max(0, len(new) - len(old)))
    return text.replace(old, new, limit)


def split(budget: Budget, text: str, separator: str, limit: int = -1) -> list[str]:
    """Split it, into its characters if the separator is empty; as CEL's, into `limit` pieces."""
    if limit == 0:
        return []
    if not separator:
        pieces = len(text) if limit < 0 else min(limit, len(text))
        budget.room(pieces, len(text))
        return [*text] if limit < 0 else [*text[: limit - 1], *filter(None, [text[limit - 1 :]])]
    budget.charge(len(text) * LOOKING)
    times = text.count(separator)
    pieces = times + 1 if limit < 0 else min(limit, times + 1)
    budget.room(pieces, len(text))
    return text.split(separator, -1 if limit < 0 else limit - 1)


def join(budget: Budget, items: list[Any], separator: str = "") -> str:
    if not all(isinstance(each, str | int | float) for each in items):
        raise Unfit("the list may hold texts, numbers and true or false, and nothing else")
    budget.charge(len(items) * 1_000)
    texts = [each if isinstance(each, str) else json.dumps(each) for each in items]
    budget.room(1, sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def substring(budget: Budget, text: str, start: int, end: int | None = None) -> str:
    """Unlike CEL's it gives what there is of a text that is shorter."""
    if start < 0 or (end is not None and end < start):
        raise Unfit("start has to be 0 or more, and end not less than start")
    budget.room(1, len(text))
    return text[start:end]


def trim(budget: Budget, text: str) -> str:
    budget.room(1, len(text))
    return text.strip()


def lower(budget: Budget, text: str) -> str:
    budget.charge(len(text) * CASE)
    budget.room(1, len(text))
    return text.lower()


def upper(budget: Budget, text: str) -> str:
    budget.charge(len(text) * CASE)
    budget.room(1, len(text))
    return text.upper()


def flatten(budget: Budget, text: str) -> str:
    budget.charge(len(text) * SPACE)
    return _SPACES.sub(" ", text)
