"""From stored events to runs: ledgers, listeners, waits, and one commit for all that follows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from .contract import Event
from .database import (
    CONNECTED,
    DATABASE_AWAY,
    Prepared,
    accounts,
    events,
    flows,
    held,
    insert,
    listeners,
    runs,
    segments,
    steps,
    takings,
)
from .events import FAILED, NEW, REPEATED, ROUTED, UNROUTED, event_of
from .pacing import Pacing
from .runs.states import RunState, SegmentState, StepState
from .runs.waits import Row, end_answered
from .runs.work import Arrival, SegmentWork, Value
from .tasks import set_or_after

if TYPE_CHECKING:
    from .engine import Engine

BATCH = 500
IDLE_S = 0.5
PAUSE_AFTER_FAILURE_S = 1.0
# Triggers read events without a pause for so long, then others on the loop have their turn.
LONGEST_TURN_S = 0.01
# So many runs may cause one another in a row, each by what was reported of the sends before.
MAX_CHAIN = 5
CHAIN_VARIABLE = "APPMIXER_MAX_CHAIN"


@dataclass(frozen=True)
class Start:
    """A run that an event starts, with what its trigger has made of the event."""

    run_id: str
    owner_id: str
    connector: str
    flow_key: str
    flow_id: str
    version: int
    component: str
    type: str
    event_seq: int
    order: str
    depth: int
    value: dict[str, Any] | None = field(repr=False)
    port: str
    # The trigger's output, as its step's record has it.
    output: str | None = field(repr=False)
    error: dict[str, Any] | None

    @property
    def work(self) -> SegmentWork:
        return SegmentWork(
            id=self.run_id,
            run_id=self.run_id,
            owner_id=self.owner_id,
            connector=self.connector,
            order_key=f"{self.flow_key}:{self.order}" if self.order else self.run_id,
            flow_key=self.flow_key,
            flow_id=self.flow_id,
            version=self.version,
            event_seq=self.event_seq,
            first=Arrival(self.component, Value(self.run_id, self.port, 0, self.value)),
            rank=self.event_seq,
        )


@dataclass
class _Routed:
    """One event on its way: whom it starts, who took it, and for whom it is held."""

    row: sa.Row[Any]
    event: Event
    starts: list[Start] = field(default_factory=list[Start])
    takers: set[str] = field(default_factory=set[str])
    held: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass
class Router:
    """Routes new events in the order in which they came. One per database is at work.

    `is_active` is set while it is this process's.
    """

    engine: Engine
    is_active: asyncio.Event
    # Accounts that were connected again, for which events may be held.
    _released: set[str] = field(default_factory=set[str])

    async def work(self) -> None:
        """Route until cancelled, whenever no other process does."""
        events = self.engine.events
        pacing, routed = Pacing(events), 0
        while True:
            await self.is_active.wait()
            events.arrived.clear()
            await pacing.pause(has_backlog=routed == BATCH)
            try:
                await self._release_held()
                routed = await self.route_batch()
            except DATABASE_AWAY as error:
                self.engine.log.error("routing_interrupted", error=type(error).__name__)
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
        """Route the oldest events; return how many there were, BATCH at most."""
        engine = self.engine
        # Those of a connector that is not here now wait until it is.
        waiting = (events.c.state == NEW) & events.c.connector.in_(list(engine.plugins))
        query = sa.select(events).where(waiting).order_by(events.c.seq).limit(BATCH)
        rows = await engine.rows(query)
        if len(rows) < BATCH and await engine.events.read(engine.plugins, engine.describe):
            rows = await engine.rows(query)
        if rows:
            await self._route_or_split(rows)
        return len(rows)

    async def _route_or_split(self, rows: Sequence[sa.Row[Any]]) -> None:
        """Route some events; where that fails, each by itself, and keep apart what cannot be."""
        try:
            await self._route(rows)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # one event must not hold up all others
            if len(rows) > 1:
                for row in rows:
                    await self._route_or_split([row])
                return
            self.engine.describe(error, seq=str(rows[0].seq))
            failed = sa.update(events).where(events.c.seq == rows[0].seq).values(state=FAILED)
            await self.engine.writer.commit(lambda connection: connection.execute(failed))

    async def _route(self, rows: Sequence[sa.Row[Any]]) -> None:
        repeated = await self._repeated(rows)
        routed = [_Routed(row, event_of(row)) for row in rows if row.seq not in repeated]
        for connector in {each.row.connector for each in routed}:
            mine = [each.event for each in routed if each.row.connector == connector]
            await self._announce(connector, mine)
        await self._find_starts(routed, await self._listeners(routed))
        going_on = await self._commit_or_fail(routed, repeated)
        await self._hand_over(going_on, routed)

    async def _hand_over(self, going_on: Sequence[Row], routed: Sequence[_Routed]) -> None:
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
        """Tell the plugin; where that fails, of each event by itself."""
        try:
            await self.engine.plugins[connector].before_routing(new)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a plugin's fault must not stop the events of everybody
            if len(new) > 1:
                for event in new:
                    await self._announce(connector, [event])
                return
            self.engine.describe(error, connector=connector)

    async def _listeners(
        self, routed: Sequence[_Routed], which: sa.ColumnElement[bool] | None = None
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
        routed: Sequence[_Routed],
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
        depths = await self._depths(routed) if listening else {}
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
                    depth = depths.get((each.row.seq, listener.owner_id), 0)
                    if time.monotonic() - began_at > LONGEST_TURN_S:
                        await asyncio.sleep(0)
                        began_at = time.monotonic()
                    start = await self._start(each, listener, again, depth)
                    each.starts += [start] if start else []

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

    async def _depths(self, routed: Sequence[_Routed]) -> dict[tuple[int, str], int]:
        """Return, by event and owner, how many runs in a row have caused one another so far."""
        causes = {each.row.seq: _run_of(each.event.about) for each in routed if each.event.about}
        if not causes:
            return {}
        query = sa.select(runs.c.id, runs.c.owner_id, runs.c.depth).where(
            runs.c.id.in_(set(causes.values()))
        )
        found = {row.id: row for row in await self.engine.rows(query)}
        return {
            (seq, found[run_id].owner_id): found[run_id].depth + 1
            for seq, run_id in causes.items()
            if run_id in found
        }

    async def _start(
        self, each: _Routed, listener: sa.Row[Any], again: str, depth: int
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
            if depth > self.engine.limits.chain:
                error = _endless(self.engine.limits.chain)
            else:
                value = result.model_dump(mode="json")
                output = _json({port: [value]})
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
            connector=row.connector,
            flow_key=listener.flow_key,
            flow_id=listener.flow_id,
            version=listener.version,
            component=listener.component,
            type=kind,
            event_seq=row.seq,
            order=each.event.order,
            depth=depth,
            value=value,
            port=port,
            output=output,
            error=error,
        )

    async def _commit_or_fail(self, routed: Sequence[_Routed], repeated: set[int]) -> Sequence[Row]:
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

    async def _commit(self, routed: Sequence[_Routed], repeated: set[int]) -> Sequence[Row]:
        write = partial(_store_all, routed=routed, repeated=repeated)
        return await self.engine.writer.commit(write)

    async def _leave_out_known(self, routed: Sequence[_Routed]) -> None:
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
        routed = [_Routed(row, event_of(row))]
        listening = await self._listeners(routed, listeners.c.id == row.listener_id)
        await self._find_starts(routed, listening, holds=False)
        await self._leave_out_known(routed)
        gone = sa.delete(held).where(held.c.seq == row.seq, held.c.listener_id == row.listener_id)

        def store(connection: sa.Connection) -> None:
            _store_starts(connection, routed[0].starts)
            _store_takings(connection, routed)
            connection.execute(gone)

        await self.engine.writer.commit(store)
        await self._hand_over([], routed)

    async def replay(self, owner_id: str, seq: int, by: str) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids."""
        rows = await self.engine.rows(sa.select(events).where(events.c.seq == seq))
        routed = [_Routed(row, event_of(row)) for row in rows]
        listening = await self._listeners(routed, listeners.c.owner_id == owner_id)
        await self._find_starts(routed, listening, again=str(time.time_ns()), holds=False)
        starts = [start for each in routed for start in each.starts]

        def store(connection: sa.Connection) -> None:
            _store_starts(connection, starts)
            if starts:
                row = {"seq": seq, "owner_id": owner_id}
                mark = {"replayed_at": time.time(), "replayed_by": by}
                statement = insert(takings, connection).values({**row, **mark})
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["seq", "owner_id"], set_=mark)
                )

        await self.engine.writer.commit(store)
        await self._hand_over([], routed)
        return [start.run_id for start in starts]


