"""What keeps out of the tables what a process writes that has lost its turn without knowing it.

A process that is stopped for a while, or cut off, finds another one at work when it goes on. What
it does by right of its turn carries the term that it had when it began it, and each of its commits
asks the table whether that term is still the present one. Where several processes execute at a
time, each segment is claimed (`claims`), and its commits ask for the claim in the same way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from .database import LeaseLostError
from .tables import leases

TURN = "turn"


class Right(Protocol):
    """What lets a process do something that others do as soon as it is gone."""

    @property
    def is_over(self) -> bool:
        """Say whether another process may have it, as far as this one can know by itself."""
        ...

    def prove(self, connection: sa.Connection) -> None:
        """Raise LeaseLostError if another process has had it since.

        None gets it before the end of the transaction.
        """
        ...


@dataclass(eq=False)
class Term:
    """The time for which one process has the turn; nobody else gets the same number."""

    number: int
    # Of time.monotonic(); put off whenever the lease is renewed.
    ends_at: float
    name: str = TURN

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def prove(self, connection: sa.Connection) -> None:
        if not connection.execute(_PROOF, {"name": self.name, "number": self.number}).first():
            raise LeaseLostError("another process has the turn")


_PROOF = (
    sa.select(leases.c.term)
    .where(leases.c.name == sa.bindparam("name"), leases.c.term == sa.bindparam("number"))
    .with_for_update(read=True)
)
_right: ContextVar[Right | None] = ContextVar("right", default=None)


@dataclass
class Fence:
    """`is_open` is set while it is this process's turn. On SQLite it always is, and has no term."""

    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    term: Term | None = None
    """The present one, or the last."""

    async def enter(self) -> Term | None:
        """Wait for the turn; what this task does from now on, and what it begins, is of its term.

        What was known in another term may not be so any more.
        """
        await self.is_open.wait()
        _right.set(self.term)
        return self.term

    def context(self) -> Context:
        """Return a context for what is begun now, which knows of nothing but the term."""
        return context_of(self.term)


def context_of(right: Right | None) -> Context:
    """Return a context for what is begun now by such a right, which knows of nothing else."""
    context = Context()
    context.run(_right.set, right)
    return context


@contextmanager
def outside_fence() -> Generator[None]:
    """Let what is done inside be written whoever has the turn."""
    mark = _right.set(None)
    try:
        yield
    finally:
        _right.reset(mark)


def right_of_this() -> Right | None:
    """Return the right by which is done what is done here, if it takes one."""
    return _right.get()


def check_right() -> None:
    """Raise LeaseLostError when nothing more may be begun here."""
    right = _right.get()
    if right is not None and right.is_over:
        raise LeaseLostError("the right to do it is over")
