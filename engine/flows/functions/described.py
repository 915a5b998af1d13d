"""What is said of a function, and how it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..budget import Budget, ExpressionError
from .kinds import Kind

# It gets what may be spent and its arguments as their kinds read them, and raises Unfit.
Do: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Argument:
    name: str
    kind: Kind
    is_optional: bool = False

    def __str__(self) -> str:
        return self.name + "?" * self.is_optional


@dataclass(frozen=True)
class Function:
    """One function; `example` is an expression, and `result` its value.

    A `function` stands before its brackets, `phone(a)`, a `method` behind a value, `a.trim()`, and
    a `macro` is a method that takes an expression, `a.map(x, x + 1)`. What is done here, by `do`,
    may be written in either way; the CEL library does the others, and knows each in one way only.
    """

    name: str
    kind: Literal["function", "method", "macro"]
    group: str
    arguments: tuple[Argument, ...]
    gives: str
    description: str
    example: str
    result: Any
    # What it is called elsewhere, in small letters.
    keywords: tuple[str, ...] = ()
    do: Do | None = None

    @property
    def signature(self) -> str:
        if self.kind == "function":
            return f"{self.name}({', '.join(map(str, self.arguments))})"
        before, *others = self.arguments
        return f"{before.name}.{self.name}({', '.join(map(str, others))})"

    def check_call(self, given: int, *, after_dot: bool) -> None:
        """Raise ExpressionError unless it can be called so; what stands before the dot counts."""
        least = sum(not each.is_optional for each in self.arguments)
        is_other_way = self.do is None and after_dot is not (self.kind == "method")
        if is_other_way or not least <= given <= len(self.arguments):
            raise ExpressionError(
                f"{self.name} cannot be called so; it is {self.signature}, as in {self.example}"
            )

    def call(self, budget: Budget, values: list[Any]) -> Any:
        assert self.do is not None
        return self.do(budget, *values)