def _run_of(step_id: str) -> str:
    # A step's id begins with that of its run.
    return step_id.partition(".")[0]


def _endless(allowed: int) -> dict[str, Any]:
    return {
        "kind": "LoopError",
        "title": "The flow would go round in a circle",
        "cause": f"{allowed} runs in a row were each started by what was reported of a send of the"
        " run before, and this would be one more.",
        "cure": "Let the flow send only for some of these events, or let another flow do it. Who"
        f" needs longer chains sets {CHAIN_VARIABLE} where the engine runs.",
    }


_ADD_RUN = Prepared(lambda _: sa.insert(runs))
_ADD_STEP = Prepared(lambda _: sa.insert(steps))
_ADD_SEGMENT = Prepared(lambda _: sa.insert(segments))
_ADD_TAKING = Prepared(lambda c: insert(takings, c).on_conflict_do_nothing())
_ADD_HELD = Prepared(lambda c: insert(held, c).on_conflict_do_nothing())


def _store_all(
    connection: sa.Connection, *, routed: Sequence[_Routed], repeated: set[int]
) -> Sequence[Row]:
    """Store runs, ended waits, who took what, and that the events have been routed."""
    _store_starts(connection, [start for each in routed for start in each.starts])
    happened = [
        (each.row.connector, each.row.seq, each.row.payload, each.event.answers)
        for each in routed
        if each.event.answers
    ]
    going_on, enders = end_answered(connection, happened)
    for each in routed:
        each.takers |= enders.get(each.row.seq, set())
    _store_takings(connection, routed)
    holding = [
        {"seq": each.row.seq, "listener_id": listener_id, "account_id": account_id}
        for each in routed
        for listener_id, account_id in each.held
    ]
    if holding:
        _ADD_HELD.execute(connection, holding)
    for state, seqs in (
        (REPEATED, list(repeated)),
        (ROUTED, [each.row.seq for each in routed if each.takers]),
        (UNROUTED, [each.row.seq for each in routed if not each.takers]),
    ):
        if seqs:
            connection.execute(sa.update(events).where(events.c.seq.in_(seqs)).values(state=state))
    return going_on


