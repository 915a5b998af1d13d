"""Reads of the database: in threads of their own, and never longer than anybody would wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from .database import DatabaseTimeout
from .patience import is_done

# A read that takes longer is given up: whoever waits is told that the database does not answer.
READ_TIMEOUT_S = 4.0
# The first question may wait for a connection, perhaps with the second of two servers.
FIRST_ANSWER_S = 6.0
THREADS = 8
# How long the end waits for reads that somebody waits for, and for those that were given up.
GRACE_S, GIVEN_UP_GRACE_S = 3.0, 1.0
T = TypeVar("T")


class Readers:
    """The threads that read, for a loop that never waits for the database itself."""

    def __init__(self, database: sa.Engine, timeout_s: float = READ_TIMEOUT_S) -> None:
        self._database, self._timeout_s = database, timeout_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")
        self._under_way: set[Future[Any]] = set()
        self._given_up: set[Future[Any]] = set()

    async def read(self, work: Callable[[sa.Connection], T], *, within_s: float | None = None) -> T:
        """Return what it reads; raise DatabaseTimeout when nothing comes back."""
        reading = self._threads.submit(self._do, work)
        self._under_way.add(reading)
        reading.add_done_callback(self._under_way.discard)
        answer = asyncio.wrap_future(reading)
        try:
            if await is_done(answer, within_s or self._timeout_s):
                return answer.result()
        finally:
            answer.cancel()
        self._given_up.add(reading)
        reading.add_done_callback(self._given_up.discard)
        raise DatabaseTimeout("the database has not answered in time")

    async def rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        """Return all rows of a query; raise DatabaseTimeout when nothing comes back."""
        return await self.read(lambda connection: connection.execute(query).all())

    async def close(self) -> bool:
        """Take on nothing more, and wait shortly for what is under way: its connections go back.

        Return False when something has not ended.
        """
        self._threads.shutdown(wait=False, cancel_futures=True)
        ending = [asyncio.wrap_future(each) for each in self._under_way if not each.done()]
        with suppress(TimeoutError):
            are_given_up = self._under_way <= self._given_up
            async with asyncio.timeout(GIVEN_UP_GRACE_S if are_given_up else GRACE_S):
                await asyncio.gather(*ending, return_exceptions=True)
        if self._under_way:
            return False
        await asyncio.to_thread(self._threads.shutdown)
        return True

    def _do(self, work: Callable[[sa.Connection], T]) -> T:
        with self._database.connect() as connection:
            return work(connection)
