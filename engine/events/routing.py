"""From stored events to runs: ledgers, listeners, waits, and one commit for all that follows."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ..contract import Event, Log, Plugin
from ..observe.faults import Describe
from ..observe.metrics import Metrics
from ..observe.tasks import set_or_after
from ..runs.segments import Notices
from ..runs.states import RunState
from ..runs.waits import Row
from ..runs.work import SegmentWork
from ..storage.database import DATABASE_AWAY
from ..storage.statements import insert
from ..storage.storage import Storage
from ..storage.tables import events, held, listeners, runs, takings
from .backlog import Backlog
from .finding import Finder
from .inbox import Events
from .pacing import Pacing
from .reading import FAILED, NEW, event_of
from .starts import Routed, store_routed, store_starts, store_takings

BATCH = 500
# So many runs begin in one commit, or those of one event that begins more.
MAX_STARTS = 250
# With a backlog, so many more events are looked at before a batch, and so many are in memory.
LOOK_AHEAD, MAX_READS_AHEAD, MAX_BACKLOG = 5_000, 4, 50_000
IDLE_S = 0.5
PAUSE_AFTER_FAILURE_S = 1.0


@dataclass
class Router:
    """Routes new events in the order in which they came. One per database is at work.

    `is_active` is set while it is this process's; `hand_over` gets the segments that are due."""

    storage: Storage
    inbox: Events
    plugins: Mapping[str, Plugin]
    finder: Finder
    hand_over: Callable[[Sequence[Row], Sequence[SegmentWork]], Awaitable[None]]
    notices: Notices
    metrics: Metrics
    log: Log
    describe: Describe
    is_active: asyncio.Event
    # Accounts that were connected again, for which events may be held.
    _released: set[str] = field(default_factory=set[str])
    # What waits while more comes than can be routed at once.
    _backlog: Backlog = field(default_factory=Backlog)
    _is_behind: bool = False

    async def work(self) -> None:
        """Route until cancelled, whenever no other process does."""
        inbox = self.inbox
        pacing, routed = Pacing(inbox), 0
        self._backlog = Backlog()
        while True:
            if not self.is_active.is_set():
                self._backlog = Backlog()
                await self.is_active.wait()
            inbox.arrived.clear()
            await pacing.pause(has_backlog=self._is_behind or routed == BATCH)
            try:
                await self._release_held()
                routed = await self.route_batch()
            except DATABASE_AWAY as error:
                self.log.error("routing_interrupted", error=type(error).__name__)
                self._backlog = Backlog()
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
                continue
            if not routed:
                # Look again in the end: another process may have stored events.
                await set_or_after(inbox.arrived, IDLE_S)

    def release(self, account_id: str) -> None:
        """Let an account have what was held for it, before anything that comes now."""
        self._released.add(account_id)
        self.inbox.arrived.set()

    async def route_batch(self) -> int:
        """Route the oldest events, or some of each owner's; return how many there were."""
        rows = await self._next()
        if rows:
            await self._route_or_split(rows)
        return len(rows)

    @property
    def _new(self) -> sa.ColumnElement[bool]:
        # Those of a connector that is not here now wait until it is.
        return (events.c.state == NEW) & events.c.connector.in_(list(self.plugins))

    async def _next(self) -> Sequence[sa.Row[Any]]:
        if not self._backlog and not self._is_behind:
            self._backlog = Backlog()
            query = sa.select(events).where(self._new).order_by(events.c.seq).limit(BATCH)
            rows = await self.storage.rows(query)
            if len(rows) < BATCH and await self.inbox.read(self.plugins, self.describe):
                rows = await self.storage.rows(query)
            if len(rows) < BATCH:
                return rows
        await self._look_ahead()
        seqs = self._backlog.take(BATCH, MAX_STARTS)
        self._is_behind = len(self._backlog) > 0
        mine = events.c.seq.in_(seqs)
        return await self.storage.rows(
            sa.select(events).where(self._new, mine).order_by(events.c.seq)
        )

    async def _look_ahead(self) -> None:
        """Bring the backlog up to what has been delivered."""
        for _ in range(MAX_READS_AHEAD):
            if not await self.inbox.read(self.plugins, self.describe):
                break
        query = (
            sa.select(events.c.seq, events.c.connector, events.c.routes, events.c.order_key)
            .where(self._new, events.c.seq > self._backlog.seen)
            .order_by(events.c.seq)
            .limit(min(LOOK_AHEAD, MAX_BACKLOG - len(self._backlog)))
        )
        rows = await self.storage.rows(query)
        topics = {row.seq: json.loads(row.routes) for row in rows}
        columns = (listeners.c.connector, listeners.c.route, listeners.c.owner_id)
        listening = await self.storage.rows(
            sa.select(*columns, sa.func.count().label("flows"))
            .where(listeners.c.route.in_({each for found in topics.values() for each in found}))
            .group_by(*columns)
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
        repeated = await self._repeated(rows)
        routed = [Routed(row, event_of(row)) for row in rows if row.seq not in repeated]
        listening = await self.finder.listeners(routed)
        if not self._backlog.seen:
            routed = self._leave_some(routed, listening)
        for connector in {each.row.connector for each in routed}:
            mine = [each.event for each in routed if each.row.connector == connector]
            await self._announce(connector, mine)
        await self.finder.find_starts(routed, listening)
        going_on = await self._commit_or_fail(routed, repeated)
        await self._hand_over(going_on, routed)

    def _leave_some(self, routed: list[Routed], listening: Sequence[sa.Row[Any]]) -> list[Routed]:
        """Leave for the next batch what would start too many runs at once; return the others."""
        per_topic = Counter((each.connector, each.route) for each in listening)
        starts = 0
        for number, each in enumerate(routed):
            starts += sum(per_topic[each.row.connector, topic] for topic in each.event.routes)
            if starts > MAX_STARTS and number:
                self._is_behind = True
                return routed[:number]
        return routed

    async def _hand_over(self, going_on: Sequence[Row], routed: Sequence[Routed]) -> None:
        starts = [start for each in routed for start in each.starts]
        fresh = [start.work for start in starts if start.error is None]
        await self.hand_over(going_on, fresh)
        for start in starts:
            state = RunState.FAILED if start.error else RunState.RUNNING
            self.notices.tell_run(start.owner_id, start.run_id, start.flow_id, state)
        for each in routed:
            if not each.takers:
                self.metrics.unrouted.labels(each.row.connector).inc()

    async def _repeated(self, rows: Sequence[sa.Row[Any]]) -> set[int]:
        """Return the events (by seq) whose id an earlier event has."""
        first = sa.func.min(events.c.seq).label("first")
        query = (
            sa.select(events.c.connector, events.c.id, first)
            .where(events.c.id.in_({row.id for row in rows}))
            .group_by(events.c.connector, events.c.id)
        )
        firsts = {(each.connector, each.id): each.first for each in await self.storage.rows(query)}
        return {row.seq for row in rows if firsts[row.connector, row.id] < row.seq}

    async def _announce(self, connector: str, new: Sequence[Event]) -> None:
        """Tell the plugin; where that fails, of each half."""
        try:
            await self.plugins[connector].before_routing(new)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a plugin's fault must not stop the events of everybody
            if len(new) > 1:
                middle = len(new) // 2
                await self._announce(connector, new[:middle])
                await self._announce(connector, new[middle:])
                return
            self.describe(error, connector=connector)

    async def _commit_or_fail(self, routed: Sequence[Routed], repeated: set[int]) -> Sequence[Row]:
        """Store all that follows; a run that no database will ever take is stored as failed."""
        try:
            return await self._commit(routed, repeated)
        except DATABASE_AWAY:
            raise
        except IntegrityError:
            # Another process was routing, and this one did not know yet that it is not any more.
            await self._leave_out_known(routed)
            return await self._commit(routed, repeated)
        except Exception as error:  # one event's content must not hold up all others
            starts = sum(len(each.starts) for each in routed)
            if len(routed) > 1 or starts == 0:
                raise  # each by itself, then
            fault = self.describe(error)
            routed[0].starts = [
                replace(each, value=None, output=None, error=fault) for each in routed[0].starts
            ]
            return await self._commit(routed, repeated)

    async def _commit(self, routed: Sequence[Routed], repeated: set[int]) -> Sequence[Row]:
        write = partial(store_routed, routed=routed, repeated=repeated)
        return await self.storage.writer.commit(write)

    async def _leave_out_known(self, routed: Sequence[Routed]) -> None:
        ids = {start.run_id for each in routed for start in each.starts}
        rows = await self.storage.rows(sa.select(runs.c.id).where(runs.c.id.in_(ids)))
        known = {row.id for row in rows}
        for each in routed:
            each.starts = [start for start in each.starts if start.run_id not in known]

    async def _release_held(self) -> None:
        """Route what was held for accounts that have been connected again."""
        while self._released:
            account_id = next(iter(self._released))
            query = (
                sa.select(events, held.c.listener_id)
                .join(held, held.c.seq == events.c.seq)
                .where(held.c.account_id == account_id)
                .order_by(events.c.seq)
                .limit(BATCH)
            )
            for row in await self.storage.rows(query):
                await self._release_one(row)
            if not await self.storage.rows(
                sa.select(held.c.seq).where(held.c.account_id == account_id).limit(1)
            ):
                self._released.discard(account_id)

    async def _release_one(self, row: sa.Row[Any]) -> None:
        routed = [Routed(row, event_of(row))]
        listening = await self.finder.listeners(routed, listeners.c.id == row.listener_id)
        await self.finder.find_starts(routed, listening, holds=False)
        await self._leave_out_known(routed)
        gone = sa.delete(held).where(held.c.seq == row.seq, held.c.listener_id == row.listener_id)

        def store(connection: sa.Connection) -> None:
            connection.execute(gone)
            store_starts(connection, routed)
            store_takings(connection, routed)

        await self.storage.writer.commit(store)
        await self._hand_over([], routed)

    async def replay(self, owner_id: str, seq: int, by: str) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids."""
        rows = await self.storage.rows(sa.select(events).where(events.c.seq == seq))
        routed = [Routed(row, event_of(row)) for row in rows]
        listening = await self.finder.listeners(routed, listeners.c.owner_id == owner_id)
        await self.finder.find_starts(routed, listening, again=str(time.time_ns()), holds=False)

        def store(connection: sa.Connection) -> None:
            store_starts(connection, routed)
            if any(each.starts for each in routed):
                row = {"seq": seq, "owner_id": owner_id}
                mark = {"replayed_at": time.time(), "replayed_by": by}
                statement = insert(takings, connection).values({**row, **mark})
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["seq", "owner_id"], set_=mark)
                )

        await self.storage.writer.commit(store)
        await self._hand_over([], routed)
        return [start.run_id for each in routed for start in each.starts]
