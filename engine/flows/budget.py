"""What expressions may cost together, and how their work and their results are counted.

The unit is a nanosecond of a slow machine, by measurement, and no clock is asked: what is refused
is refused everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..values import is_list, is_object

# What things cost, in nanoseconds.
READING, LOOKUP, WEIGHING, EVALUATION = 5_000, 3_000, 300, 20_000
CONVERSION, NODE, CHAR = 2_000, 400, 2
NUMBER_AS_TEXT, MARK = 400, 2_000


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
