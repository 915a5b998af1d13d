"""One expression: how it is read, what its work may cost, and its value.

The language is CEL, and the CEL library evaluates it, but it is native code that cannot be stopped
and keeps everything else in the process waiting. So its work is bounded before it begins:

- What grows by multiplication is not left to it. A macro (map, filter, all, exists, exists_one) is
  a loop here, over a list of bounded length, and each round is charged. So is every path: `a.b.c`
  is looked up here and bound to a name of its own, and the library never sees the whole scope.
- What is left to it has no loops. Each value named stands in it once, so nothing it makes is larger
  than all of them together, and each operator looks at no more than that: operators times size
  bounds the work, and is charged before. `matches` is charged for its pattern as well, which
  therefore has to be written out.

The unit is a nanosecond of a slow machine, by measurement, and no clock is asked: what is refused
is refused everywhere. Errors name paths, kinds and functions, but never a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from ..values import is_list, is_object
from .functions import PRESENCE, names_of

if TYPE_CHECKING:
    import cel

MAX_LIST_ITEMS = 250
MAX_NAMES_SHOWN = 50

MACROS = names_of(["macro"])
FUNCTIONS = names_of(["function", "method"]) - {PRESENCE}
# What things cost, in nanoseconds.
READING, LOOKUP, WEIGHING, EVALUATION = 5_000, 3_000, 300, 20_000
CONVERSION, NODE, CHAR = 2_000, 400, 2
NUMBER_AS_TEXT, MARK = 400, 2_000
PATTERN_STEP, PATTERN_CLASS = 15, 750_000

_NOT_FOUND = re.compile(r"Undefined variable or function: '(\w+)'")
_FUNCTION_FAILED = re.compile(r"(?:Python f|F)unction '(\w+)'")
FEW_SPACES = ("", " ", "  ", "   ", "    ")
_SPACES = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value; the text names the path and the cure."""


class TooMuchError(ExpressionError):
    """An expression, an input or a run that asks for more work or space than it may have."""


def unreadable(source: str, reason: str) -> ExpressionError:
    """Return the error of an expression that is none."""
    return ExpressionError(f"The expression {source!r} cannot be read: {reason}.")


