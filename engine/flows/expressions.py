"""`{{ }}` in the inputs of a flow: Common Expression Language over the outputs of earlier steps.

Here texts are taken apart and filled in; one expression is the business of evaluation.py.
https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..values import cut, is_list, is_object
from .budget import MARK, Budget, ExpressionError
from .evaluation import Has, Path
from .syntax import MAX_KEPT_CHARS, read_expression

__all__ = [
    "Budget",
    "ExpressionError",
    "check_expression",
    "fill",
    "fill_each",
    "fill_input",
    "fill_known",
    "find_expressions",
    "find_named",
    "has_expression",
    "is_list",
    "is_object",
    "run_budget",
]

LITERAL = "$literal"
# The expressions of one input are evaluated in one go, and everything else waits: 40 ms at worst.
INPUT_WORK, RUN_WORK = 40_000_000, 10_000_000_000
# Characters, and a hundred for each value.
INPUT_SIZE, RUN_SIZE = 1_000_000, 20_000_000

_UNCLOSED = "{{"
_PLACE = re.compile(r"[{}'\"]")
_STRINGS = {
    "'": re.compile(r"'(?:[^'\\]|\\.)*+'", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL),
}


def has_expression(value: Any) -> bool:
    """Tell whether a value of an input, at any depth, contains `{{ }}` outside a literal."""
    return any(True for _ in find_expressions(value))


def find_expressions(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path of the input, expression) for every `{{ }}` in it."""
    if isinstance(value, str):
        yield from ((path, piece.source) for piece in _split(value) if isinstance(piece, _Place))
    elif is_list(value):
        for index, item in enumerate(value):
            yield from find_expressions(item, f"{path}[{index}]")
    elif is_object(value) and LITERAL not in value:
        for key, item in value.items():
            # A long name in the path of each of many items would be most of the work.
            name = cut(str(key))
            yield from find_expressions(item, f"{path}.{name}" if path else name)


def find_named(expression: str) -> list[Path | Has]:
    """Return what an expression reads of steps, and what it asks has() for; raise as below."""
    _check_closed(expression)
    return list(read_expression(expression).named())


def check_expression(expression: str) -> None:
    """Raise ExpressionError if the expression cannot be read or is too large."""
    _check_closed(expression)
    read_expression(expression)


def _check_closed(expression: str) -> None:
    if expression == _UNCLOSED:
        raise ExpressionError(
            "A {{ is not closed by }}. Close it; or, if it belongs to the text, mark the text:"
            f' {{"{LITERAL}": "…"}}.'
        )


def run_budget() -> Budget:
    """Return what the expressions of one run may cost, and how large their results may be."""
    return Budget(RUN_WORK, RUN_SIZE)


def fill_input(
    values: Mapping[str, Any],
    scope: Mapping[str, Any],
    run: Budget | None = None,
    *,
    now: float,
    long_lists: Collection[str] = (),
) -> dict[str, Any]:
    """Return a component's input with every expression replaced; raise ExpressionError.

    It takes from what its run may spend, and not more than one input may. `now` is in seconds since
    1970, and the moment of all its expressions. In `long_lists` may be what is longer than results
    may be, as long as it is there already.
    """
    run = run or run_budget()
    budget = Budget(min(run.work, INPUT_WORK), min(run.size, INPUT_SIZE), now)
    work, size = budget.work, budget.size
    try:
        return {
            name: _fill_long(value, scope, budget)
            if name in long_lists
            else _fill(value, scope, budget)
            for name, value in values.items()
        }
    finally:
        run.work -= work - budget.work
        run.size -= size - budget.size


def fill(value: Any, scope: Mapping[str, Any], now: float = 0.0) -> Any:
    """Return the value with every expression replaced; raise ExpressionError.

    A text that is one whole expression keeps the type of its result; inside a longer text the
    result is written as text. `{"$literal": …}` is replaced by what it holds, untouched.
    """
    return fill_input({"": value}, scope, now=now)[""]


def fill_known(
    values: Mapping[str, Any], scope: Mapping[str, Any], *, now: float
) -> dict[str, Any]:
    """Return an input in which each text is filled in whose expressions have a value here.

    The others stay as they are written, and so does what would cost more than one input may.
    """
    budget = Budget(INPUT_WORK, INPUT_SIZE, now)
    return {name: _fill_known(value, scope, budget) for name, value in values.items()}


