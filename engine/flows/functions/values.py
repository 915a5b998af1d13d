"""Functions of lists, and of any value: JSON and sizes."""

from __future__ import annotations

import json
from typing import Any

from ...contract import RejectedError
from ...strict_json import read_json
from ...values import is_list, is_object
from ..budget import Budget
from ..results import NoJsonError, as_json
from .kinds import Unfit, one_of

# Nanoseconds.
COMPARISON, WRITING, READING_CHAR, READING_VALUE = 500, 1_000, 40, 1_000

ORDER = one_of("order", ["ascending", "descending"])


def default(budget: Budget, value: Any, other: Any) -> Any:
    return other if value is None or value == "" else value


def size(budget: Budget, value: Any) -> int:
    if isinstance(value, str) or is_list(value) or is_object(value):
        return len(value)
    raise Unfit("only a text, a list or an object has a size")


def first(budget: Budget, items: list[Any]) -> Any:
    return items[0] if items else None


def last(budget: Budget, items: list[Any]) -> Any:
    return items[-1] if items else None


def sort(budget: Budget, items: list[Any], order: str = "ascending", field: str = "") -> list[Any]:
    """Sort numbers, or texts by their characters' numbers, or objects by such a field."""
    keys = [_field(each, field) for each in items] if field else items
    are_texts = all(isinstance(each, str) for each in keys)
    if not are_texts and not all(_is_number(each) for each in keys):
        raise Unfit("what is sorted by has to be all numbers or all texts")
    doublings = len(keys).bit_length()
    budget.charge(doublings * (len(keys) * COMPARISON + (sum(map(len, keys)) if are_texts else 0)))
    places = sorted(range(len(keys)), key=keys.__getitem__, reverse=order == "descending")
    return [items[place] for place in places]


def _field(item: Any, name: str) -> Any:
    if not is_object(item) or name not in item:
        raise Unfit("each entry has to be an object with that field")
    return item[name]


def _is_number(value: Any) -> bool:
    # What is no number equals not even itself, and nothing can be said to come after it.
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def distinct(budget: Budget, items: list[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for each in items:
        is_whole = isinstance(each, float) and each.is_integer()
        seen.setdefault(_written(budget, int(each) if is_whole else each, in_order=True), each)
    return [*seen.values()]


def to_json(budget: Budget, value: Any) -> str:
    return _written(budget, value, in_order=False)


def _written(budget: Budget, value: Any, *, in_order: bool) -> str:
    values, chars = budget.weigh(value)
    budget.charge(values * WRITING)
    budget.room(values, chars)
    try:
        plain = as_json(value)
    except NoJsonError as error:
        raise Unfit(str(error)) from None
    text = json.dumps(plain, ensure_ascii=False, sort_keys=in_order)
    # What has to be escaped has become up to six characters.
    budget.room(1, len(text))
    return text


def parse_json(budget: Budget, text: str) -> Any:
    marks = sum(map(text.count, ",[{"))
    budget.charge(len(text) * READING_CHAR + marks * READING_VALUE)
    try:
        return read_json(text.encode())
    except RejectedError as error:
        raise Unfit(f"the text cannot be read as JSON: {error.cause.rstrip('.')}") from None
    except ValueError:
        raise Unfit("the text is no JSON") from None
