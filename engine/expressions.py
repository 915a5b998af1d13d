"""`{{ }}` in the inputs of a flow: Common Expression Language over the outputs of earlier steps.

CEL has no loops but its list macros, no assignment and no side effects; what is left to bound is
the length of an expression, its macros with the lists they may see, and the size of the result.
https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import cel

LITERAL = "$literal"
MAX_EXPRESSION_CHARS = 2_000
MAX_MACROS = 2
# A macro that builds lists of lists costs the cube of this: 250 is a quarter of a second at worst.
MAX_LIST_ITEMS = 250
MAX_RESULT_CHARS = 1_000_000

_MACRO = re.compile(r"\.(?:map|filter|all|exists|exists_one)\s*\(")
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_TEMPLATE = re.compile(rf"\{{\{{((?:{_STRING.pattern}|(?!\}}\}}).)*)\}}\}}", re.DOTALL)
_PATH = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*(?!\s*\())*")
_WORDS = {"true", "false", "null", "in", "has", "size", "string", "int", "double", "bool"}


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value; the text names the path and the cure."""


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a JSON value is a list."""
    return isinstance(value, list)


def has_expression(value: Any) -> bool:
    """Tell whether a value of an input, at any depth, contains `{{ }}` outside a literal."""
    return any(True for _ in find_expressions(value))


def find_expressions(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path of the input, expression) for every `{{ }}` in it."""
    if isinstance(value, str):
        yield from ((path, match.group(1).strip()) for match in _TEMPLATE.finditer(value))
    elif is_list(value):
        for index, item in enumerate(value):
            yield from find_expressions(item, f"{path}[{index}]")
    elif is_object(value) and LITERAL not in value:
        for key, item in value.items():
            yield from find_expressions(item, f"{path}.{key}" if path else str(key))


def find_paths(expression: str) -> list[tuple[str, ...]]:
    """Return the dotted names in an expression, as far as they can be seen in its text."""
    bare = _STRING.sub("''", expression)
    found = [tuple(re.split(r"\s*\.\s*", match.group())) for match in _PATH.finditer(bare)]
    return [path for path in found if path[0] not in _WORDS]


def check_expression(expression: str) -> None:
    """Raise ExpressionError if the expression cannot be read or is too large."""
    if len(expression) > MAX_EXPRESSION_CHARS:
        raise ExpressionError(
            f"The expression has {len(expression)} characters; {MAX_EXPRESSION_CHARS} are allowed."
        )
    if len(_macros(expression)) > MAX_MACROS or _has_nested_macros(expression):
        raise ExpressionError(
            f"The expression uses more than {MAX_MACROS} of map, filter, all and exists, or one"
            " inside another; split it."
        )
    _compile(expression)


def fill(value: Any, scope: Mapping[str, Any]) -> Any:
    """Return the value with every expression replaced; raise ExpressionError.

    A text that is one whole expression keeps the type of its result; inside a longer text the
    result is written as text. `{"$literal": …}` is replaced by what it holds, untouched.
    """
    if isinstance(value, str):
        return _fill_text(value, scope)
    if is_list(value):
        return [fill(item, scope) for item in value]
    if is_object(value):
        if set(value) == {LITERAL}:
            return value[LITERAL]
        return {key: fill(item, scope) for key, item in value.items()}
    return value


def _fill_text(text: str, scope: Mapping[str, Any]) -> Any:
    whole = _TEMPLATE.fullmatch(text.strip())
    if whole and "{{" not in whole.group(1):
        return evaluate(whole.group(1).strip(), scope)
    return _TEMPLATE.sub(lambda match: _as_text(evaluate(match.group(1).strip(), scope)), text)


def evaluate(expression: str, scope: Mapping[str, Any]) -> Any:
    """Return the expression's value as JSON; raise ExpressionError."""
    check_expression(expression)
    if _macros(expression) and _longest_list(scope) > MAX_LIST_ITEMS:
        raise ExpressionError(
            f"The expression {expression!r} cannot be used here: an earlier step gave a list of"
            f" more than {MAX_LIST_ITEMS} items."
        )
    try:
        result = _as_json(_compile(expression).execute(dict(scope)))
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        raise ExpressionError(_explain(expression, scope, error)) from None
    if len(json.dumps(result)) > MAX_RESULT_CHARS:
        raise ExpressionError(
            f"The result of {expression!r} is longer than {MAX_RESULT_CHARS} characters."
        )
    return result


@lru_cache(maxsize=1024)
def _compile(expression: str) -> cel.Program:
    if not expression:
        raise ExpressionError("The expression between {{ and }} is empty.")
    # Imported here: it brings its command line along, for which a start should not wait.
    import cel

    try:
        return cel.compile(expression)
    except ValueError as error:
        reason = str(error).split("ERROR: ")[-1].splitlines()[0]
        raise ExpressionError(f"The expression {expression!r} cannot be read: {reason}") from None


def _macros(expression: str) -> list[re.Match[str]]:
    return list(_MACRO.finditer(_STRING.sub("''", expression)))


def _has_nested_macros(expression: str) -> bool:
    bare = _STRING.sub("''", expression)
    for macro in _macros(expression):
        depth = 1
        for position in range(macro.end(), len(bare)):
            depth += {"(": 1, ")": -1}.get(bare[position], 0)
            if depth == 0:
                break
            if _MACRO.match(bare, position):
                return True
    return False


def _longest_list(value: Any) -> int:
    if is_object(value):
        return max((_longest_list(item) for item in value.values()), default=0)
    if is_list(value):
        return max(len(value), max((_longest_list(item) for item in value), default=0))
    return 0


def _as_json(value: Any) -> Any:
    if is_object(value):
        return {str(key): _as_json(item) for key, item in value.items()}
    if is_list(value):
        return [_as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a result that is infinite or no number has no place in JSON")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a result of type {type(value).__name__} has no place in JSON")


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _explain(expression: str, scope: Mapping[str, Any], error: Exception) -> str:
    for path in find_paths(expression):
        missing = _missing(path, scope)
        if missing:
            return missing
    return f"The expression {expression!r} has no value: {str(error).splitlines()[0]}."


def _missing(path: tuple[str, ...], scope: Mapping[str, Any]) -> str | None:
    here: Any = scope
    for depth, name in enumerate(path):
        if not is_object(here):
            before = ".".join(path[:depth])
            return f"{'.'.join(path)} has no value: {before} is {_as_text(here) or 'empty'}."
        if name not in here:
            before = ".".join(path[:depth])
            known = ", ".join(sorted(map(str, here))) or "nothing"
            where = f"{before} has no {name!r}" if before else f"there is no step {name!r} before"
            return f"{'.'.join(path)} has no value: {where}; there is: {known}."
        here = here[name]
    return None