def fill_each(
    texts: Mapping[str, str], scope: Mapping[str, Any], *, now: float
) -> dict[str, tuple[Any, str]]:
    """Return of each text its value here, or None and why it has none.

    Together they cost no more than one input may.
    """
    budget = Budget(INPUT_WORK, INPUT_SIZE, now)
    found: dict[str, tuple[Any, str]] = {}
    for name, text in texts.items():
        try:
            found[name] = (_fill(text, scope, budget), "")
        except ExpressionError as error:
            found[name] = (None, str(error))
    return found


def _fill_known(value: Any, scope: Mapping[str, Any], budget: Budget) -> Any:
    if isinstance(value, str):
        return _fill_known_text(value, scope, budget) if "{{" in value else value
    if is_list(value):
        return [_fill_known(item, scope, budget) for item in value]
    if is_object(value):
        if set(value) == {LITERAL}:
            return value[LITERAL]
        return {key: _fill_known(item, scope, budget) for key, item in value.items()}
    return value


def _fill_known_text(text: str, scope: Mapping[str, Any], budget: Budget) -> Any:
    try:
        return _fill_text(text, scope, budget)
    except ExpressionError:
        return text


@dataclass(frozen=True)
class _Place:
    """`{{ }}` in a text."""

    source: str


def _fill(value: Any, scope: Mapping[str, Any], budget: Budget) -> Any:
    if isinstance(value, str):
        return _fill_text(value, scope, budget) if "{{" in value else value
    if is_list(value):
        return [_fill(item, scope, budget) for item in value]
    if is_object(value):
        if set(value) == {LITERAL}:
            return value[LITERAL]
        return {key: _fill(item, scope, budget) for key, item in value.items()}
    return value


def _fill_text(text: str, scope: Mapping[str, Any], budget: Budget) -> Any:
    pieces = _split(text, budget)
    whole = [piece for piece in pieces if isinstance(piece, _Place) or piece.strip()]
    if len(whole) == 1 and isinstance(whole[0], _Place):
        return _value(whole[0], scope, budget)
    return "".join(
        _as_text(_value(piece, scope, budget)) if isinstance(piece, _Place) else piece
        for piece in pieces
    )


def _value(place: _Place, scope: Mapping[str, Any], budget: Budget) -> Any:
    _check_closed(place.source)
    value = read_expression(place.source, budget).value(scope, budget)
    budget.keep(value)
    return value


def _fill_long(value: Any, scope: Mapping[str, Any], budget: Budget) -> Any:
    """Fill in a list of any length: the result of one path is no copy, and costs nothing."""
    pieces = _split(value, budget) if isinstance(value, str) else ()
    whole = [piece for piece in pieces if isinstance(piece, _Place) or piece.strip()]
    if len(whole) == 1 and isinstance(whole[0], _Place):
        read = read_expression(whole[0].source, budget)
        if read.is_path:
            return read.value(scope, budget)
    return _fill(value, scope, budget)


def _split(text: str, budget: Budget | None = None) -> tuple[str | _Place, ...]:
    """Return the text in pieces."""
    return _split_once(text) if len(text) <= MAX_KEPT_CHARS else _split_anew(text, budget)


def _split_anew(text: str, budget: Budget | None = None) -> tuple[str | _Place, ...]:
    # Linear: a character is looked at once, and once more for each of the two quotes.
    pieces: list[str | _Place] = []
    lonely: set[str] = set()
    done = 0
    while (opener := text.find("{{", done)) >= 0:
        closer = _closer(text, opener + 2, lonely, budget)
        pieces.append(text[done:opener])
        if closer is None:
            pieces.append(_Place(_UNCLOSED))
            return tuple(pieces)
        pieces.append(_Place(text[opener + 2 : closer].strip()))
        done = closer + 2
    pieces.append(text[done:])
    return tuple(pieces)


_split_once = lru_cache(maxsize=1024)(_split_anew)


def _closer(text: str, position: int, lonely: set[str], budget: Budget | None) -> int | None:
    """Return where the `}}` stands that is in no string and closes no brace of the expression."""
    depth = 0
    while (found := _PLACE.search(text, position)) is not None:
        if budget is not None:
            budget.charge(MARK)
        position = found.end()
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            if depth == 0 and text.startswith("}", position):
                return found.start()
            depth = max(0, depth - 1)
        elif found[0] not in lonely:
            string = _STRINGS[found[0]].match(text, found.start())
            if string is not None:
                position = string.end()
            else:
                # No other one comes that could close a string, so nobody looks for it again.
                lonely.add(found[0])
    return None


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
