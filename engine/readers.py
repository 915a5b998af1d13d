"""Reads of the database: in threads of their own, and never longer than anybody would wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa

from .database import DatabaseTimeout

# A read that takes longer is given up: whoever waits is told that the database does not answer.
READ_TIMEOUT_S = 4.0
THREADS = 8
T = TypeVar("T")


class Readers:
    """The threads that read, for a loop that never waits for the database itself."""

    def __init__(self, database: sa.Engine, timeout_s: float = READ_TIMEOUT_S) -> None:
        self._database, self._timeout_s = database, timeout_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what it reads; raise DatabaseTimeout when nothing comes back."""
        reading = asyncio.get_running_loop().run_in_executor(self._threads, self._do, work)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await reading
        except TimeoutError:
            raise DatabaseTimeout("the database has not answered in time") from None

    async def rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        """Return all rows of a query; raise DatabaseTimeout when nothing comes back."""
        return await self.read(lambda connection: connection.execute(query).all())

    def close(self) -> None:
        """Take on nothing more; what hangs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _do(self, work: Callable[[sa.Connection], T]) -> T:
        with self._database.connect() as connection:
            return work(connection)
