"""What keeps out of the tables what a process writes that has lost its turn without knowing it.

A process that is stopped for a while, or cut off, finds another one at work when it goes on. What
it does by right of its turn carries the term that it had when it began it, and each of its commits
asks the table whether that term is still the present one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass, field

import sqlalchemy as sa

from .database import LeaseLostError
from .tables import leases

TURN = "turn"


@dataclass(eq=False)
class Term:
    """The time for which one process has the turn; nobody else gets the same number."""

    number: int
    # Of time.monotonic(); put off whenever the lease is renewed.
    ends_at: float

    @property
    def is_over(self) -> bool:
        """Say whether another process may have the turn, as far as this one can know by itself."""
        return time.monotonic() >= self.ends_at

    def prove(self, connection: sa.Connection) -> None:
        """Raise LeaseLostError if another process has had the turn since.

        None gets it before the end of the transaction.
        """
        if not connection.execute(_PROOF, {"number": self.number}).first():
            raise LeaseLostError("another process has the turn")


_PROOF = (
    sa.select(leases.c.term)
    .where(leases.c.name == TURN, leases.c.term == sa.bindparam("number"))
    .with_for_update(read=True)
)
_term: ContextVar[Term | None] = ContextVar("term", default=None)


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
        _term.set(self.term)
        return self.term

    def context(self) -> Context:
        """Return a context for what is begun now, which knows of nothing but the term."""
        context = Context()
        context.run(_term.set, self.term)
        return context


@contextmanager
def outside_fence() -> Generator[None]:
    """Let what is done inside be written whoever has the turn."""
    mark = _term.set(None)
    try:
        yield
    finally:
        _term.reset(mark)


def term_of_this() -> Term | None:
    """Return the term of which is what is done here, if it is of any."""
    return _term.get()


def check_term() -> None:
    """Raise LeaseLostError when nothing more may be begun here."""
    term = _term.get()
    if term is not None and term.is_over:
        raise LeaseLostError("the turn is over")
