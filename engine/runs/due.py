"""What is due: segments that were left in the table, and waits whose time is over."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa

from ..contract import Clock, Log
from ..storage.database import DATABASE_AWAY, LeaseLostError, ReadRows, mapping
from ..storage.fence import Fence, Term
from ..storage.tables import segments, stops
from ..storage.writer import Writer
from .embedded import EmbeddedQueue
from .outputs import CHUNK, read_outputs
from .states import SegmentState
from .waits import Row, end_due
from .work import SegmentWork, places_named, read_work

# What other processes have queued is found after this; what this one has, is handed over at once.
SWEEP_ALONE_S, SWEEP_AMONG_OTHERS_S = 10.0, 1.0
# Waits that end later than this are not in memory.
HORIZON_S = 60.0
# A database that is away is asked again after this.
PAUSE_S = 1.0


@dataclass
class Due:
    """Brings rows of due segments to the queue, and ends waits in time.

    `fence` is open while this process is the one that executes. What is due for a connector that is
    not among `connectors` waits in the table.
    """

    writer: Writer
    rows: ReadRows
    queue: EmbeddedQueue
    clock: Clock
    give_up: Callable[[Row], Awaitable[None]]
    log: Log
    fence: Fence
    connectors: Callable[[], Collection[str]]
    # How long after its time a wait is ended here, where somebody else is to end it in time.
    late_s: float = 0.0
    horizon_s: float = HORIZON_S
    sweep_s: float = SWEEP_ALONE_S
    # Lets a run begin no further step; None where no other process can be told to.
    stop: Callable[[str], None] | None = None
    _ends: list[tuple[float, str]] = field(default_factory=list["tuple[float, str]"])
    _known_until: float = 0.0
    # Others have stored waits between two terms of this process.
    _known_in: Term | None = None
    _sooner: asyncio.Event = field(default_factory=asyncio.Event)

    async def hand_over(self, rows: Sequence[Row], fresh: Sequence[SegmentWork] = ()) -> None:
        """Hand over what a commit has made due, `fresh` as it was before it became rows."""
        if not self.fence.is_open.is_set():
            return  # who has the turn finds it in the table
        here = self.connectors()
        try:
            works = await self.read([row for row in rows if row["connector"] in here])
        except DATABASE_AWAY as error:
            self.log.warning("segments_left_in_table", error=type(error).__name__)
            self.queue.leave()
            return
        if self.fence.is_open.is_set():
            self.queue.hand_over(sorted([*works, *fresh], key=lambda work: work.rank))

    def add_end(self, segment_id: str, at: float) -> None:
        """Remember a wait that was stored just now; a later one is found in the table."""
        at += self.late_s
        if at <= self._known_until:
            heapq.heappush(self._ends, (at, segment_id))
            if self._ends[0][1] == segment_id:
                self._sooner.set()

    def leave_all(self) -> None:
        """Begin nothing of what is in memory: the turn is over."""
        self.queue.leave_all()
        self._sooner.set()  # it waits for the next turn then, not for the end of a wait

    async def sweep(self) -> None:
        """Take what is queued in the table, now and whenever there is room, until cancelled."""
        while True:
            await self.fence.enter()
            try:
                if self.stop is not None:
                    await self._take_stops(self.stop)
                await self._sweep_once()
            except DATABASE_AWAY as error:
                await self._rest(error)
                self.queue.leave()
            # Look again in the end: another process may have queued something.
            await self.clock.wait(self.queue.wants_rows, self.sweep_s)

    async def end_waits(self) -> None:
        """End every wait in time, until cancelled."""
        while True:
            term = await self.fence.enter()
            if term is not self._known_in:
                self._known_in, self._known_until = term, 0.0
            now = self.clock.now
            if now + self.horizon_s / 2 > self._known_until:
                try:
                    await self._look_ahead(now)
                except DATABASE_AWAY as error:
                    await self._rest(error)
                    continue
            due: list[str] = []
            while self._ends and self._ends[0][0] <= now and len(due) < CHUNK:
                due.append(heapq.heappop(self._ends)[1])
            if due:
                write = partial(end_due, ids=due)
                try:
                    await self.hand_over(await self.writer.commit_in_the_end(write))
                except LeaseLostError as error:
                    self._known_until = 0.0  # the table knows what is left
                    await self._rest(error)
                continue
            next_at = min(
                [self._known_until - self.horizon_s / 2, *(at for at, _ in self._ends[:1])]
            )
            self._sooner.clear()
            await self.clock.wait(self._sooner, max(next_at - self.clock.now, 0.0))

    async def _rest(self, error: Exception) -> None:
        self.log.warning("due_not_read", error=type(error).__name__)
        await asyncio.sleep(PAUSE_S)

    async def _take_stops(self, stop: Callable[[str], None]) -> None:
        """Heed what other processes were told about runs that this one executes."""
        noted = [row.run_id for row in await self.rows(sa.select(stops).limit(CHUNK))]
        for run_id in noted:
            stop(run_id)
        if noted:
            gone = sa.delete(stops).where(stops.c.run_id.in_(noted))
            await self.writer.commit(lambda connection: connection.execute(gone))

    async def _sweep_once(self) -> None:
        """Bring what is queued to memory, flow after flow in turn."""
        flow = segments.c.work["flowKey"].as_string()
        oldest_first = (segments.c.rank, segments.c.id)
        place = sa.func.row_number().over(partition_by=flow, order_by=oldest_first)
        query = (
            sa.select(segments.c.id, flow.label("flow_key"), place.label("place"))
            .where(
                segments.c.state == SegmentState.QUEUED.value,
                segments.c.connector.in_(list(self.connectors())),
            )
            .order_by("place", *oldest_first)
            .limit(self.queue.in_memory + 1)
        )
        self.queue.before_rows()
        found = await self.rows(query)
        is_cut = len(found) > self.queue.in_memory
        # Of a flow whose last row is as far down as the last of all, there may be more.
        cut = {row.flow_key for row in found if is_cut and row.place >= found[-1].place - 1}
        chosen, left = self.queue.choose([(row.id, row.flow_key) for row in found], cut)
        works: list[SegmentWork] = []
        for start in range(0, len(chosen), CHUNK):
            some = sa.select(segments).where(segments.c.id.in_(chosen[start : start + CHUNK]))
            works += await self.read([mapping(row) for row in await self.rows(some)])
        if self.fence.is_open.is_set():
            self.queue.take_rows(sorted(works, key=lambda work: work.rank), left)

    async def _look_ahead(self, now: float) -> None:
        until = now + self.horizon_s
        query = sa.select(segments.c.id, segments.c.expires_at).where(
            segments.c.state == SegmentState.WAITING.value,
            segments.c.expires_at <= until - self.late_s,
        )
        before = self._known_until
        # Whatever is stored from now on names its own end.
        self._known_until = until
        known = {segment_id for _, segment_id in self._ends}
        try:
            rows = await self.rows(query)
        except DATABASE_AWAY:
            self._known_until = before
            raise
        for row in rows:
            if row.id not in known:
                heapq.heappush(self._ends, (row.expires_at + self.late_s, row.id))

    async def read(self, rows: Sequence[Row]) -> list[SegmentWork]:
        """Return what the rows of segments are to do; give up the run of one that is damaged."""
        places = {place for row in rows for place in places_named(row)}
        outputs = await read_outputs(self.rows, places)
        works: list[SegmentWork] = []
        for row in rows:
            try:
                works.append(read_work(row, outputs))
            except (KeyError, IndexError, TypeError):
                await self.give_up(row)
        return works
