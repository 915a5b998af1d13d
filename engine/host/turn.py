"""Whose turn it is to route and to execute: of the processes on one database, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..contract import Log

LOCK = 0x617070_6D6978
# So soon another process takes over when one has died, and this one notices that it has lost it.
LOOK_S = 2.0
GRACE_S = 3.0
T = TypeVar("T")


@dataclass
class Turn:
    """On PostgreSQL a lock that ends with its connection; on SQLite the data folder is locked.

    `is_mine` is set while it is this process's turn, and `on_lost` is called when it is no more.
    """

    database: sa.Engine
    log: Log
    on_lost: Callable[[], None]
    is_mine: asyncio.Event = field(default_factory=asyncio.Event)
    # Of its own: the loop's threads are waited for at the end, and this one may hang.
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="turn")
    )

    @property
    def is_alone(self) -> bool:
        """Say whether no other process can be on this database."""
        return self.database.dialect.name == "sqlite"

    async def keep(self) -> None:
        """Take the turn when it is free, and notice when it is lost, until cancelled."""
        if self.is_alone:
            self.is_mine.set()
            await asyncio.Event().wait()
        while True:
            held: list[sa.Connection] = []
            try:
                await self._to_its_end(partial(self._connect, held))
                is_mine = await self._to_its_end(partial(take, held[0]))
                while True:  # each look raises when the connection is gone, and the lock with it
                    if is_mine:
                        self.is_mine.set()
                    await asyncio.sleep(LOOK_S)
                    look = partial(_look if is_mine else take, held[0])
                    is_mine = await self._to_its_end(look)
            except SQLAlchemyError as error:
                self.log.warning("turn_lost", error=type(error).__name__)
            finally:
                self.is_mine.clear()
                self.on_lost()
                for connection in held:
                    # Closed, not given back to the pool: the lock must end with it.
                    connection.invalidate()
                    connection.close()
            await asyncio.sleep(LOOK_S)

    def close(self) -> None:
        """End the thread, unless it hangs at the database."""
        self._thread.shutdown(wait=False)

    def _connect(self, held: list[sa.Connection]) -> None:
        held.append(self.database.connect())

    async def _to_its_end(self, work: Callable[[], T]) -> T:
        """Do it in the thread; when this is cancelled, the thread is done with it all the same."""
        doing = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing], timeout=GRACE_S)
            raise


def take(connection: sa.Connection) -> bool:
    """Take the lock for as long as the connection lasts; say whether it was free."""
    query = sa.select(sa.func.pg_try_advisory_lock(LOCK))
    is_taken = bool(connection.scalar(query))
    connection.commit()
    return is_taken


def _look(connection: sa.Connection) -> bool:
    connection.scalar(sa.select(sa.literal(1)))
    connection.commit()
    return True
