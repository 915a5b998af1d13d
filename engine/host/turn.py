"""Whose turn it is to route and to execute: of the processes on one database, one at a time.

Where all of them execute, each has a lease of its own beside the turn, by which the others see that
it lives.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..contract import Log
from ..storage.claims import ALONE, others_execute
from ..storage.database import DATABASE_AWAY
from ..storage.fence import TURN, Fence, Term
from ..storage.statements import insert
from ..storage.tables import leases
from ..storage.writer import Writer

# Another process takes over this long after the last sign of life, and one look.
LEASE_S = 8.0
LOOK_S = 2.0
GRACE_S = 3.0
NOT_NOW = (*DATABASE_AWAY, SQLAlchemyError)


@dataclass
class Turn:
    """On PostgreSQL a lease in a table, by the database's own clock; on SQLite the folder's lock.

    The writer renews it, so whoever cannot write loses it. `on_lost` is called when it is lost, and
    `fence` is open while it is this process's.
    """

    writer: Writer
    log: Log
    on_lost: Callable[[], None]
    is_alone: bool
    """Whether no other process can be on this database."""
    executes_alone: bool = False
    """Whether what is due is executed by whoever has the turn: it gives way to those that share."""
    name: str = TURN
    lease_s: float = LEASE_S
    look_s: float = LOOK_S
    fence: Fence = field(default_factory=Fence)
    _holder: str = field(init=False)
    _term: Term | None = None
    _end: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self._holder = f"{ALONE if self.executes_alone else ''}{uuid.uuid4().hex}"

    @property
    def _what(self) -> str:
        return "turn" if self.name == TURN else "lease"

    @property
    def is_mine(self) -> asyncio.Event:
        """What is set while it is this process's turn."""
        return self.fence.is_open

    async def make(self) -> None:
        """Make the lease, where it is this process's own."""
        await self.writer.commit(partial(make_lease, name=self.name))

    async def keep(self) -> None:
        """Take the turn when it is free, and give up what was begun when it is lost."""
        if self.is_alone:
            self.fence.is_open.set()
            await asyncio.Event().wait()
        try:
            while True:
                await self._look()
                await asyncio.sleep(self.look_s)
        finally:
            self._lose()

    async def close(self) -> None:
        """Let another process have it at once: what was under way here has ended."""
        term, self._term = self._term, None
        if term is None or self.writer.is_hanging:
            return
        with suppress(TimeoutError, *NOT_NOW):
            async with asyncio.timeout(GRACE_S):
                await self.writer.commit(partial(give_back, term=term))

    async def _look(self) -> None:
        # Before the database reads its clock, so it ends here before it ends there.
        asked_at = time.monotonic()
        take_it = partial(take, name=self.name, holder=self._holder, lease_s=self.lease_s)
        try:
            number = await self.writer.commit(take_it)
        except NOT_NOW as error:
            self.log.warning("lease_not_renewed", error=type(error).__name__)
            return
        if number is None:
            self._term = None
            self._lose()
        else:
            self._hold(number, asked_at + self.lease_s)

    def _hold(self, number: int, ends_at: float) -> None:
        if self._term is None or self._term.number != number:
            self._lose()
            self._term = Term(number, ends_at, self.name)
            self.log.info(f"{self._what}_taken", term=number)
        # Whoever had it last has it again: nobody else was at work, and what is under way goes on.
        self._term.ends_at = ends_at
        self._put_end_off(ends_at - time.monotonic())
        self.fence.term = self._term
        self.fence.is_open.set()

    def _put_end_off(self, delay_s: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(max(delay_s, 0.0), self._lose)

    def _lose(self) -> None:
        if self._end is not None:
            self._end.cancel()
        if self.fence.is_open.is_set():
            self.log.warning(f"{self._what}_over")
            self.fence.is_open.clear()
            self.on_lost()


def take(connection: sa.Connection, *, holder: str, lease_s: float, name: str = TURN) -> int | None:
    """Take the lease if it is free, or renew it; return its term, None if another has it.

    Nobody is waited for: whoever is just writing by right of it has it.
    """
    now = sa.extract("epoch", sa.func.clock_timestamp())
    may = sa.or_(leases.c.holder == holder, leases.c.expires_at < now)
    if holder.startswith(ALONE):
        may &= ~others_execute()
    free = sa.select(leases.c.name).where(leases.c.name == name, may)
    change = {
        "holder": holder,
        "term": sa.case((leases.c.holder == holder, leases.c.term), else_=leases.c.term + 1),
        "expires_at": now + lease_s,
    }
    taken = (
        sa.update(leases)
        .where(leases.c.name == free.with_for_update(skip_locked=True).scalar_subquery())
        .values(change)
        .returning(leases.c.term)
    )
    number: int | None = connection.scalar(taken)
    return number


def make_lease(connection: sa.Connection, *, name: str) -> None:
    """Make a lease that nobody has yet, unless there is one."""
    free = {"name": name, "holder": "", "term": 0, "expires_at": 0.0}
    connection.execute(insert(leases, connection).values(free).on_conflict_do_nothing())


def give_back(connection: sa.Connection, *, term: Term) -> None:
    """End a term, if it has not ended."""
    mine = (leases.c.name == term.name) & (leases.c.term == term.number)
    connection.execute(sa.update(leases).where(mine).values(expires_at=0.0))
