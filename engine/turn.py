"""Whose turn it is to route and to execute: of the processes on one database, one at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from .contract import Log

LOCK = 0x617070_6D6978
# So soon another process takes over when one has died, and this one notices that it has lost it.
LOOK_S = 2.0


@dataclass
class Turn:
    """On PostgreSQL a lock that ends with its connection; on SQLite the data folder is locked.

    `is_mine` is set while it is this process's turn.
    """

    database: sa.Engine
    log: Log
    is_mine: asyncio.Event = field(default_factory=asyncio.Event)

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
            connection: sa.Connection | None = None
            try:
                connection = await asyncio.to_thread(self.database.connect)
                is_mine = await asyncio.to_thread(take, connection)
                while True:  # each look raises when the connection is gone, and the lock with it
                    if is_mine:
                        self.is_mine.set()
                    await asyncio.sleep(LOOK_S)
                    look = _look if is_mine else take
                    is_mine = await asyncio.to_thread(look, connection)
            except SQLAlchemyError as error:
                self.log.warning("turn_lost", error=type(error).__name__)
            finally:
                self.is_mine.clear()
                if connection is not None:
                    # Closed, not given back to the pool: the lock must end with it.
                    connection.invalidate()
                    connection.close()
            await asyncio.sleep(LOOK_S)


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
