"""What expressions may cost together, and how their work and their results are counted.

It also has the moment at which they are evaluated, which is one for a whole input. The unit is a
nanosecond of a slow machine, by measurement, and no clock is asked: what is refused is refused
everywhere.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from ..values import is_list, is_object

# What things cost, in nanoseconds.
READING, READING_PATH, LOOKUP, WEIGHING, EVALUATION = 5_000, 1_000, 3_000, 300, 20_000
CONVERSION, NODE, CHAR = 2_000, 400, 2
CALL = 10_000
NUMBER_AS_TEXT, MARK = 400, 2_000
# What a value counts beside its characters, where sizes are counted.
VALUE_SIZE = 100


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value; the text names the path and the cure."""


class NoValueError(ExpressionError):
    """A path that leads to nothing."""


class TooMuchError(ExpressionError):
    """An expression, an input or a run that asks for more work or space than it may have."""


def unreadable(source: str, reason: str) -> ExpressionError:
    """Return the error of an expression that is none."""
    return ExpressionError(f"The expression {source!r} cannot be read: {reason}.")


@dataclass
class Budget:
    """What may still be spent: nanoseconds of work, and the size of all results together.

    `now` is in seconds since 1970.
    """

    work: int
    size: int
    now: float = 0.0
    _loaded: set[Hashable] = field(default_factory=set[Hashable])

    def charge(self, work: int) -> None:
        self.work -= work
        if self.work < 0:
            raise TooMuchError(
                "The expressions would take too long here; make them simpler, or let them look at"
                " less: a field instead of the whole object."
            )

    def charge_once(self, what: Hashable, work: int) -> None:
        """Count what is loaded when it is first used, whether it is there already or not."""
        if what not in self._loaded:
            self._loaded.add(what)
            self.charge(work)

    def room(self, values: int, chars: int) -> None:
        """Count the making of something of this size; refuse what is larger than results may be."""
        if values * VALUE_SIZE + chars > self.size:
            raise _too_large()
        self.charge(values * WEIGHING + chars * CHAR)

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
        self.size -= values * VALUE_SIZE + chars
        if self.size < 0:
            raise _too_large()

    def _afford(self, values: int) -> None:
        if values * WEIGHING > self.work:
            self.charge(self.work + 1)


def _too_large() -> TooMuchError:
    return TooMuchError(
        "The results of the expressions are longer than they may be: 1,000,000 characters in one"
        " input, 20,000,000 in one run."
    )
