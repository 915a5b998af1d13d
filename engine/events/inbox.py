"""Events: taken in as they were sent, before anybody is told so, and then read and kept once each.

Taking in is one small row, because a service that delivers thousands waits for the answer, and what
it sends again when it has to wait costs more than reading it a little later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from ..contract import Clock, Plugin, ThrottledError
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.fence import outside_fence
from ..storage.readers import Readers
from ..storage.tables import events, runs
from ..storage.writer import Writer
from ..times import iso
from .reading import Reading, keep_events, read_all, unreadable, waiting_in

# Of the newest events so many are looked through for those that an owner may see.
ROWS_IN_STATEMENT = 500
# When so many shared a commit, the next one waits a moment until it has enough, because a commit
# costs what a dozen rows do.
BUSY_ROWS, ENOUGH_ROWS, GATHER_S = 8, 48, 0.002
# Whoever delivers is told after this that the database does not answer, and delivers again.
ACCEPT_S = 4.0
# So many bytes may wait for a database that does not answer.
MAX_WAITING_BYTES = 64 * 1024 * 1024


@dataclass
class _Batch:
    rows: list[tuple[str, bytes, float]] = field(default_factory=list[tuple[str, bytes, float]])
    waiters: list[asyncio.Future[None]] = field(default_factory=list["asyncio.Future[None]"])
    has_enough: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, error: ThrottledError | None = None) -> None:
        for waiter in self.waiters:
            # Whoever has gone in the meantime has cancelled its own.
            if not waiter.done():
                waiter.set_exception(error) if error else waiter.set_result(None)


@dataclass
class Events:
    """Inbox and events table; `arrived` is set when there is something to read and route.

    `taken` counts what was handed to `accept`, `answered` what it has returned or raised for, and
    `commits` how often that was done.
    """

    readers: Readers
    writer: Writer
    clock: Clock
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0
    answered: int = 0
    commits: int = 0
    stored: int = 0
    waiting_bytes: int = 0
    _next: _Batch | None = None
    _committing: asyncio.Task[None] | None = None
    _is_hanging: bool = False

    async def accept(self, connector: str, content: bytes) -> None:
        """Return when the content is durable; raise ThrottledError when it is not.

        Everything that is accepted while a commit runs goes into the next one.
        """
        if self._is_hanging or self.waiting_bytes + len(content) > MAX_WAITING_BYTES:
            raise _not_stored("It has not taken what came before.")
        self.taken += 1
        self.waiting_bytes += len(content)
        if self._next is None:
            self._next = _Batch()
        stored = asyncio.get_running_loop().create_future()
        self._next.rows.append((connector, content, self.clock.now))
        self._next.waiters.append(stored)
        if len(self._next.rows) == ENOUGH_ROWS:
            self._next.has_enough.set()
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        # Cheaper than a timer for each: whoever commits has one for all.
        await stored

    async def _gather(self, batch: _Batch) -> None:
        timer = asyncio.get_running_loop().call_later(GATHER_S, batch.has_enough.set)
        await batch.has_enough.wait()
        timer.cancel()

    async def _commit(self) -> None:
        is_busy = False
        loop = asyncio.get_running_loop()
        while self._next is not None:
            if is_busy:
                await self._gather(self._next)
            batch, self._next = self._next, None
            late = loop.call_later(ACCEPT_S, self._give_up_waiting, batch)
            try:
                with outside_fence():  # a step of one may have come first, and others share it
                    write = partial(_accept, rows=batch.rows)
                    await self.writer.commit(write, in_transaction=False)
            except Exception as error:  # goes to everybody whose events were in the batch
                batch.settle(_not_stored(f"It refused them ({type(error).__name__})."))
            else:
                batch.settle()
                self.arrived.set()
            late.cancel()
            self._is_hanging = False
            self.waiting_bytes -= sum(len(content) for _, content, _ in batch.rows)
            self.answered += len(batch.rows)
            self.commits += 1
            is_busy = len(batch.rows) >= BUSY_ROWS
        self._committing = None

    def _give_up_waiting(self, batch: _Batch) -> None:
        """Tell everybody to deliver again: those of the commit that hangs, and those behind it.

        What hangs may be stored in the end; what is behind it is not.
        """
        self._is_hanging = True
        error = _not_stored("It does not answer.")
        batch.settle(error)
        if (behind := self._next) is not None:
            self._next = None
            self.waiting_bytes -= sum(len(content) for _, content, _ in behind.rows)
            self.answered += len(behind.rows)
            behind.settle(error)

    async def read(self, plugins: Mapping[str, Plugin], describe: Describe) -> Sequence[Reading]:
        """Return the events of the oldest that was accepted, which stays until it is kept.

        What was accepted for a connector that is not here now waits until it is.
        """
        waiting = await self.readers.read(partial(waiting_in, connectors=list(plugins)))
        if not waiting:
            return []
        return await asyncio.to_thread(read_all, waiting, plugins, describe)

    async def keep(self, found: Sequence[Reading], describe: Describe) -> None:
        """Keep the events instead of what they were read from, to be routed."""
        if not found:
            return
        await self._keep(found, describe)
        self.stored += sum(len(each.events) for each in found)

    async def _keep(self, found: Sequence[Reading], describe: Describe) -> None:
        """Put the events into the table; what no database will ever take, as bytes."""
        try:
            await self.writer.commit(partial(keep_events, found=found))
        except DATABASE_AWAY:
            raise
        except Exception as error:  # one sender's content must not hold up everybody's
            if len(found) == 1:
                found = [found[0].of([unreadable(found[0], describe(error))])]
                await self.writer.commit(partial(keep_events, found=found))
                return
            middle = len(found) // 2
            await self._keep(found[:middle], describe)
            await self._keep(found[middle:], describe)

    async def of_owner(
        self,
        owner_id: str,
        *,
        flow_id: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return the newest events first that started runs of the owner's, or of one flow.

        `before` is the id of the last event of the page before.
        """
        mine = sa.select(runs.c.event_seq).where(runs.c.owner_id == owner_id)
        if flow_id is not None:
            mine = mine.where(runs.c.flow_id == flow_id)
        query = sa.select(events).where(events.c.seq.in_(mine))
        if before is not None:
            query = query.where(events.c.seq < before)
        query = query.order_by(events.c.seq.desc()).limit(limit)
        return await self.readers.read(
            lambda connection: [shown(row) for row in connection.execute(query)]
        )


