"""What the sandbox, a person or the engine's process does to a message, by the matrix's names."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

AT_ONCE_S, HOUR_S, DAY_S = 0.05, 3600.0, 86_400.0
When = Literal["at first", "before access ends", "after access has ended", "before the crash"]


@dataclass(frozen=True)
class Behaviour:
    """What makes a row special; `statuses_after_s` is when Meta begins to tell."""

    fault: Mapping[str, Any] | None = None
    person: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_blocking: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    statuses_after_s: float = AT_ONCE_S
    orders: Sequence[Sequence[str]] = ((),)
    """Statuses that are told in the place of Meta's own: one send for each order."""
    begins: When = "at first"
    needs_time: bool = False
    """It ends when the engine's clock has moved."""

    @property
    def is_slow(self) -> bool:
        return self.fault is not None and "delayS" in self.fault


def once(kind: str = "error", **more: Any) -> dict[str, Any]:
    return {"endpoint": "messages", "kind": kind, "count": 1, **more}


PERMUTED = tuple(itertools.permutations(("sent", "delivered", "read", "played")))
FAILED = "failed.131000"
FAILURES = (("sent", FAILED), (FAILED, "sent"), (FAILED,), (FAILED, FAILED, "sent"))
BEHAVIOURS: Mapping[str, Behaviour] = {
    "read": Behaviour(),
    "delivered and never read": Behaviour(person={"readReceipts": False}),
    "phone off": Behaviour(person={"online": False}),
    "blocked by the person": Behaviour(is_blocking=True),
    "dropped silently": Behaviour(settings={"outOfWindow": "silent"}),
    "charged without payment": Behaviour(settings={"payment": "silent"}),
    "charged and refused": Behaviour(settings={"payment": "failed"}),
    "fails later": Behaviour(person={"failNext": {"code": 130472}}),
    "fails at once": Behaviour(once(code=131008)),
    "not on the development list": Behaviour(person={"allowed": False}),
    "throttled, then taken": Behaviour(once(code=130429, retryAfterS=1)),
    "answer lost": Behaviour(once("acceptedThenLost")),
    "answer cut off": Behaviour(once("cut")),
    "answer truncated": Behaviour(once("truncated")),
    "broken off, not taken": Behaviour(once("disconnect"), needs_time=True),
    "empty answer, not taken": Behaviour(once("empty"), needs_time=True),
    "error page, not taken": Behaviour(once("html"), needs_time=True),
    "server error, not taken": Behaviour(once(code=131000, httpStatus=500), needs_time=True),
    "answer lost, status after the wait": Behaviour(
        once("acceptedThenLost"), statuses_after_s=2 * HOUR_S, needs_time=True
    ),
    "answer lost, fails after the wait": Behaviour(
        once("acceptedThenLost"),
        person={"failNext": {"code": 130472}},
        statuses_after_s=2 * HOUR_S,
        needs_time=True,
    ),
    "statuses in every order": Behaviour(statuses_after_s=99 * DAY_S, orders=PERMUTED),
    "failure in every order": Behaviour(statuses_after_s=99 * DAY_S, orders=FAILURES),
    "crash before it is taken": Behaviour(
        once("disconnect", delayS=HOUR_S), begins="before the crash", needs_time=True
    ),
    "crash after it is taken": Behaviour(
        once("slow", delayS=1.0), statuses_after_s=HOUR_S, begins="before the crash"
    ),
    "crash before the next try": Behaviour(
        once(code=130429, retryAfterS=600), begins="before the crash", needs_time=True
    ),
    "restart and upgrade while waiting": Behaviour(
        once("acceptedThenLost"), statuses_after_s=HOUR_S
    ),
    "restart and upgrade before it is delivered": Behaviour(statuses_after_s=HOUR_S),
    "access ends before": Behaviour(begins="after access has ended"),
    "access ends while waiting": Behaviour(
        once("acceptedThenLost"), statuses_after_s=HOUR_S, begins="before access ends"
    ),
}
OF_ACCESS = ("access ends before", "access ends while waiting")
