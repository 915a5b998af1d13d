"""Whoever waits for an answer waits only so long for a database that hangs.

What they have asked for is never broken off because of that: it goes on by itself, and comes to its
end when the database does, so that memory, files and services agree with what was stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from .database import DatabaseTimeout

PATIENCE_S = 4.0
# It is waited in so many spans: for however long this process stands still, that is one of them.
SPANS = 4
T = TypeVar("T")
# How often whoever waits for another looks whether that one hangs.
LOOK_S = 0.5


class StoringTimeout(DatabaseTimeout):
    """The database has not said in time whether it has stored something."""


@dataclass
class Asker:
    """Somebody who waits for an answer; `late` is done when it has taken too long."""

    late: asyncio.Future[None]
    is_waiting: bool = True

    def tell(self) -> None:
        if not self.late.done():
            self.late.set_result(None)


async def is_done(work: asyncio.Future[Any], within_s: float) -> bool:
    """Wait until something is done or has failed; false when it is not after so long.

    What was done while this process stood still is done, and what could not be is waited for.
    """
    for _ in range(SPANS):
        if (await asyncio.wait({work}, timeout=within_s / SPANS))[0]:
            return True
    return False


async def in_time(work: Coroutine[Any, Any, T], within_s: float) -> T:
    """Return what the work gives; end it and raise DatabaseTimeout when that takes longer."""
    doing = asyncio.create_task(work)
    try:
        if await is_done(doing, within_s):
            return doing.result()
    finally:
        doing.cancel()
    raise DatabaseTimeout("the database has not stored anything in time")


_present: ContextVar[Asker | None] = ContextVar("asker", default=None)


def is_asked_for() -> bool:
    """Say whether somebody waits for the answer to what is done here."""
    asker = _present.get()
    return asker is not None and asker.is_waiting


@contextmanager
def storing() -> Generator[None]:
    """Let whoever waits for an answer go when what is done inside takes too long."""
    asker = _present.get()
    if asker is None:
        yield
        return
    loop, left = asyncio.get_running_loop(), SPANS
    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal left, timer
        left -= 1
        if left:
            timer = loop.call_later(PATIENCE_S / SPANS, look)
        else:
            asker.tell()

    timer = loop.call_later(PATIENCE_S / SPANS, look)
    try:
        yield
    finally:
        timer.cancel()


@asynccontextmanager
async def in_turn(lock: asyncio.Lock, is_hanging: Callable[[], bool]) -> AsyncGenerator[None]:
    """Hold the lock inside.

    Raise DatabaseTimeout for somebody who waits for an answer while the one before them hangs.
    """
    while not await _is_acquired(lock):
        if is_hanging():
            raise DatabaseTimeout("the database has not taken what came before")
    try:
        yield
    finally:
        lock.release()


async def _is_acquired(lock: asyncio.Lock) -> bool:
    if not is_asked_for():
        return await lock.acquire()
    try:
        async with asyncio.timeout(LOOK_S):
            return await lock.acquire()
    except TimeoutError:
        return False


class Impatient:
    """Does what is asked for; what nobody waits for any more goes on."""

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        self._going_on: set[asyncio.Task[None]] = set()

    async def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it, and raise what it raises; raise StoringTimeout when it hangs at the database."""
        asker = Asker(asyncio.get_running_loop().create_future())
        mark = _present.set(asker)
        doing = asyncio.create_task(work)
        _present.reset(mark)
        try:
            await asyncio.wait({doing, asker.late}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            doing.cancel()
            raise
        finally:
            asker.is_waiting = False
        if doing.done():
            doing.result()
            return
        self._going_on.add(doing)
        doing.add_done_callback(self._end)
        raise StoringTimeout("the database has not said in time whether it has stored it")

    def _end(self, doing: asyncio.Task[None]) -> None:
        self._going_on.discard(doing)
        if not doing.cancelled() and (error := doing.exception()) is not None:
            self._report(error)