def _accept(connection: sa.Connection, rows: Sequence[tuple[str, bytes, float]]) -> None:
    # One statement for many: SQLite's driver gives the interpreter lock away and takes it again for
    # each row of executemany, and each time waits for the loop, which answers webhooks meanwhile.
    # SQLAlchemy's own execution would take a third of the time that SQLite does.
    row = "(?, ?, ?)" if connection.dialect.name == "sqlite" else "(%s, %s, %s)"
    cursor = connection.connection.cursor()
    for start in range(0, len(rows), ROWS_IN_STATEMENT):
        some = rows[start : start + ROWS_IN_STATEMENT]
        marks = ", ".join([row] * len(some))
        cursor.execute(
            f"INSERT INTO inbox (connector, content, received_at) VALUES {marks}",
            tuple(value for each in some for value in each),
        )


def _not_stored(cause: str) -> ThrottledError:
    return ThrottledError(
        "The events could not be stored",
        cause=f"The database does not take them. {cause}",
        cure="Deliver them again.",
        retry_after_s=5.0,
    )


def shown(row: sa.Row[Any]) -> dict[str, Any]:
    """Return an event as it is shown."""
    return {
        "id": row.seq,
        "eventId": row.id,
        "connector": row.connector,
        "kind": row.kind,
        "state": row.state,
        "receivedAt": iso(row.received_at),
        "duplicates": row.duplicates,
        "routes": json.loads(row.routes),
        "payload": json.loads(row.payload),
    }
