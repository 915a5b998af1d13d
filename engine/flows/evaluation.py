"""One expression: how it is read, what its work may cost, and its value.

The language is CEL, and the CEL library evaluates it, but it is native code that cannot be stopped
and keeps everything else in the process waiting. So its work is bounded before it begins:

- What grows by multiplication is not left to it. A macro (map, filter, all, exists, exists_one) is
  a loop here, over a list of bounded length, and each round is charged. So is every path: `a.b.c`
  is looked up here and bound to a name of its own, and the library never sees the whole scope.
- So is the work of every function of ours, which is done here (calls.py).
- What is left to it has no loops. Each value named stands in it once, so nothing it makes is larger
  than all of them together, and each operator looks at no more than that: operators times size
  bounds the work, and is charged before. `matches` is charged for its pattern as well, which
  therefore has to be written out.

Errors name paths, kinds and functions, but never a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from ..values import is_list, is_object
from .budget import (
    CHAR,
    CONVERSION,
    EVALUATION,
    LOOKUP,
    NODE,
    Budget,
    ExpressionError,
    NoValueError,
    TooMuchError,
    unreadable,
)
from .calls import Call
from .library import NOT_FOUND, reason_of
from .patterns import pattern_work
from .results import NoJsonError, as_json
from .words import kind_of, names

if TYPE_CHECKING:
    import cel

MAX_LIST_ITEMS = 250


@dataclass(frozen=True)
class Path:
    """`a.b[0].c`."""

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
                raise NoValueError(f"{self} has no value: {self._reason(depth, here)}")
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
    """`has(a.b)`: whether the object `a` has a field `b`.

    A step that is not on this path, or has not given this value on it, has nothing.
    """

    path: Path
    field: str

    def __str__(self) -> str:
        return f"has({self.path}.{self.field})"

    def value(self, scope: Mapping[str, Any], budget: Budget) -> bool:
        step, *rest = self.path.keys
        given = scope.get(str(step))
        if given is None or (rest and is_object(given) and rest[0] not in given):
            budget.charge(LOOKUP)
            return False
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

    @property
    def inner(self) -> tuple[Expression, ...]:
        return (self.over, *self.bodies)

    def prepare(self) -> None:
        for each in self.inner:
            each.prepare()

    def value(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        items = self.over.raw(scope, budget)
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
                body.raw(inner, budget)
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
        answer = body.raw(scope, budget)
        if not isinstance(answer, bool):
            raise ExpressionError(
                f"The expression {self.source!r} has no value: {self.name} needs true or false, and"
                f" {body.source!r} is {kind_of(answer)}."
            )
        return answer


Part: TypeAlias = "Path | Has | Macro | Call"


@dataclass(frozen=True)
class Expression:
    """An expression whose parts, macros and calls of ours too, stand in `core` as _0, _1 …"""

    source: str
    core: str
    parts: tuple[Part, ...]
    operators: int
    literals: int
    patterns: tuple[str, ...]
    locals: frozenset[str] = field(default=frozenset())

    @property
    def is_constant(self) -> bool:
        return not self.parts

    def named(self) -> Iterator[Path | Has]:
        """Yield every path that begins with the name of a step, and what is asked of such a one."""
        for part in self.parts:
            if isinstance(part, Macro | Call):
                for number, each in enumerate(part.inner):
                    yield from each.named()
                    if isinstance(part, Call) and part.has_default and number == 0:
                        yield from each.asked()
            elif (part.path if isinstance(part, Has) else part).keys[0] not in self.locals:
                yield part

    def asked(self) -> Iterator[Has]:
        """Yield what is asked for by whoever says what to take where this has no value."""
        for each in self.named():
            if isinstance(each, Path) and len(each.keys) > 1 and isinstance(each.keys[-1], str):
                yield Has(Path(each.keys[:-1]), each.keys[-1])

    @property
    def is_path(self) -> bool:
        """Whether it is `a.b.c` and nothing else, so that its value is there already."""
        return self.core == "_0" and isinstance(self.parts[0], Path)

    def value(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        """Return the value as JSON; raise ExpressionError."""
        if self._is_read_only:
            return self.parts[0].value(scope, budget)
        value = self.raw(scope, budget)
        budget.weigh(value)
        try:
            return as_json(value)
        except NoJsonError as error:
            raise ExpressionError(
                f"The expression {self.source!r} has no value: {error}."
            ) from None

    @cached_property
    def _is_read_only(self) -> bool:
        return self.core == "_0" and isinstance(self.parts[0], Path | Has)

    def raw(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        """Return the value as the library has it: a moment is no text yet."""
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
            budget.charge(pattern_work(pattern, size))
        return self._execute(values, missing)

    def _execute(self, values: Mapping[str, Any], missing: Mapping[str, ExpressionError]) -> Any:
        import cel

        try:
            return self._program.execute(cel.Context(variables=dict(values)))
        except Exception as error:  # what the library raises is as varied as what it is given
            absent = NOT_FOUND.match(str(error))
            if absent and absent[1] in missing:
                raise missing[absent[1]] from None
            kind = NoValueError if isinstance(error, KeyError | IndexError) else ExpressionError
            raise kind(
                f"The expression {self.source!r} has no value: {reason_of(error)}."
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
            if isinstance(part, Macro | Call):
                part.prepare()
