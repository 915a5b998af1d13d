"""The embedded queue as the suite sees it: rows in a database, and processes that take turns.

On SQLite the site gives the turn, on PostgreSQL the engine's own lease. That is never over by
itself, however slow the machine is: it ends with its process, or when a check has it lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appmixer.engine.contract import SystemClock
from appmixer.engine.host.turn import Turn
from appmixer.engine.observe.logs import get_log
from appmixer.engine.runs.due import Due
from appmixer.engine.runs.embedded import MAX_IN_MEMORY, EmbeddedQueue
from appmixer.engine.runs.states import SegmentState
from appmixer.engine.runs.work import SegmentWork
from appmixer.engine.storage.database import LeaseLostError, migrate, open_database
from appmixer.engine.storage.fence import Fence
from appmixer.engine.storage.readers import Readers
from appmixer.engine.storage.tables import leases, segments
from appmixer.engine.storage.writer import Writer

from .queue_conformance import CONNECTOR, Execute

# Few, so that there are more segments than places.
PLACES = 8
SWEEP_S = 0.05
LEASE_S, LOOK_S = 600.0, 0.1
# One that is to be lost is over after this.
LOST_AFTER_S = 0.3


class EmbeddedProcess:
    """A queue with what brings rows to it; it executes while it is its turn."""

    def __init__(self, site: EmbeddedSite, execute: Execute, in_memory: int) -> None:
        self._site, self._do, self._is_dead = site, execute, False
        self.writer, self.fence = self._take_part(site)
        self.queue = EmbeddedQueue(
            self._begin, places=PLACES, in_memory=in_memory, context=self.fence.context
        )
        self.due = Due(
            writer=self.writer,
            rows=site.readers.rows,
            queue=self.queue,
            clock=SystemClock(),
            give_up=_refuse,
            log=get_log("test"),
            fence=self.fence,
            connectors=lambda: [CONNECTOR],
            sweep_s=SWEEP_S,
        )
        self.tasks: list[asyncio.Future[None]] = [
            asyncio.create_task(self.due.sweep()),
            asyncio.create_task(self.due.end_waits()),
        ]

    async def wait(self, work: SegmentWork, delay_s: float) -> None:
        self.due.add_end(work.id, await self.store_wait(work, delay_s))

    async def store_wait(self, work: SegmentWork, delay_s: float) -> float:
        """Commit a segment at rest, and return when its rest is over."""
        at = time.time() + delay_s
        row = {**row_of(work), "state": SegmentState.WAITING.value, "expires_at": at}
        await self.writer.commit(lambda c: c.execute(sa.insert(segments), row))
        return at

    async def die(self) -> None:
        self._is_dead = True
        dying = [*self.tasks, *self.queue.tasks]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        self._site.pass_on(self)

    async def lose(self) -> None:
        self.fence.is_open.clear()
        self.queue.leave_all()
        self._site.pass_on(self)

    async def _begin(self, work: SegmentWork) -> None:
        await self._execute(work)

    async def _execute(self, work: SegmentWork) -> bool:
        if self._is_dead:  # a process that is killed does not begin what was next
            return False
        if work.may_have_begun and not await self._is_queued(work):
            return True
        await self._do(work)
        done = sa.update(segments).where(segments.c.id == work.id)
        done = done.values(state=SegmentState.DONE.value)
        try:
            await self.writer.commit(lambda c: c.execute(done))
        except LeaseLostError:  # another one does it
            return False
        return True

    def _take_part(self, site: EmbeddedSite) -> tuple[Writer, Fence]:
        return site.writer, Fence()

    async def _is_queued(self, work: SegmentWork) -> bool:
        # As the engine's executor asks: a row that was read may have been done since.
        query = sa.select(segments.c.state).where(segments.c.id == work.id)
        [row] = await self._site.readers.rows(query)
        return bool(row.state == SegmentState.QUEUED)


class LeasedProcess(EmbeddedProcess):
    """One that takes its turn by itself, as an engine's process does."""

    def _take_part(self, site: EmbeddedSite) -> tuple[Writer, Fence]:
        writer = Writer(site.database)
        self._is_lost = asyncio.Event()
        self._turn = Turn(
            writer,
            get_log("test"),
            on_lost=self._lost,
            is_alone=False,
            lease_s=LEASE_S,
            look_s=LOOK_S,
        )
        self._keeping = asyncio.create_task(self._turn.keep())
        return writer, self._turn.fence

    async def die(self) -> None:
        self._keeping.cancel()
        await super().die()
        await asyncio.to_thread(self.writer.close)
        await run_out(self._turn.name, self._site.writer)

    async def lose(self) -> None:
        await cut_off(self._turn, self._is_lost, self._site.writer)

    def _lost(self) -> None:
        self.queue.leave_all()
        self._is_lost.set()


