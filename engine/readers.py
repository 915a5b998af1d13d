"""Reads of the database: in threads of their own, and never longer than anybody would wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from .database import DatabaseTimeout

# A read that takes longer is given up: whoever waits is told that the database does not answer.
READ_TIMEOUT_S = 4.0
THREADS = 8
GRACE_S = 5.0
T = TypeVar("T")


class Readers:
    """The threads that read, for a loop that never waits for the database itself."""

    def __init__(self, database: sa.Engine, timeout_s: float = READ_TIMEOUT_S) -> None:
        self._database, self._timeout_s = database, timeout_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")
        self._under_way: set[Future[Any]] = set()

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what it reads; raise DatabaseTimeout when nothing comes back."""
        reading = self._threads.submit(self._do, work)
        self._under_way.add(reading)
        reading.add_done_callback(self._under_way.discard)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(reading)
        except TimeoutError:
            raise DatabaseTimeout("the database has not answered in time") from None

    async def rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        """Return all rows of a query; raise DatabaseTimeout when nothing comes back."""
        return await self.read(lambda connection: connection.execute(query).all())

    async def close(self) -> None:
        """Take on nothing more, and wait shortly for what is under way: its connections go back."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        ending = [asyncio.wrap_future(each) for each in self._under_way if not each.done()]
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await asyncio.gather(*ending, return_exceptions=True)

    def _do(self, work: Callable[[sa.Connection], T]) -> T:
        with self._database.connect() as connection:
            return work(connection)
