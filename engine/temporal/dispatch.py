"""Handing segments to Temporal, each to the workflow of its conversation, and seeing them end.

The queue of the process that has the turn begins a segment here instead of executing it. Its row is
what is to be done and what was done: it is looked at until it is over, and handed over again when
nobody has come for it, so that nothing depends on what Temporal remembers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from ..contract import Log
from ..observe.faults import Describe
from ..runs.outputs import CHUNK
from ..runs.waits import Row
from ..runs.work import SegmentWork
from ..storage.claims import IS_DUE, is_claimed
from ..storage.database import DATABASE_AWAY, ReadRows, mapping
from ..storage.fence import Fence, Term
from ..storage.tables import segments
from .link import Link
from .names import Names
from .workflows import Conversation, ConversationWorkflow, Handed

# What another process executes is seen to have ended after this; what this one does, at once.
LOOK_S = 0.1
# What nobody has come for is handed over again after this, and so often before its workflow is
# begun anew: no worker that lives may know how it goes on.
AGAIN_S = 15.0
OFTEN = 4
PAUSE_S = 1.0


@dataclass(eq=False)
class _Entry:
    work: SegmentWork
    # In which it was handed over: in another one, the queue knows it no more.
    term: Term | None
    handed_at: float
    times: int = 0
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    handing: asyncio.Task[None] | None = None


@dataclass
class Dispatch:
    """What this process, while `turn` is open, has handed over and not seen to end.

    `hand_over` gets what is due behind a segment that another process has executed.
    """

    link: Link
    names: Names
    rows: ReadRows
    turn: Fence
    hand_over: Callable[[Sequence[Row]], Awaitable[None]]
    side_by_side: int
    heartbeat_s: float
    log: Log
    describe: Describe
    again_s: float = AGAIN_S
    _entries: dict[str, _Entry] = field(default_factory=dict[str, _Entry])
    _has_entries: asyncio.Event = field(default_factory=asyncio.Event)

    async def execute(self, work: SegmentWork) -> None:
        """Have a segment executed; return when it is over, or with the turn."""
        entry = _Entry(work, self.turn.term, asyncio.get_running_loop().time())
        self._entries[work.id] = entry
        self._has_entries.set()
        self._hand_over(entry)
        try:
            await entry.is_over.wait()
        finally:
            del self._entries[work.id]
            if entry.handing is not None:
                entry.handing.cancel()

    def fresh(self, segment_id: str) -> SegmentWork | None:
        """Return a segment under way as it was handed over, if nobody can have begun it before."""
        entry = self._entries.get(segment_id)
        return entry.work if entry is not None and not entry.work.may_have_begun else None

    def tell(self, segment_id: str) -> None:
        """Note that this process has executed a segment."""
        if entry := self._entries.get(segment_id):
            entry.is_over.set()

    def close(self) -> None:
        """Wait for nothing any more: the rows say what is left."""
        for entry in self._entries.values():
            entry.is_over.set()

    async def watch(self) -> None:
        """See what ends elsewhere, until cancelled."""
        while True:
            await self._has_entries.wait()
            await asyncio.sleep(LOOK_S)
            self._leave_former_terms()
            try:
                await self._look()
            except DATABASE_AWAY as error:
                self.log.warning("ends_not_read", error=type(error).__name__)
                await asyncio.sleep(PAUSE_S)
            if not self._entries:
                self._has_entries.clear()

    async def _hand(self, work: SegmentWork, policy: WorkflowIDConflictPolicy) -> None:
        handed = Handed(work.id, work.rank, work.beside)
        begun = Conversation(self.side_by_side, self.heartbeat_s)

        async def signal(client: Client) -> None:
            await client.start_workflow(
                ConversationWorkflow.run,
                begun,
                id=self.names.conversation(work.order_key),
                task_queue=self.names.task_queue,
                id_conflict_policy=policy,
                start_signal="hand_over",
                start_signal_args=[handed],
            )

        try:
            await self.link.call(signal)
        except Exception as error:  # it is handed over again
            self.describe(error, segment=work.id)

    def _leave_former_terms(self) -> None:
        """Wait no more for what another process has to see now."""
        for entry in self._entries.values():
            if entry.term is not self.turn.term or not self.turn.is_open.is_set():
                entry.is_over.set()

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        ids = [each for each, entry in self._entries.items() if now - entry.handed_at >= LOOK_S]
        for start in range(0, len(ids), CHUNK):
            await self._look_at(ids[start : start + CHUNK], now)

    async def _look_at(self, ids: Sequence[str], now: float) -> None:
        has_come = is_claimed(segments.c.id).label("has_come")
        due = sa.select(segments.c.id, has_come).where(segments.c.id.in_(ids), IS_DUE)
        left = {row.id: row.has_come for row in await self.rows(due)}
        over = [each for each in ids if each not in left and each in self._entries]
        if over:
            # What is due behind them is not left to the next sweep.
            runs = {self._entries[each].work.run_id for each in over}
            behind = sa.select(segments).where(segments.c.run_id.in_(runs), IS_DUE)
            rows = await self.rows(behind.limit(CHUNK))
            await self.hand_over([mapping(row) for row in rows if row.id not in self._entries])
        for each in over:
            self.tell(each)
        for each, somebody_has_come in left.items():
            entry = self._entries.get(each)
            if entry is None or somebody_has_come or now - entry.handed_at < self.again_s:
                continue
            entry.handed_at = now
            self._hand_over(entry)

    def _hand_over(self, entry: _Entry) -> None:
        if entry.handing is not None and not entry.handing.done():
            return  # it waits for Temporal
        entry.times += 1
        policy = WorkflowIDConflictPolicy.USE_EXISTING
        if entry.times % OFTEN == 0:
            # Others that it knows are handed over again as well, and what is under way is claimed.
            policy = WorkflowIDConflictPolicy.TERMINATE_EXISTING
            self.log.warning("conversation_begun_anew", segment=entry.work.id)
        handing = self._hand(entry.work, policy)
        entry.handing = asyncio.create_task(handing, name=f"hand over {entry.work.id}")