def _store_takings(connection: sa.Connection, routed: Sequence[_Routed]) -> None:
    rows = [
        {"seq": each.row.seq, "owner_id": owner_id, "replayed_at": None, "replayed_by": None}
        for each in routed
        for owner_id in each.takers
    ]
    if rows:
        _ADD_TAKING.execute(connection, rows)


def _store_starts(connection: sa.Connection, starts: Sequence[Start]) -> None:
    """Store new runs, each with its trigger's step and what it does first."""
    now = time.time()
    if starts:
        _ADD_RUN.execute(connection, [_run_row(start, now) for start in starts])
        _ADD_STEP.execute(connection, [_trigger_step(start, now) for start in starts])
    first = [_first_segment(start) for start in starts if start.error is None]
    if first:
        _ADD_SEGMENT.execute(connection, first)


def _run_row(start: Start, now: float) -> dict[str, Any]:
    return {
        "id": start.run_id,
        "owner_id": start.owner_id,
        "flow_key": start.flow_key,
        "flow_id": start.flow_id,
        "version": start.version,
        "trigger": start.component,
        "event_seq": start.event_seq,
        "depth": start.depth,
        "state": (RunState.FAILED if start.error else RunState.RUNNING).value,
        "error": _json(start.error),
        "started_at": now,
        "ended_at": now if start.error else None,
    }


def _trigger_step(start: Start, now: float) -> dict[str, Any]:
    return {
        "id": start.run_id,
        "run_id": start.run_id,
        "segment_id": "",
        "position": 0,
        "component": start.component,
        "type": start.type,
        "state": (StepState.FAILED if start.error else StepState.COMPLETED).value,
        "attempt": 1,
        "input": None,
        "output": start.output,
        "error": _json(start.error),
        "started_at": now,
        "duration_s": 0.0,
    }


def _first_segment(start: Start) -> dict[str, Any]:
    work = start.work
    return {
        "id": work.id,
        "run_id": work.run_id,
        "owner_id": work.owner_id,
        "connector": work.connector,
        "order_key": work.order_key,
        "state": SegmentState.QUEUED.value,
        "work": json.dumps(work.to_json()),
        "key": None,
        "after_seq": work.event_seq,
        "account_id": None,
        "expires_at": None,
        "rank": work.rank,
        "event": None,
        "event_seq": None,
    }


def _json(value: Mapping[str, Any] | None) -> str | None:
    # allow_nan: what is no JSON is refused here, by every database alike.
    return None if value is None else json.dumps(value, allow_nan=False)
