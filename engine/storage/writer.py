"""Group commit: the writes of everyone who asked in the same few milliseconds share one commit."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeGuard, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .database import DATABASE_AWAY, DatabaseTimeout, LeaseLostError, concerns_all, stood_still
from .fence import Right, right_of_this
from .patience import PATIENCE_S, is_asked_for, storing

T = TypeVar("T")
W = TypeVar("W")
Write = Callable[[sa.Connection], Any]

# A database that is down or locked is asked again after this.
PAUSE_S = 1.0
# How often somebody looks whether the writer has ended.
LOOK_S = 0.1
# More would only make the first of a batch wait longer for the last.
MAX_JOBS_PER_COMMIT = 500
# So many are told in one turn of the loop that they are committed, then others have theirs. The
# same done for many in a row takes less time: with four, all in all, a twentieth more.
AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Joined(Generic[W, T]):
    """A write that is done together with all of its kind in a batch, in a few statements for all.

    `do` gets what is to be written, of each in its order, and returns a result for each.
    """

    do: Callable[[sa.Connection, Sequence[W]], Sequence[T]]
    what: W

    def __call__(self, connection: sa.Connection) -> T:
        return self.do(connection, [self.what])[0]


@dataclass(frozen=True, slots=True)
class _Job:
    write: Write
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    in_transaction: bool
    right: Right | None

    @property
    def joined(self) -> Joined[Any, Any] | None:
        return self.write if _is_joined(self.write) else None


class Writer:
    """One thread that writes for all others.

    A write is a function of the connection; it may be run a second time, because a batch with a
    failing write is rolled back and its writes are then committed one by one. Where the database
    takes nothing at all, the whole batch fails at once, so that nobody waits for all others.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._kept: sa.Connection | None = None
        self._committing_since: float | None = None
        self.trouble = ""
        """Why the database did not take the last commit; empty when it did."""
        # What the loops have asked for in a turn that is not over.
        self._asked: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    async def commit(
        self, write: Callable[[sa.Connection], T], *, in_transaction: bool = True
    ) -> T:
        """Run the write and return its result once it has been committed; raise what it raises.

        Outside a transaction each statement may be committed by itself, which costs less. Behind a
        commit that hangs there is no place for what somebody may ask for again: DatabaseTimeout.
        """
        if self.is_hanging and is_asked_for():
            raise DatabaseTimeout("the database has not taken what came before")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if loop not in self._asked:
            self._asked[loop] = []
            loop.call_soon(self._pass_on, loop)
        self._asked[loop].append(_Job(write, done, loop, in_transaction, right_of_this()))
        with storing():
            return await done

    async def commit_in_the_end(self, write: Callable[[sa.Connection], T]) -> T:
        """Commit what has nobody who would ask again: try until the database takes it.

        Raise LeaseLostError when that is another process's to do.
        """
        while True:
            try:
                return await self.commit(write)
            except LeaseLostError:
                raise
            except DATABASE_AWAY:
                await asyncio.sleep(PAUSE_S)

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the thread what was asked for in this turn of a loop.

        Given one by one, the first would be committed alone while the loop asks for the others:
        a commit costs what a dozen of them do, and each interrupts the loop several times.
        """
        asked = self._asked.pop(loop, [])
        for start in range(0, len(asked), MAX_JOBS_PER_COMMIT):
            self._jobs.put(asked[start : start + MAX_JOBS_PER_COMMIT])

    def close(self) -> bool:
        """Finish what was asked for, then stop; return False when the database hangs.

        What has not been committed then, nobody was told to be stored.
        """
        for loop in list(self._asked):
            self._pass_on(loop)
        self._jobs.put(None)
        while self.is_alive and not self.is_hanging:
            self._thread.join(LOOK_S)
        return not self.is_alive

    def _work(self) -> None:
        try:
            self._write_all()
        finally:
            if self._kept is not None:
                self._kept.close()

    def _write_all(self) -> None:
        while (batch := self._jobs.get()) is not None:
            is_last = False
            while len(batch) < MAX_JOBS_PER_COMMIT and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    is_last = True
                    break
                batch += following
            self._committing_since = time.monotonic()
            self._commit(batch)
            self._committing_since = None
            if is_last:
                return

    def _run(self, batch: list[_Job]) -> list[Any]:
        """Run the writes of a batch and commit them.

        On SQLite on a connection that is kept: taking it from the pool and giving it back costs a
        fifth of a commit. A server may go away, and the pool sees to that.
        """
        if self._database.dialect.name != "sqlite":
            with self._database.begin() as connection:
                # Here only, because a folder with SQLite has one process.
                for right in {job.right for job in batch if job.right is not None}:
                    right.prove(connection)
                return _write(connection, batch)
        if self._kept is None:
            self._kept = _connect_for_good(self._database)
        if not any(job.in_transaction for job in batch):
            return [job.write(self._kept) for job in batch]
        with self._kept.begin():
            self._kept.exec_driver_sql("BEGIN IMMEDIATE")
            return _write(self._kept, batch)

    def _forget_connection(self) -> None:
        """Close the kept connection: after a full disk it could not be used any more."""
        if self._kept is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._kept.close()
            self._kept = None

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def is_hanging(self) -> bool:
        """Say whether a commit takes longer than anybody waits for it."""
        since = self._committing_since
        return since is not None and time.monotonic() - since > PATIENCE_S

    def _commit(self, batch: list[_Job], *, is_again: bool = False) -> None:
        results: list[Any]
        try:
            results = self._run(batch)
            self.trouble = ""
        except Exception as error:  # goes to whoever asked for the write
            if stood_still(error) and not is_again:
                self._commit(batch, is_again=True)
                return
            is_away = concerns_all(error)
            if is_away:
                self.trouble = _reason(error)
                self._forget_connection()
                if not isinstance(error, DATABASE_AWAY):
                    # A connection that the server has ended within a transaction: the driver calls
                    # that a fault of its own.
                    error = DatabaseTimeout(self.trouble)
            if len(batch) > 1 and not is_away:
                for job in batch:
                    self._commit([job])
                return
            results = [error] * len(batch)
        _settle(batch, results)


def _write(connection: sa.Connection, batch: list[_Job]) -> list[Any]:
    """Do the writes in their order, those that are joined where the first of them stands.

    No two of a batch need that order: whoever writes one thing after another waits in between.
    """
    joined: dict[Callable[..., Sequence[Any]], list[tuple[int, Any]]] = {}
    for number, job in enumerate(batch):
        if job.joined is not None:
            joined.setdefault(job.joined.do, []).append((number, job.joined.what))
    results: list[Any] = [None] * len(batch)
    for number, job in enumerate(batch):
        if job.joined is None:
            results[number] = job.write(connection)
        elif same := joined.pop(job.joined.do, None):
            done = job.joined.do(connection, [what for _, what in same])
            for (each, _), result in zip(same, done, strict=True):
                results[each] = result
    return results


def _is_joined(write: object) -> TypeGuard[Joined[Any, Any]]:
    return isinstance(write, Joined)


def _reason(error: Exception) -> str:
    # The driver's own words: SQLAlchemy adds the statement and where to read of it.
    original = error.orig if isinstance(error, DBAPIError) else error
    return str(original).splitlines()[0][:200]


def _connect_for_good(database: sa.Engine) -> sa.Connection:
    """Open a connection that is never the pool's again, and begins no transaction by itself."""
    connection = database.connect()
    driver: Any = connection.connection.dbapi_connection
    driver.isolation_level = None
    connection.detach()
    return connection


def _settle(batch: list[_Job], results: list[Any]) -> None:
    # One wake-up of the loop for the whole batch.
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for job, result in zip(batch, results, strict=True):
        by_loop.setdefault(job.loop, []).append((job.done, result))
    for loop, settled in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, loop, settled)


def _resolve(
    loop: asyncio.AbstractEventLoop, settled: list[tuple[asyncio.Future[Any], Any]]
) -> None:
    """Let some go on in each turn of the loop."""
    if len(settled) > AT_ONCE:
        loop.call_soon(_resolve, loop, settled[AT_ONCE:])
    for done, result in settled[:AT_ONCE]:
        if done.cancelled():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)