async def run_out(name: str, writer: Writer) -> None:
    """Let a lease have run out, unless whoever has it lives and renews it."""
    over = sa.update(leases).where(leases.c.name == name).values(expires_at=0.0)
    await writer.commit(lambda c: c.execute(over))


async def cut_off(turn: Turn, is_lost: asyncio.Event, writer: Writer) -> None:
    """Have what renews a lease get no answer any more, until the lease has run out."""
    term = turn.fence.term
    assert term is not None
    turn.lease_s = LOST_AFTER_S
    while term.ends_at > time.monotonic() + LOST_AFTER_S:  # noqa: ASYNC110  nobody tells of it
        await asyncio.sleep(LOOK_S / 10)
    turn.writer = Silent(asyncio.get_running_loop().create_future())
    await is_lost.wait()
    await run_out(turn.name, writer)


class Silent(Writer):
    """A writer at a database that answers nobody any more."""

    def __init__(self, never: asyncio.Future[Any]) -> None:
        self._never = never

    async def commit(self, *_: object, **__: object) -> Any:
        return await self._never


@dataclass
class EmbeddedSite:
    database: sa.Engine
    writer: Writer
    readers: Readers
    in_memory: int
    patience_s: float = 20.0
    # Those that want to execute; it is the first one's turn.
    processes: list[EmbeddedProcess] = field(default_factory=list[EmbeddedProcess])

    async def open(self, execute: Execute) -> EmbeddedProcess:
        if self.is_shared:
            process: EmbeddedProcess = LeasedProcess(self, execute, self.in_memory)
        else:
            process = EmbeddedProcess(self, execute, self.in_memory)
        self.processes.append(process)
        if not self.is_shared:
            self.processes[0].fence.is_open.set()
        return process

    @property
    def is_shared(self) -> bool:
        return self.database.dialect.name != "sqlite"

    async def store(self, works: Iterable[SegmentWork]) -> None:
        rows = [row_of(work) for work in works]
        await self.writer.commit(lambda c: c.execute(sa.insert(segments), rows))

    async def hold(self, run_id: str) -> None:
        held = sa.update(segments).where(segments.c.run_id == run_id)
        held = held.values(state=SegmentState.HELD.value)
        await self.writer.commit(lambda c: c.execute(held))

    def pass_on(self, process: EmbeddedProcess) -> None:
        if process in self.processes:
            self.processes.remove(process)
        if self.processes and not self.is_shared:
            self.processes[0].fence.is_open.set()


@contextlib.asynccontextmanager
async def embedded_site(
    url: sa.URL, *, in_memory: int = MAX_IN_MEMORY
) -> AsyncGenerator[EmbeddedSite]:
    database = open_database(url)
    await asyncio.to_thread(migrate, database)
    site = EmbeddedSite(database, Writer(database), Readers(database), in_memory)
    everyone = site.processes
    try:
        yield site
    finally:
        for process in list(everyone):
            await process.die()
        await site.readers.close()
        await asyncio.to_thread(site.writer.close)
        database.dispose()


def row_of(work: SegmentWork) -> dict[str, Any]:
    return {
        "id": work.id,
        "run_id": work.run_id,
        "owner_id": work.owner_id,
        "connector": work.connector,
        "order_key": work.order_key,
        "state": SegmentState.QUEUED.value,
        "work": work.to_json(),
        "key": None,
        "after_seq": 0,
        "account_id": None,
        "expires_at": None,
        "rank": work.rank,
        "event": None,
        "event_seq": None,
        "list_id": work.list_id or None,
    }


async def _refuse(row: Mapping[Any, Any]) -> None:
    raise AssertionError(f"segment {row['id']} could not be read")
