"""Reads JSON that somebody else has written, into values that everything behind here can hold.

JSON can spell what no database, no other JSON library and no model here takes: numbers without end,
halves of characters, nesting as deep as the text is long.
"""

from __future__ import annotations

import json
from math import isinf
from typing import Any

from .shapes import is_list, is_object

# Far more than Meta nests, and less than what JSON libraries give up at.
MAX_DEPTH = 100
# More than any number of Meta's has; reading longer ones takes ever longer.
MAX_DIGITS = 300


def read_foreign_json(text: str) -> Any:
    """Return what the text says; raise ValueError for no JSON.

    A number that is too large and what is nested too deep become their texts, and half of a
    surrogate pair becomes the sign for what cannot be shown.
    """
    try:
        content = _DECODER.decode(text)
        if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(content):
            content = _shallow(content, MAX_DEPTH)
        if "\\ud" in text or "\\uD" in text:
            content = _with_whole_characters(content)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return content


def _is_deep(content: Any) -> bool:
    level: list[Any] = [content]
    for _ in range(MAX_DEPTH):
        objects = [each.values() for each in level if is_object(each)]
        lists = [each for each in level if is_list(each)]
        level = [item for items in (*objects, *lists) for item in items]
        if not level:
            return False
    return True


def _shallow(content: Any, depth: int) -> Any:
    """Return the content with everything below the depth as its text, so that it can be stored."""
    if depth == 0 and (is_object(content) or is_list(content)):
        return json.dumps(content)
    if is_object(content):
        return {key: _shallow(each, depth - 1) for key, each in content.items()}
    return [_shallow(each, depth - 1) for each in content] if is_list(content) else content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float | str:
    """Return the number, or its text when it is larger than any number here."""
    number = float(digits)
    return digits if isinf(number) else number


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _with_whole_characters(content: Any) -> Any:
    """Replace halves of surrogate pairs, which JSON can spell and no database can store."""
    text = json.dumps(content, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return content
