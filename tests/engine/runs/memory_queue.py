"""A second implementation of the seam, in memory: rows, a lease for each process, no places.

It shares no thought with the embedded one, so what both can do is the seam's and not one design's.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from appmixer.engine.runs.work import SegmentWork

from .queue_conformance import Execute

LOOK_S = 0.03
# Every flow has so many places of its own, whatever others do.
PLACES_OF_A_FLOW = 2


@dataclass
class MemoryRows:
    """What outlives a process: the segments that are not done, and who executes them."""

    works: dict[str, SegmentWork] = field(default_factory=dict[str, SegmentWork])
    due_at: dict[str, float] = field(default_factory=dict[str, float])
    holders: dict[str, MemoryQueue] = field(default_factory=dict[str, "MemoryQueue"])


class MemoryQueue:
    """One process: while it has its lease, it takes what is free, and executes it.

    That is over when its process has died or a check has it lost, and not by itself: a machine may
    be slow.
    """

    def __init__(self, rows: MemoryRows, execute: Execute) -> None:
        self.rows, self._execute = rows, execute
        self.has_lease = True
        self._is_closed = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.watching = asyncio.create_task(self._watch())

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        self._take()

    def withdraw(self, run_id: str) -> None:
        # There is nothing beside the rows.
        self._take()

    async def close(self) -> None:
        self._is_closed = True
        if self.tasks:
            await asyncio.wait(self.tasks)

    async def _watch(self) -> None:
        while True:
            self._take()
            await asyncio.sleep(LOOK_S)

    def _take(self) -> None:
        while not self._is_closed and self.has_lease:
            work = next(self._free(), None)
            if work is None:
                return
            self._begin(work)

    def _free(self) -> Iterator[SegmentWork]:
        """Yield what may be begun now, the smallest rank first."""
        held = [self.rows.works[each] for each in self.rows.holders if self._is_held(each)]
        before, blocked = list(held), set[str]()
        for work in sorted(self.rows.works.values(), key=lambda work: work.rank):
            if not self._is_due(work) or self._is_held(work.id) or work.order_key in blocked:
                continue
            if not self._goes_beside(work, before):
                # What stands behind it waits with it.
                blocked.add(work.order_key)
                continue
            # Whether it has a place or not, it is first.
            before.append(work)
            if self._has_place(work, held):
                yield work

    def _goes_beside(self, work: SegmentWork, before: list[SegmentWork]) -> bool:
        mine = [each.beside for each in before if each.order_key == work.order_key]
        return all(work.beside and beside == work.beside for beside in mine)

    def _is_held(self, segment_id: str) -> bool:
        holder = self.rows.holders.get(segment_id)
        return holder is not None and holder.has_lease

    def _is_due(self, work: SegmentWork) -> bool:
        return self.rows.due_at[work.id] <= time.monotonic()

    def _has_place(self, work: SegmentWork, held: list[SegmentWork]) -> bool:
        return sum(each.flow_key == work.flow_key for each in held) < PLACES_OF_A_FLOW

    def _begin(self, work: SegmentWork) -> None:
        self.rows.holders[work.id] = self
        task = asyncio.create_task(self._work(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _work(self, work: SegmentWork) -> None:
        await self._execute(work)
        if self.rows.holders.get(work.id) is self:
            self.rows.works.pop(work.id, None)
            del self.rows.holders[work.id]
        self._take()


@dataclass
class MemoryProcess:
    queue: MemoryQueue

    async def wait(self, work: SegmentWork, delay_s: float) -> None:
        self.queue.rows.works[work.id] = work
        self.queue.rows.due_at[work.id] = time.monotonic() + delay_s

    async def die(self) -> None:
        dying = [self.queue.watching, *self.queue.tasks]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        self.queue.has_lease = False

    async def lose(self) -> None:
        self.queue.has_lease = False
        self.queue.hand_over([])  # before another one looks, as one would that goes on all the same


@dataclass
class MemorySite:
    make: Callable[[MemoryRows, Execute], MemoryQueue] = MemoryQueue
    patience_s: float = 20.0
    rows: MemoryRows = field(default_factory=MemoryRows)
    processes: list[MemoryProcess] = field(default_factory=list[MemoryProcess])

    async def open(self, execute: Execute) -> MemoryProcess:
        process = MemoryProcess(self.make(self.rows, execute))
        self.processes.append(process)
        return process

    async def store(self, works: Iterable[SegmentWork]) -> None:
        for work in works:
            self.rows.works[work.id] = work
            self.rows.due_at[work.id] = time.monotonic()

    async def hold(self, run_id: str) -> None:
        for work in list(self.rows.works.values()):
            if work.run_id == run_id and work.id not in self.rows.holders:
                self.rows.due_at[work.id] = math.inf

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[MemorySite]:
        try:
            yield self
        finally:
            for process in self.processes:
                await process.die()
