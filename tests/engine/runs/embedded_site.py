"""The embedded queue as the suite sees it: rows in a database, and processes that take turns."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appmixer.engine.contract import SystemClock
from appmixer.engine.observe.logs import get_log
from appmixer.engine.runs.due import Due
from appmixer.engine.runs.embedded import MAX_IN_MEMORY, EmbeddedQueue
from appmixer.engine.runs.states import SegmentState
from appmixer.engine.runs.work import SegmentWork
from appmixer.engine.storage.database import open_database
from appmixer.engine.storage.readers import Readers
from appmixer.engine.storage.tables import metadata, segments
from appmixer.engine.storage.writer import Writer

from .queue_conformance import CONNECTOR, Execute

# Few, so that there are more segments than places.
PLACES = 8
SWEEP_S = 0.05


class EmbeddedProcess:
    """A queue with what brings rows to it; it executes while it is its turn."""

    def __init__(self, site: EmbeddedSite, execute: Execute, in_memory: int) -> None:
        self._site, self._do, self._is_dead = site, execute, False
        self.queue = EmbeddedQueue(self._execute, places=PLACES, in_memory=in_memory)
        self.is_active = asyncio.Event()
        self.due = Due(
            writer=site.writer,
            rows=site.readers.rows,
            queue=self.queue,
            clock=SystemClock(),
            give_up=_refuse,
            log=get_log("test"),
            is_active=self.is_active,
            connectors=lambda: [CONNECTOR],
            sweep_s=SWEEP_S,
        )
        self.tasks = [
            asyncio.create_task(self.due.sweep()),
            asyncio.create_task(self.due.end_waits()),
        ]

    async def wait(self, work: SegmentWork, delay_s: float) -> None:
        at = time.time() + delay_s
        row = {**_row(work), "state": SegmentState.WAITING.value, "expires_at": at}
        await self._site.writer.commit(lambda c: c.execute(sa.insert(segments), row))
        self.due.add_end(work.id, at)

    async def die(self) -> None:
        self._is_dead = True
        dying = [*self.tasks, *self.queue.tasks]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        self._site.pass_on(self)

    async def lose(self) -> None:
        self.is_active.clear()
        self.queue.leave_all()
        self._site.pass_on(self)

    async def _execute(self, work: SegmentWork) -> None:
        if self._is_dead:  # a process that is killed does not begin what was next
            return
        if work.may_have_begun and not await self._is_queued(work):
            return
        await self._do(work)
        done = sa.update(segments).where(segments.c.id == work.id)
        done = done.values(state=SegmentState.DONE.value)
        await self._site.writer.commit(lambda c: c.execute(done))

    async def _is_queued(self, work: SegmentWork) -> bool:
        # As the engine's executor asks: a row that was read may have been done since.
        query = sa.select(segments.c.state).where(segments.c.id == work.id)
        [row] = await self._site.readers.rows(query)
        return bool(row.state == SegmentState.QUEUED)


@dataclass
class EmbeddedSite:
    writer: Writer
    readers: Readers
    in_memory: int
    patience_s: float = 20.0
    # Those that want to execute; it is the first one's turn.
    processes: list[EmbeddedProcess] = field(default_factory=list[EmbeddedProcess])

    async def open(self, execute: Execute) -> EmbeddedProcess:
        process = EmbeddedProcess(self, execute, self.in_memory)
        self.processes.append(process)
        self.processes[0].is_active.set()
        return process

    async def store(self, works: Iterable[SegmentWork]) -> None:
        rows = [_row(work) for work in works]
        await self.writer.commit(lambda c: c.execute(sa.insert(segments), rows))

    async def hold(self, run_id: str) -> None:
        held = sa.update(segments).where(segments.c.run_id == run_id)
        held = held.values(state=SegmentState.HELD.value)
        await self.writer.commit(lambda c: c.execute(held))

    def pass_on(self, process: EmbeddedProcess) -> None:
        if process in self.processes:
            self.processes.remove(process)
        if self.processes:
            self.processes[0].is_active.set()


@contextlib.asynccontextmanager
async def embedded_site(
    url: sa.URL, *, in_memory: int = MAX_IN_MEMORY
) -> AsyncGenerator[EmbeddedSite]:
    database = open_database(url)
    metadata.create_all(database)
    site = EmbeddedSite(Writer(database), Readers(database), in_memory)
    everyone = site.processes
    try:
        yield site
    finally:
        for process in list(everyone):
            await process.die()
        await site.readers.close()
        await asyncio.to_thread(site.writer.close)
        database.dispose()


def _row(work: SegmentWork) -> dict[str, Any]:
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
