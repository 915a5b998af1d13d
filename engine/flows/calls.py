"""Calls of functions in expressions: each argument is an expression, and their work is charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .budget import CALL, Budget, ExpressionError, NoValueError
from .functions import DEFAULT, Argument, Function
from .functions.kinds import Unfit

if TYPE_CHECKING:
    from .evaluation import Expression


@dataclass(frozen=True)
class Call:
    """`name(argument, …)` or `argument.name(…)`."""

    function: Function
    source: str
    arguments: tuple[Expression, ...]
    # What those arguments are that are written out, as their kinds read them.
    _constants: dict[int, Any] = field(default_factory=dict[int, Any], compare=False)

    def __str__(self) -> str:
        return self.source

    @property
    def inner(self) -> tuple[Expression, ...]:
        return self.arguments

    @property
    def has_default(self) -> bool:
        return self.function.name == DEFAULT

    def value(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        budget.charge(CALL)
        values = [self._argument(number, scope, budget) for number in range(len(self.arguments))]
        try:
            return self.function.call(budget, values)
        except Unfit as error:
            raise self._failed(str(error)) from None
        except OverflowError:
            raise self._failed("a number or time gets too large") from None

    def _argument(self, number: int, scope: Mapping[str, Any], budget: Budget) -> Any:
        if number in self._constants:
            return self._constants[number]
        argument = self.function.arguments[number]
        try:
            value = self.arguments[number].raw(scope, budget)
        except NoValueError:
            if self.has_default and number == 0:
                return None
            raise
        budget.weigh(value)
        if argument.kind.work:
            known = value if isinstance(value, str) else None
            budget.charge_once((argument.kind.name, known), argument.kind.work)
        return self._read(argument, value)

    def prepare(self) -> None:
        """Read what is written out; raise ExpressionError for what can never be right."""
        for number, expression in enumerate(self.arguments):
            expression.prepare()
            if expression.is_constant:
                value = expression.raw({}, Budget(PREPARING, PREPARING))
                read = self._read(self.function.arguments[number], value)
                if not isinstance(read, list | dict):
                    self._constants[number] = read

    def _read(self, argument: Argument, value: Any) -> Any:
        try:
            return argument.kind.read(value)
        except Unfit as error:
            raise self._failed(f"{argument.name} {error}") from None

    def _failed(self, reason: str) -> ExpressionError:
        return ExpressionError(f"The expression {self.source!r} has no value: {reason}.")


# An expression that is written out is short, and so is its value.
PREPARING = 10_000_000
