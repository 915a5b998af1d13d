"""From stored events to runs: ledgers, listeners, waits, and one commit for all that follows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ..contract import Event
from ..observe.tasks import set_or_after
from ..runs.states import RunState
from ..runs.waits import Row
from ..storage.database import (
    CONNECTED,
    DATABASE_AWAY,
    accounts,
    events,
    flows,
    held,
    insert,
    listeners,
    runs,
    takings,
)
from .backlog import Backlog
from .inbox import FAILED, NEW, event_of
from .pacing import Pacing
from .starts import Routed, Start, json_text, store_routed, store_starts, store_takings

if TYPE_CHECKING:
    from ..host.engine import Engine

BATCH = 500
# So many runs begin in one commit, or those of one event that begins more.
MAX_STARTS = 250
# With a backlog, so many more events are looked at before a batch, and so many are in memory.
LOOK_AHEAD, MAX_READS_AHEAD, MAX_BACKLOG = 5_000, 4, 50_000
IDLE_S = 0.5
PAUSE_AFTER_FAILURE_S = 1.0
# Triggers read events without a pause for so long, then others on the loop have their turn.
LONGEST_TURN_S = 0.01
CHAIN_VARIABLE = "APPMIXER_MAX_CHAIN"
# How often the service reports of one send at most: sent, delivered, read, played or failed.
REPORTS_PER_SEND = 4


@dataclass(frozen=True)
class _Cause:
    """The chain that an event goes on with: what the run of the send it reports of stood in."""

    depth: int
    origin: str


@dataclass
class Router:
    """Routes new events in the order in which they came. One per database is at work.

    `is_active` is set while it is this process's.
    """

    engine: Engine
    is_active: asyncio.Event
    # Accounts that were connected again, for which events may be held.
    _released: set[str] = field(default_factory=set[str])
    # What waits while more comes than can be routed at once.
    _backlog: Backlog = field(default_factory=Backlog)
    _is_behind: bool = False

    async def work(self) -> None:
        """Route until cancelled, whenever no other process does."""
        events = self.engine.events
        pacing, routed = Pacing(events), 0
        self._backlog = Backlog()
        while True:
            if not self.is_active.is_set():
                self._backlog = Backlog()
                await self.is_active.wait()
            events.arrived.clear()
            await pacing.pause(has_backlog=self._is_behind or routed == BATCH)
            try:
                await self._release_held()
                routed = await self.route_batch()
            except DATABASE_AWAY as error:
                self.engine.log.error("routing_interrupted", error=type(error).__name__)
                self._backlog = Backlog()
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
                continue
            if not routed:
                # Look again in the end: another process may have stored events.
                await set_or_after(events.arrived, IDLE_S)

    def release(self, account_id: str) -> None:
        """Let an account have what was held for it, before anything that comes now."""
        self._released.add(account_id)
        self.engine.events.arrived.set()

    async def route_batch(self) -> int:
        """Route the oldest events, or some of each owner's; return how many there were."""
        rows = await self._next()
        if rows:
            await self._route_or_split(rows)
        return len(rows)

    @property
    def _new(self) -> sa.ColumnElement[bool]:
        # Those of a connector that is not here now wait until it is.
        return (events.c.state == NEW) & events.c.connector.in_(list(self.engine.plugins))

    async def _next(self) -> Sequence[sa.Row[Any]]:
        engine = self.engine
        if not self._backlog and not self._is_behind:
            self._backlog = Backlog()
            query = sa.select(events).where(self._new).order_by(events.c.seq).limit(BATCH)
            rows = await engine.rows(query)
            if len(rows) < BATCH and await engine.events.read(engine.plugins, engine.describe):
                rows = await engine.rows(query)
            if len(rows) < BATCH:
                return rows
        await self._look_ahead()
        seqs = self._backlog.take(BATCH, MAX_STARTS)
        self._is_behind = len(self._backlog) > 0
        mine = events.c.seq.in_(seqs)
        return await engine.rows(sa.select(events).where(self._new, mine).order_by(events.c.seq))

    async def _look_ahead(self) -> None:
        """Bring the backlog up to what has been delivered."""
        for _ in range(MAX_READS_AHEAD):
            if not await self.engine.events.read(self.engine.plugins, self.engine.describe):
                break
        query = (
            sa.select(events.c.seq, events.c.connector, events.c.routes, events.c.order_key)
            .where(self._new, events.c.seq > self._backlog.seen)
            .order_by(events.c.seq)
            .limit(min(LOOK_AHEAD, MAX_BACKLOG - len(self._backlog)))
        )
        rows = await self.engine.rows(query)
        topics = {row.seq: json.loads(row.routes) for row in rows}
        columns = (listeners.c.connector, listeners.c.route, listeners.c.owner_id)
        listening = await self.engine.rows(
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
            self.engine.describe(error, seq=str(rows[0].seq))
            failed = sa.update(events).where(events.c.seq == rows[0].seq).values(state=FAILED)
            await self.engine.writer.commit(lambda connection: connection.execute(failed))

    async def _route(self, rows: Sequence[sa.Row[Any]]) -> None:
        repeated = await self._repeated(rows)
        routed = [Routed(row, event_of(row)) for row in rows if row.seq not in repeated]
        listening = await self._listeners(routed)
        if not self._backlog.seen:
            routed = self._leave_some(routed, listening)
        for connector in {each.row.connector for each in routed}:
            mine = [each.event for each in routed if each.row.connector == connector]
            await self._announce(connector, mine)
        await self._find_starts(routed, listening)
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
        await self.engine.due.hand_over(going_on, fresh)
        for start in starts:
            state = RunState.FAILED if start.error else RunState.RUNNING
            self.engine.tell_run(start.owner_id, start.run_id, start.flow_id, state)
        for each in routed:
            if not each.takers:
                self.engine.metrics.unrouted.labels(each.row.connector).inc()

    async def _repeated(self, rows: Sequence[sa.Row[Any]]) -> set[int]:
        """Return the events (by seq) whose id an earlier event has."""
        first = sa.func.min(events.c.seq).label("first")
        query = (
            sa.select(events.c.connector, events.c.id, first)
            .where(events.c.id.in_({row.id for row in rows}))
            .group_by(events.c.connector, events.c.id)
        )
        firsts = {(each.connector, each.id): each.first for each in await self.engine.rows(query)}
        return {row.seq for row in rows if firsts[row.connector, row.id] < row.seq}

    async def _announce(self, connector: str, new: Sequence[Event]) -> None:
        """Tell the plugin; where that fails, of each half."""
        try:
            await self.engine.plugins[connector].before_routing(new)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a plugin's fault must not stop the events of everybody
            if len(new) > 1:
                middle = len(new) // 2
                await self._announce(connector, new[:middle])
                await self._announce(connector, new[middle:])
                return
            self.engine.describe(error, connector=connector)

    async def _listeners(
        self, routed: Sequence[Routed], which: sa.ColumnElement[bool] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """Return those who listen to any of the events, with their flow and their account."""
        found: list[sa.Row[Any]] = []
        for connector in {each.row.connector for each in routed}:
            topics = {
                route
                for each in routed
                if each.row.connector == connector
                for route in each.event.routes
            }
            query = (
                sa.select(
                    listeners,
                    flows.c.id.label("flow_id"),
                    accounts.c.state.label("account_state"),
                    accounts.c.profile.label("account_profile"),
                )
                .join(flows, flows.c.key == listeners.c.flow_key)
                .join(accounts, accounts.c.id == listeners.c.account_id, isouter=True)
                .where(listeners.c.connector == connector, listeners.c.route.in_(topics))
                .order_by(listeners.c.id)
            )
            if which is not None:
                query = query.where(which)
            found += await self.engine.rows(query) if topics else ()
        return found

    async def _find_starts(
        self,
        routed: Sequence[Routed],
        listening: Sequence[sa.Row[Any]],
        *,
        again: str = "",
        holds: bool = True,
    ) -> None:
        """Fill in what follows from each event; what cannot be done with one stays with it."""
        by_route: dict[tuple[str, str], list[sa.Row[Any]]] = {}
        for listener in listening:
            by_route.setdefault((listener.connector, listener.route), []).append(listener)
        opened: dict[str, frozenset[str]] = {}
        causes = await self._causes(routed) if listening else {}
        caused = await self._caused(causes)
        began_at = time.monotonic()
        for each in routed:
            once: set[tuple[str, str]] = set()
            for route in each.event.routes:
                for listener in by_route.get((each.row.connector, route), ()):
                    place = (listener.flow_key, listener.component)
                    if place in once or self._opened_by(listener, opened).isdisjoint(
                        each.event.routes
                    ):
                        continue
                    once.add(place)
                    if listener.account_state != CONNECTED:
                        each.held += [(listener.id, listener.account_id)] if holds else []
                        continue
                    each.takers.add(listener.owner_id)
                    cause = causes.get((each.row.seq, listener.owner_id))
                    if time.monotonic() - began_at > LONGEST_TURN_S:
                        await asyncio.sleep(0)
                        began_at = time.monotonic()
                    start = await self._start(each, listener, again, cause, caused)
                    if start is None:
                        continue
                    each.starts.append(start)
                    if cause is not None:
                        caused[cause.origin, listener.flow_key] += 1

    def _opened_by(
        self, listener: sa.Row[Any], opened: dict[str, frozenset[str]]
    ) -> frozenset[str]:
        """Return the topics that a listener's account is known to reach; `opened` remembers."""
        if listener.account_state is None:
            return frozenset()  # the account is gone
        if listener.account_id not in opened:
            topics = self.engine.visibility.opened(listener.connector, listener.account_profile)
            opened[listener.account_id] = topics
        return opened[listener.account_id]

    async def _causes(self, routed: Sequence[Routed]) -> dict[tuple[int, str], _Cause]:
        """Return, by event and owner, the chain of runs that the event goes on with."""
        sends = {each.row.seq: each.event.about for each in routed if each.event.about}
        if not sends:
            return {}
        columns = (runs.c.id, runs.c.owner_id, runs.c.depth, runs.c.origin)
        query = sa.select(*columns).where(runs.c.id.in_(set(map(_run_of, sends.values()))))
        found = {row.id: row for row in await self.engine.rows(query)}
        return {
            (seq, run.owner_id): _Cause(run.depth + 1, run.origin or step_id)
            for seq, step_id in sends.items()
            if (run := found.get(_run_of(step_id))) is not None
        }

    async def _caused(self, causes: Mapping[Any, _Cause]) -> Counter[tuple[str, str]]:
        """Return how many runs of each flow (by key) each origin has caused so far."""
        origins = {cause.origin for cause in causes.values()}
        if not origins:
            return Counter()
        query = (
            sa.select(runs.c.origin, runs.c.flow_key, sa.func.count().label("times"))
            .where(runs.c.origin.in_(origins))
            .group_by(runs.c.origin, runs.c.flow_key)
        )
        rows = await self.engine.rows(query)
        return Counter({(row.origin, row.flow_key): row.times for row in rows})

    async def _start(
        self,
        each: Routed,
        listener: sa.Row[Any],
        again: str,
        cause: _Cause | None,
        caused: Mapping[tuple[str, str], int],
    ) -> Start | None:
        value: dict[str, Any] | None = None
        error: dict[str, Any] | None = None
        output: str | None = None
        port = kind = ""
        try:
            document = await self.engine.flows.document(listener.flow_key, listener.version)
            kind = document.components[listener.component].type
            trigger, context = await self.engine.flows.trigger(
                listener.owner_id, listener.flow_key, listener.version, listener.component
            )
            port = trigger.port
            result = await trigger.receive(context, each.event.payload)
            if result is None:
                return None
            times = 0 if cause is None else caused[cause.origin, listener.flow_key]
            error = None if cause is None else _endless(cause, times, self.engine.limits.chain)
            if error is None:
                value = result.model_dump(mode="json")
                output = json_text({port: [value]})
        except DATABASE_AWAY:
            raise
        except Exception as failure:  # a component's fault must not keep events from other flows
            value, error = (
                None,
                self.engine.describe(
                    failure, given=each.event.payload, component=listener.component
                ),
            )
        row = each.row
        what = "|".join([row.connector, row.id, listener.flow_key, listener.component, again])
        return Start(
            run_id=hashlib.sha256(what.encode()).hexdigest()[:32],
            owner_id=listener.owner_id,
            account_id=listener.account_id,
            listener_id=listener.id,
            connector=row.connector,
            flow_key=listener.flow_key,
            flow_id=listener.flow_id,
            version=listener.version,
            component=listener.component,
            type=kind,
            event_seq=row.seq,
            order=each.event.order,
            depth=cause.depth if cause else 0,
            origin=cause.origin if cause else None,
            value=value,
            port=port,
            output=output,
            error=error,
        )

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
            fault = self.engine.describe(error)
            routed[0].starts = [
                replace(each, value=None, output=None, error=fault) for each in routed[0].starts
            ]
            return await self._commit(routed, repeated)

    async def _commit(self, routed: Sequence[Routed], repeated: set[int]) -> Sequence[Row]:
        write = partial(store_routed, routed=routed, repeated=repeated)
        return await self.engine.writer.commit(write)

    async def _leave_out_known(self, routed: Sequence[Routed]) -> None:
        ids = {start.run_id for each in routed for start in each.starts}
        rows = await self.engine.rows(sa.select(runs.c.id).where(runs.c.id.in_(ids)))
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
            for row in await self.engine.rows(query):
                await self._release_one(row)
            if not await self.engine.rows(
                sa.select(held.c.seq).where(held.c.account_id == account_id).limit(1)
            ):
                self._released.discard(account_id)

    async def _release_one(self, row: sa.Row[Any]) -> None:
        routed = [Routed(row, event_of(row))]
        listening = await self._listeners(routed, listeners.c.id == row.listener_id)
        await self._find_starts(routed, listening, holds=False)
        await self._leave_out_known(routed)
        gone = sa.delete(held).where(held.c.seq == row.seq, held.c.listener_id == row.listener_id)

        def store(connection: sa.Connection) -> None:
            connection.execute(gone)
            store_starts(connection, routed)
            store_takings(connection, routed)

        await self.engine.writer.commit(store)
        await self._hand_over([], routed)

    async def replay(self, owner_id: str, seq: int, by: str) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids."""
        rows = await self.engine.rows(sa.select(events).where(events.c.seq == seq))
        routed = [Routed(row, event_of(row)) for row in rows]
        listening = await self._listeners(routed, listeners.c.owner_id == owner_id)
        await self._find_starts(routed, listening, again=str(time.time_ns()), holds=False)

        def store(connection: sa.Connection) -> None:
            store_starts(connection, routed)
            if any(each.starts for each in routed):
                row = {"seq": seq, "owner_id": owner_id}
                mark = {"replayed_at": time.time(), "replayed_by": by}
                statement = insert(takings, connection).values({**row, **mark})
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["seq", "owner_id"], set_=mark)
                )

        await self.engine.writer.commit(store)
        await self._hand_over([], routed)
        return [start.run_id for each in routed for start in each.starts]


def _run_of(step_id: str) -> str:
    # A step's id begins with that of its run.
    return step_id.partition(".")[0]


def _endless(cause: _Cause, times: int, allowed: int) -> dict[str, Any] | None:
    """Return the error of a run that would go on with a chain for too long, if it would."""
    if cause.depth > allowed:
        reason = (
            f"{allowed} runs in a row were each started by what was reported of a send of the run"
            " before, and this would be one more."
        )
    elif times >= allowed * REPORTS_PER_SEND:
        reason = (
            f"One send and what was sent because of it have started this flow {times} times: as"
            f" often as {allowed} sends, each because of the one before, are reported."
        )
    else:
        return None
    return {
        "kind": "LoopError",
        "title": "The flow would go round in a circle",
        "cause": reason,
        "cure": "Let the flow send only for some of these events, or let another flow do it. Who"
        f" needs longer chains sets {CHAIN_VARIABLE} where the engine runs.",
    }