@dataclass
class Budget:
    """What may still be spent: nanoseconds of work, and the size of all results together."""

    work: int
    size: int

    def charge(self, work: int) -> None:
        self.work -= work
        if self.work < 0:
            raise TooMuchError(
                "The expressions would take too long here; make them simpler, or let them look at"
                " less: a field instead of the whole object."
            )

    def weigh(self, value: Any) -> tuple[int, int]:
        """Return the number of values in a value and of characters; both count as work."""
        values, chars, left = 0, 0, [value]
        while left:
            each = left.pop()
            values += 1
            if isinstance(each, str):
                chars += len(each)
            elif is_list(each):
                self._afford(values + len(left) + len(each))
                left.extend(each)
            elif is_object(each):
                self._afford(values + len(left) + 2 * len(each))
                values += len(each)
                chars += sum(map(len, each))
                left.extend(each.values())
        self.charge(values * WEIGHING + chars // 100)
        return values, chars

    def keep(self, value: Any) -> None:
        """Count a result."""
        values, chars = self.weigh(value)
        self.size -= values * 100 + chars
        if self.size < 0:
            raise TooMuchError(
                "The results of the expressions are longer than they may be: 1,000,000 characters"
                " in one input, 20,000,000 in one run."
            )

    def _afford(self, values: int) -> None:
        if values * WEIGHING > self.work:
            self.charge(self.work + 1)


@dataclass(frozen=True)
class Path:
    """`a.b[0].c`; without the last name, if it only asks whether that is there."""

    keys: tuple[str | int, ...]

    def __str__(self) -> str:
        head, *rest = self.keys
        return str(head) + "".join(
            f"[{key}]" if isinstance(key, int) else f".{key}" for key in rest
        )

    def value(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        budget.charge(LOOKUP)
        here: Any = scope
        for depth, key in enumerate(self.keys):
            if isinstance(key, str) and is_object(here) and key in here:
                here = here[key]
            elif isinstance(key, int) and is_list(here) and key < len(here):
                here = here[key]
            else:
                raise ExpressionError(f"{self} has no value: {self._reason(depth, here)}")
        return here

    def _reason(self, depth: int, here: Any) -> str:
        key, before = self.keys[depth], str(Path(self.keys[:depth])) if depth else ""
        if isinstance(key, int):
            if is_list(here):
                return f"{before} has {len(here)} entries."
            return f"{before} is {kind_of(here)}, no list."
        if not is_object(here):
            return f"{before} is {kind_of(here)}."
        where = f"{before} has no {key!r}" if depth else f"there is no step {key!r} before"
        return f"{where}; there is: {names(sorted(map(str, here)))}."


@dataclass(frozen=True)
class Has:
    """`has(a.b)`: whether the object `a` has a field `b`."""

    path: Path
    field: str

    def __str__(self) -> str:
        return f"has({self.path}.{self.field})"

    def value(self, scope: Mapping[str, Any], budget: Budget) -> bool:
        found = self.path.value(scope, budget)
        if not is_object(found):
            raise ExpressionError(f"{self} has no value: {self.path} is {kind_of(found)}.")
        return self.field in found


@dataclass(frozen=True)
class Macro:
    """`over.map(variable, body)` and its kin."""

    name: str
    source: str
    over: Expression
    variable: str
    bodies: tuple[Expression, ...]

    def __str__(self) -> str:
        return self.source

    def value(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        items = self.over.value(scope, budget)
        if is_object(items):
            items = [*items]
        if not is_list(items):
            raise ExpressionError(
                f"The expression {self.source!r} has no value: {self.name} takes a list, and what"
                f" stands before it is {kind_of(items)}."
            )
        if len(items) > MAX_LIST_ITEMS:
            raise TooMuchError(
                f"The expression {self.source!r} cannot be used here: an earlier step gave a list"
                f" of more than {MAX_LIST_ITEMS} items."
            )
        budget.charge(len(items) * (LOOKUP + 20 * len(scope)))
        rounds = ((item, {**scope, self.variable: item}) for item in items)
        if self.name == "map":
            *conditions, body = self.bodies
            return [
                body.value(inner, budget)
                for _, inner in rounds
                if all(self._holds(each, inner, budget) for each in conditions)
            ]
        [body] = self.bodies
        if self.name == "filter":
            return [item for item, inner in rounds if self._holds(body, inner, budget)]
        if self.name == "exists_one":
            return sum(self._holds(body, inner, budget) for _, inner in rounds) == 1
        answers = (self._holds(body, inner, budget) for _, inner in rounds)
        return any(answers) if self.name == "exists" else all(answers)

    def _holds(self, body: Expression, scope: Mapping[str, Any], budget: Budget) -> bool:
        answer = body.value(scope, budget)
        if not isinstance(answer, bool):
            raise ExpressionError(
                f"The expression {self.source!r} has no value: {self.name} needs true or false, and"
                f" {body.source!r} is {kind_of(answer)}."
            )
        return answer


Part: TypeAlias = "Path | Has | Macro"


@dataclass(frozen=True)
class Expression:
    """An expression without macros, whose parts stand in `core` as _0, _1 and so on."""

    source: str
    core: str
    parts: tuple[Part, ...]
    operators: int
    literals: int
    patterns: tuple[str, ...]
    locals: frozenset[str] = field(default=frozenset())

    def paths(self) -> Iterator[Path]:
        """Yield every path that begins with the name of a step."""
        for part in self.parts:
            if isinstance(part, Macro):
                for each in (part.over, *part.bodies):
                    yield from each.paths()
            else:
                path = part.path if isinstance(part, Has) else part
                if path.keys[0] not in self.locals:
                    yield path

    def value(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        """Return the value as JSON; raise ExpressionError."""
        if self.core == "_0":
            return self.parts[0].value(scope, budget)
        values: dict[str, Any] = {}
        missing: dict[str, ExpressionError] = {}
        nodes, size = 0, self.literals
        for number, part in enumerate(self.parts):
            try:
                value = part.value(scope, budget)
            except TooMuchError:
                raise
            except ExpressionError as error:
                # An error only if it is really asked for: `has(a.b) ? a.b : ""`.
                missing[f"_{number}"] = error
                continue
            values[f"_{number}"] = value
            count, chars = budget.weigh(value)
            nodes += count
            size += count * NODE + chars * CHAR
        budget.charge(EVALUATION + nodes * CONVERSION + (self.operators + 6) * size)
        for pattern in self.patterns:
            budget.charge(_pattern_work(pattern, size))
        return self._execute(values, missing)

    def _execute(self, values: Mapping[str, Any], missing: Mapping[str, ExpressionError]) -> Any:
        import cel

        context = cel.Context(variables=dict(values), functions={"flatten": flatten})
        try:
            return _as_json(self._program.execute(context))
        except Exception as error:  # what the library raises is as varied as what it is given
            absent = _NOT_FOUND.match(str(error))
            if absent and absent[1] in missing:
                raise missing[absent[1]] from None
            raise ExpressionError(
                f"The expression {self.source!r} has no value: {_reason_of(error)}."
            ) from None

    @cached_property
    def _program(self) -> cel.Program:
        # Imported late: it brings its command line along, for which a start should not wait.
        import cel

        try:
            return cel.compile(self.core)
        except ValueError as error:
            raise unreadable(self.source, self._syntax_fault(error)) from None

    def _syntax_fault(self, error: ValueError) -> str:
        found = re.search(r"(?:input|error at:) '(.*?)'", str(error))
        if found is None:
            return "it is no expression"
        if "<EOF>" in found[1]:
            return "something is missing at its end"
        shown = found[1]
        for number, part in reversed([*enumerate(self.parts)]):
            shown = shown.replace(f"_{number}", str(part))
        return f"{shown!r} is not expected there"

    def prepare(self) -> None:
        """Compile all of it; raise ExpressionError for what the library cannot read."""
        if self.core != "_0":
            _ = self._program
        for part in self.parts:
            if isinstance(part, Macro):
                for each in (part.over, *part.bodies):
                    each.prepare()


def flatten(value: Any) -> Any:
    """Return a text on one line: breaks, tabs and runs of more than four spaces are one space."""
    # The library writes to standard error when a function raises, so other values go through.
    if not isinstance(value, str):
        return value
    return _SPACES.sub(lambda run: run[0] if run[0] in FEW_SPACES else " ", value)


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
    return "a list" if is_list(value) else "an object"


def _pattern_work(pattern: str, size: int) -> int:
    # A counted repetition repeats what stands before it, and may have blanks around its numbers.
    times = 1
    for counts in re.findall(r"\{[^}]*", pattern):
        times *= max([1, *map(int, re.findall("[0-9]+", counts))])
    steps = len(pattern) * times
    classes = len(re.findall(r"\\[pPwWdDsSbB]|\[|\(\?", pattern)) * times
    return steps * size // CHAR * PATTERN_STEP + classes * PATTERN_CLASS


def _reason_of(error: Exception) -> str:
    """Return why an evaluation failed; the library's own texts quote values, so few are taken."""
    text = str(error)
    if isinstance(error, ZeroDivisionError | _NoJsonError):
        return text
    function = _FUNCTION_FAILED.match(text) or _NOT_FOUND.match(text)
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


class _NoJsonError(ValueError):
    """A result that has no place in JSON."""


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
        raise _NoJsonError("a result that is infinite or no number has no place in JSON")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise _NoJsonError("the result has no place in JSON")
