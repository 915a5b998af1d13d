"""From stored events to runs: ledgers, listeners, waits, and one commit for all that follows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ..contract import Log, Plugin
from ..json_text import load
from ..observe.faults import Describe
from ..runs.waits import Row
from ..storage.database import DATABASE_AWAY
from ..storage.fence import Fence
from ..storage.storage import Storage
from ..storage.tables import events
from .announcements import Announcements, Kept
from .arrivals import divided, look_up, may_begin_at_once, store_arrived
from .backlog import Backlog
from .beginnings import Beginnings
from .finding import Finder
from .inbox import Events
from .later import Later
from .pacing import Pacing
from .reading import FAILED, MAX_READ, Reading
from .starts import Routed, leave_out_known, routed_of, store_routed
from .waiting import BATCH, BEHIND, CHOSEN, FIRST, HOW_MANY, OLDEST

# So many runs begin in one commit, or those of one event that begins more.
MAX_STARTS = 250
# So many are routed in the order in which they came; behind them owner after owner has its turn.
MAX_IN_A_ROW = 1_000
# With a backlog, so many more events are looked at before a batch, and so many are in memory.
LOOK_AHEAD, MAX_READS_AHEAD, MAX_BACKLOG = 5_000, 4, 50_000
# Alone, a process hears of all that comes; of what others have taken in it finds out by itself.
IDLE_ALONE_S, IDLE_AMONG_OTHERS_S = 5.0, 0.5
# What another process has left in the table, one that was active until then, is found after this.
LOOK_S = 5.0
PAUSE_AFTER_FAILURE_S = 1.0


@dataclass
class Router:
    """Routes new events in the order in which they came. One per database is at work.

    `fence` is open while it is this process's.
    """

    storage: Storage
    inbox: Events
    plugins: Mapping[str, Plugin]
    finder: Finder
    announcements: Announcements
    beginnings: Beginnings
    later: Later
    log: Log
    describe: Describe
    fence: Fence
    idle_s: float = IDLE_AMONG_OTHERS_S
    # What waits while more comes than can be routed at once.
    _backlog: Backlog = field(default_factory=Backlog)
    _is_behind: bool = False
    # What is routed next, of what waits.
    _following: asyncio.Task[Sequence[sa.Row[Any]]] | None = None
    # So many were routed in the order in which they came since the last time that few came.
    _in_a_row: int = 0
    # Until then nothing is looked for in the table, because all that was there has been routed.
    _looked_until: float = 0.0

    async def work(self) -> None:
        """Route until cancelled, whenever no other process does."""
        inbox = self.inbox
        pacing, routed, term = Pacing(inbox), 0, self.fence.term
        await self._forget()
        while True:
            if (now_in := await self.fence.enter()) is not term:
                term = now_in
                await self._forget()
            inbox.arrived.clear()
            await pacing.pause(has_backlog=self._is_behind or routed == BATCH)
            try:
                await self.later.release_held()
                routed = await self.route_batch()
            except DATABASE_AWAY as error:
                self.log.error("routing_interrupted", error=type(error).__name__)
                await self._forget()
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
                continue
            if not routed:
                # Look again in the end: another process may have stored events.
                await self.storage.clock.wait(inbox.arrived, self.idle_s)

    def release(self, account_id: str) -> None:
        """Let an account have what was held for it, before anything that comes now."""
        self.later.release(account_id)
        self.inbox.arrived.set()

    async def _forget(self) -> None:
        """Ask the table anew: another process may have been at work, or a commit have failed."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
            self._following = None
        self._backlog, self._looked_until, self._in_a_row = Backlog(), 0.0, 0
        self.later.look()

    async def route_batch(self) -> int:
        """Route the oldest events, or some of each owner's; return how many there were."""
        if self.storage.clock.elapsed < self._looked_until:
            count, rest = await self._route_what_came()
            await self.inbox.keep(rest, self.describe)
            if count and rest:  # which is much: what comes now stands in line behind it
                self._backlog, self._is_behind, self._looked_until = Backlog(), True, 0.0
            if count:
                return count
        following, self._following = self._following, None
        rows = await (following or self._next())
        if self._is_behind:
            # Found while these are routed, of which it takes none: it is a third of the time.
            self._following = asyncio.create_task(self._next())
        if rows:
            await self._route_or_split(rows)
        is_done = not self._is_behind and len(rows) < BATCH
        self._looked_until = self.storage.clock.elapsed + LOOK_S if is_done else 0.0
        return len(rows)

    async def _route_what_came(self) -> tuple[int, Sequence[Reading]]:
        """Route what has come in; return how much that was, and what is not to be routed at once.

        The latter is what fails, and what is more than is routed in a row.
        """
        rest = await self.inbox.read(self.plugins, self.describe)
        if len(rest) < MAX_READ:
            self._in_a_row = 0
        count = 0
        while rest and self._in_a_row < MAX_IN_A_ROW:
            first, behind = divided(rest, MAX_STARTS)
            # One content may hold more than fits.
            if not first or not await self._route_at_once(first):
                break
            self._in_a_row += sum(len(each.rows) for each in first)
            count, rest = count + len(first), behind
        return count, rest

    async def _next(self) -> Sequence[sa.Row[Any]]:
        if not self._backlog and not self._is_behind:
            self._backlog = Backlog()
            connectors = list(self.plugins)
            rows = await self.storage.readers.read(partial(OLDEST.rows, keys=connectors))
            if len(rows) < BATCH and await self._read_and_keep():
                rows = await self.storage.readers.read(partial(OLDEST.rows, keys=connectors))
            if len(rows) < BATCH:
                return rows
        await self._look_ahead()
        seqs = self._backlog.take(BATCH, MAX_STARTS)
        self._is_behind = len(self._backlog) > 0
        return await self.storage.readers.read(partial(CHOSEN.rows_of_all, keys=sorted(seqs)))

    async def _read_and_keep(self) -> bool:
        found = await self.inbox.read(self.plugins, self.describe)
        if found:
            await self.inbox.keep(found, self.describe)
        return bool(found)

    async def _look_ahead(self) -> None:
        """Bring the backlog up to what has been delivered."""
        for _ in range(MAX_READS_AHEAD):
            if not await self._read_and_keep():
                break
        most = min(LOOK_AHEAD, MAX_BACKLOG - len(self._backlog))
        values = {"seen": self._backlog.seen, "most": most}
        rows = await self.storage.readers.read(
            partial(BEHIND.rows, keys=list(self.plugins), values=values)
        )
        topics = {row.seq: load(row.routes) for row in rows}
        named = [(row.connector, each) for row in rows for each in topics[row.seq]]
        listening = await self.storage.readers.read(
            partial(HOW_MANY.rows_of_connectors, keys=named)
        )
        found: dict[tuple[str, str], Counter[str]] = {}
        for each in listening:
            by_owner = found.setdefault((each.connector, each.route), Counter())
            by_owner[each.owner_id] += each.flows
        for row in rows:
            flows_of: Counter[str] = Counter()
            for topic in topics[row.seq]:
                flows_of.update(found.get((row.connector, topic), {}))
            conversation = f"{row.connector}:{row.order_key}" if row.order_key else ""
            self._backlog.add(row.seq, frozenset(flows_of), conversation, flows_of.total())

    async def _route_or_split(self, rows: Sequence[sa.Row[Any]]) -> None:
        """Route some events; where that fails, each half, and keep apart what cannot be."""
        try:
            await self._route(rows)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # one event must not hold up all others
            if len(rows) > 1:
                middle = len(rows) // 2
                await self._route_or_split(rows[:middle])
                await self._route_or_split(rows[middle:])
                return
            self.describe(error, seq=str(rows[0].seq))
            failed = sa.update(events).where(events.c.seq == rows[0].seq).values(state=FAILED)
            await self.storage.writer.commit(lambda connection: connection.execute(failed))

    async def _route(self, rows: Sequence[sa.Row[Any]]) -> None:
        routed = [routed_of(row) for row in rows]
        repeated, listening = await asyncio.gather(
            self._repeated(rows), self.finder.listeners(routed)
        )
        routed = [each for each in routed if each.row.seq not in repeated]
        if not self._backlog.seen:
            at_once = may_begin_at_once(routed, listening, MAX_STARTS)
            self._is_behind = self._is_behind or at_once < len(routed)
            routed = routed[:at_once]
        kept = await self.announcements.make(routed)
        await self.finder.find_starts(routed, listening)
        going_on = await self._commit_or_fail(routed, repeated, kept)
        await self.beginnings.tell(routed, going_on)
        kept.tell()

    async def _route_at_once(self, found: Sequence[Reading]) -> bool:
        """Route what has just come, in the commit that keeps it.

        Say no, and do nothing, when it is too much for one commit or cannot be done with all of it:
        then it is kept first, and what cannot be routed is found.
        """
        try:
            arrived = await self.storage.readers.read(partial(look_up, found=found))
            routed = arrived.routed
            if may_begin_at_once(routed, arrived.listening, MAX_STARTS) < len(routed):
                return False
            kept = await self.announcements.make(routed)
            await self.finder.find_starts(routed, arrived.listening)
            now = self.storage.clock.now
            write = partial(store_arrived, found=found, arrived=arrived, kept=kept, now=now)
            going_on = await self.storage.writer.commit(write)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # it is met again where it can be told whose it is
            self.log.info("routing_one_by_one", error=type(error).__name__)
            return False
        self.inbox.stored += sum(len(each.rows) for each in found)
        await self.beginnings.tell(routed, going_on)
        kept.tell()
        return True

    async def _repeated(self, rows: Sequence[sa.Row[Any]]) -> set[int]:
        """Return the events (by seq) whose id an earlier event has."""
        ids = [(row.connector, row.id) for row in rows]
        found = await self.storage.readers.read(partial(FIRST.rows_of_connectors, keys=ids))
        firsts = {(each.connector, each.id): each.first for each in found}
        return {row.seq for row in rows if firsts[row.connector, row.id] < row.seq}

    async def _commit_or_fail(
        self, routed: Sequence[Routed], repeated: set[int], kept: Kept
    ) -> Sequence[Row]:
        """Store all that follows; a run that no database will ever take is stored as failed."""
        try:
            return await self._commit(routed, repeated, kept)
        except DATABASE_AWAY:
            raise
        except IntegrityError:
            # Another process was routing, and this one did not know yet that it is not any more.
            await leave_out_known(self.storage, routed)
            return await self._commit(routed, repeated, kept)
        except Exception as error:  # one event's content must not hold up all others
            starts = sum(len(each.starts) for each in routed)
            if len(routed) > 1 or starts == 0:
                raise  # each by itself, then
            fault = self.describe(error)
            routed[0].starts = [
                replace(each, value=None, output=None, error=fault) for each in routed[0].starts
            ]
            return await self._commit(routed, repeated, kept)

    async def _commit(
        self, routed: Sequence[Routed], repeated: set[int], kept: Kept
    ) -> Sequence[Row]:
        now = self.storage.clock.now
        write = partial(store_routed, routed=routed, repeated=repeated, kept=kept, now=now)
        return await self.storage.writer.commit(write)
