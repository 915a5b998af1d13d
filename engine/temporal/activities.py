"""What Temporal has done by this process: segments executed, waits ended, triggers woken.

It gives ids and gets nothing back. How a segment ends is in our tables; an activity fails when it
was not done, and is done by whoever comes next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from temporalio import activity

from ..contract import Clock
from ..runs.waits import Row, end_due
from ..runs.work import SegmentWork
from ..storage.claims import IS_DUE, Claim, claim, release
from ..storage.database import DATABASE_AWAY, ReadRows, mapping
from ..storage.fence import Fence, context_of
from ..storage.tables import schedules, segments
from ..storage.writer import Writer
from .failures import later
from .workflows import END_WAIT, SEGMENT, WAKE

# Who has claimed a segment is asked again after this.
CLAIMED_S = 0.5
CLAIMED, LEASE_OVER = "claimed", "lease_over"
# So many signs of life go into the time after which Temporal takes one for dead.
BEATS = 4


@dataclass
class Activities:
    """The activities of one process, which lives by a lease.

    `execute` does a segment and says whether it is done, `fresh` gives one that this process has
    stored itself, and `tell` is told of each that is over. `hand_over` gets what is due then, and
    `wake` has the process that has the turn wake triggers that are due by a time.
    """

    writer: Writer
    rows: ReadRows
    lease: Fence
    execute: Callable[[SegmentWork], Awaitable[bool]]
    fresh: Callable[[str], SegmentWork | None]
    tell: Callable[[str], None]
    read: Callable[[Sequence[Row]], Awaitable[list[SegmentWork]]]
    hand_over: Callable[[Sequence[Row]], Awaitable[None]]
    wake: Callable[[float], Awaitable[None]]
    connectors: Callable[[], Collection[str]]
    describe: Callable[..., dict[str, Any]]
    clock: Clock
    heartbeat_s: float
    _under_way: dict[str, asyncio.Task[str]] = field(default_factory=dict[str, "asyncio.Task[str]"])

    @property
    def under_way(self) -> Collection[asyncio.Task[str]]:
        """The executions of this process."""
        return list(self._under_way.values())

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        return [self.segment, self.end_wait, self.wake_due]

    @activity.defn(name=SEGMENT)
    async def segment(self, segment_id: str) -> None:
        """Execute a segment, unless it is over or another process is at it."""
        if segment_id in self._under_way:  # it was given up by Temporal, and not by this process
            raise later(CLAIMED, CLAIMED_S)
        task = asyncio.create_task(self._do(segment_id), name=f"segment {segment_id}")
        self._under_way[segment_id] = task
        task.add_done_callback(lambda _: self._under_way.pop(segment_id))
        while not task.done():
            # What ends the waiting does not end the work, which may be about to reach somebody.
            await asyncio.wait([task], timeout=self.heartbeat_s / BEATS)
            if not self.lease.is_open.is_set() and not task.done():
                raise later(LEASE_OVER)
            activity.heartbeat()
        if left := task.result():
            raise later(left, CLAIMED_S if left == CLAIMED else None)

    @activity.defn(name=END_WAIT)
    async def end_wait(self, segment_id: str) -> None:
        """End a wait whose time is over, unless something else has ended it."""
        mine = sa.select(segments.c.expires_at).where(segments.c.id == segment_id)
        try:
            for row in await self.rows(mine):
                if row.expires_at is not None and row.expires_at > self.clock.now:
                    raise later("early", row.expires_at - self.clock.now)
            due = await self.writer.commit(partial(end_due, ids=[segment_id]))
        except DATABASE_AWAY:
            raise later("database_away") from None
        await self.hand_over(due)

    @activity.defn(name=WAKE)
    async def wake_due(self, at: str) -> None:
        """Have triggers woken that are due by a time, unless they were woken or have stopped."""
        due_at = float(at)
        if due_at > self.clock.now:
            raise later("early", due_at - self.clock.now)
        due = sa.select(schedules.c.id).where(schedules.c.wake_at <= due_at)
        try:
            if await self.rows(due.limit(1)):
                await self.wake(due_at)
        except DATABASE_AWAY:
            raise later("database_away") from None

    async def close(self, grace_s: float) -> None:
        """Wait shortly for what is under way; the rest is another process's."""
        tasks = self.under_way
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, segment_id: str) -> str:
        """Execute a segment if it is to be; return why it is left, empty when it is over."""
        try:
            left = await self._claim_and_execute(segment_id)
        except DATABASE_AWAY:
            return "database_away"
        if not left:
            self.tell(segment_id)
        return left

    async def _claim_and_execute(self, segment_id: str) -> str:
        lease = self.lease.term
        if lease is None or lease.is_over:
            return LEASE_OVER
        held = await claim(self.writer, segment_id, lease)
        if held is None:
            mine = sa.select(segments.c.id).where(segments.c.id == segment_id, IS_DUE)
            return CLAIMED if await self.rows(mine) else ""
        is_done, apart = False, context_of(held)
        try:
            work = self._read_and_execute(segment_id, held)
            is_done = await asyncio.create_task(work, context=apart)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # Temporal is told no more than that there was one
            self.describe(error, segment=segment_id)
        finally:
            await release(self.writer, held, is_done=is_done)
        return "" if is_done else "left"

    async def _read_and_execute(self, segment_id: str, held: Claim) -> bool:
        fresh = self.fresh(segment_id) if held.is_first else None
        if fresh is not None:
            return await self.execute(fresh)
        query = sa.select(segments).where(segments.c.id == segment_id)
        rows = [mapping(row) for row in await self.rows(query)]
        if any(row["connector"] not in self.connectors() for row in rows):
            return False
        done = [await self.execute(work) for work in await self.read(rows)]
        return all(done)
