"""From stored events to runs: ledgers, listeners, waits, and one commit for all that follows."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from .contract import ConnectorError, Event
from .database import answers, events, flows, insert, listeners, runs, segments, steps
from .events import NEW, REPEATED, ROUTED, UNROUTED, event_of
from .pacing import Pacing
from .segments import QUEUED, WAITING, enqueue, go_on, lock_keys

if TYPE_CHECKING:
    from .engine import Engine

BATCH = 500
STARTS_PER_COMMIT = 40
IDLE_S = 0.5
PAUSE_AFTER_FAILURE_S = 1.0
TAKE_OVER_S = 2.0
ROUTING_LOCK = 0x617070_6D6978


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
    value: dict[str, Any] | None
    port: str
    error: dict[str, Any] | None


@dataclass
class Dispatcher:
    """Routes new events in the order in which they came. One per database is at work."""

    engine: Engine

    async def work(self) -> None:
        """Route until cancelled, whenever no other process does."""
        while True:
            try:
                with self.only_one() as is_mine:
                    if is_mine:
                        await self._work()
            except SQLAlchemyError as error:
                self.engine.log.error("routing_interrupted", error=type(error).__name__)
            await asyncio.sleep(TAKE_OVER_S)

    @contextmanager
    def only_one(self) -> Generator[bool]:
        """Hold the right to route: on PostgreSQL a lock that ends with the connection.

        On SQLite the data folder's lock keeps other processes away.
        """
        with self.engine.database.connect() as connection:
            if connection.dialect.name != "postgresql":
                yield True
                return
            query = sa.select(sa.func.pg_try_advisory_lock(ROUTING_LOCK))
            is_mine = bool(connection.scalar(query))
            connection.commit()
            try:
                yield is_mine
            finally:
                connection.invalidate()

    async def _work(self) -> None:
        engine = self.engine
        pacing, routed = Pacing(engine.events), 0
        while True:
            engine.events.arrived.clear()
            await pacing.pause(has_backlog=routed == BATCH)
            try:
                routed = await self.route_batch()
            except ConnectorError as error:
                engine.log.error("routing_failed", reason=str(error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
                continue
            if not routed:
                try:
                    await asyncio.wait_for(engine.events.arrived.wait(), IDLE_S)
                except TimeoutError:
                    pass  # look again: another process may have stored events

    async def route_batch(self) -> int:
        """Route the oldest events; return how many there were, BATCH at most."""
        engine = self.engine
        query = sa.select(events).where(events.c.state == NEW).order_by(events.c.seq).limit(BATCH)
        rows = await engine.rows(query)
        if len(rows) < BATCH and await engine.events.read(engine.plugins, engine.describe):
            rows = await engine.rows(query)
        if not rows:
            return 0
        repeated = await self._repeated(rows)
        found = [(row, event_of(row)) for row in rows if row.seq not in repeated]
        for connector in {row.connector for row, _ in found}:
            new = [event for row, event in found if row.connector == connector]
            if connector in self.engine.plugins:
                await self._announce(connector, new)
        starts, listened = await self._starts(found)
        # In slices, because webhooks wait for the writer too: the starts first, so that an event
        # counts as routed when all of its runs are there.
        for position in range(0, len(starts), STARTS_PER_COMMIT):
            some = starts[position : position + STARTS_PER_COMMIT]
            await self._store_or_fail(some)
        await self.engine.writer.commit(
            lambda connection: self._commit(connection, found, listened, repeated)
        )
        self._tell(starts)
        for row, _ in found:
            if row.seq not in listened:
                self.engine.metrics.unrouted.labels(row.connector).inc()
        return len(rows)

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
        try:
            await self.engine.plugins[connector].before_routing(new)
        except ConnectorError:
            raise
        except Exception as error:  # a plugin's fault must not stop the events of everybody
            self.engine.describe(error, connector=connector)

    async def replay(self, owner_id: str, seq: int) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids."""
        rows = await self.engine.rows(sa.select(events).where(events.c.seq == seq))
        found = [(row, event_of(row)) for row in rows]
        starts, _ = await self._starts(found, owner_id=owner_id, again=str(time.time_ns()))
        await self.engine.writer.commit(lambda connection: self._store(connection, starts))
        self._tell(starts)
        return [start.run_id for start in starts]

    async def _starts(
        self,
        found: Sequence[tuple[sa.Row[Any], Event]],
        *,
        owner_id: str | None = None,
        again: str = "",
    ) -> tuple[list[Start], set[int]]:
        """Return the runs to start, and the events (by seq) that have a listener."""
        routes = {route for _, event in found for route in event.routes}
        query = (
            sa.select(
                listeners, flows.c.running_version, flows.c.version, flows.c.id.label("flow_id")
            )
            .join(flows, flows.c.key == listeners.c.flow_key)
            .where(listeners.c.route.in_(routes))
            .order_by(listeners.c.id)
        )
        if owner_id is not None:
            query = query.where(listeners.c.owner_id == owner_id)
        by_route: dict[tuple[str, str], list[sa.Row[Any]]] = {}
        found_listeners = await self.engine.rows(query) if routes else ()
        for listener in found_listeners:
            by_route.setdefault((listener.connector, listener.route), []).append(listener)
        starts: list[Start] = []
        listened: set[int] = set()
        for row, event in found:
            once: set[tuple[str, str]] = set()
            for route in event.routes:
                for listener in by_route.get((row.connector, route), []):
                    listened.add(row.seq)
                    place = (listener.flow_key, listener.component)
                    if place not in once:
                        once.add(place)
                        start = await self._start(row, event, listener, again)
                        starts += [start] if start else []
        return starts, listened

    async def _start(
        self, row: sa.Row[Any], event: Event, listener: sa.Row[Any], again: str
    ) -> Start | None:
        version = listener.running_version or listener.version
        value: dict[str, Any] | None = None
        error: dict[str, Any] | None = None
        port = ""
        document = await self.engine.flows.document(listener.flow_key, version)
        kind = document.components[listener.component].type
        try:
            trigger, context = await self.engine.flows.trigger(
                listener.owner_id, listener.flow_key, version, listener.component
            )
            port = trigger.port
            output = await trigger.receive(context, event.payload)
            if output is None:
                return None
            value = output.model_dump(mode="json")
        except (
            Exception
        ) as failure:  # a component's fault must not keep other events from their flows
            error = self.engine.describe(failure, component=listener.component)
        what = "|".join([row.connector, row.id, listener.flow_key, listener.component, again])
        return Start(
            run_id=hashlib.sha256(what.encode()).hexdigest()[:32],
            owner_id=listener.owner_id,
            connector=row.connector,
            flow_key=listener.flow_key,
            flow_id=listener.flow_id,
            version=version,
            component=listener.component,
            type=kind,
            event_seq=row.seq,
            order=event.order,
            value=value,
            port=port,
            error=error,
        )

    def _commit(
        self,
        connection: sa.Connection,
        found: Sequence[tuple[sa.Row[Any], Event]],
        listened: set[int],
        repeated: set[int],
    ) -> None:
        keys = {(row.connector, key): row for row, event in found for key in event.answers}
        answered = self._wake(connection, found, keys) if keys else set[int]()
        for state, seqs in (
            (REPEATED, list(repeated)),
            (ROUTED, [row.seq for row, _ in found if row.seq in listened | answered]),
            (UNROUTED, [row.seq for row, _ in found if row.seq not in listened | answered]),
        ):
            if seqs:
                connection.execute(
                    sa.update(events).where(events.c.seq.in_(seqs)).values(state=state)
                )

    def _wake(
        self,
        connection: sa.Connection,
        found: Sequence[tuple[sa.Row[Any], Event]],
        keys: dict[tuple[str, str], sa.Row[Any]],
    ) -> set[int]:
        """Keep the answers for waits to come, and end the waits that are there; return by what."""
        lock_keys(connection, [key for _, key in keys])
        rows = [
            {"connector": row.connector, "key": key, "seq": row.seq}
            for row, event in found
            for key in event.answers
        ]
        connection.execute(insert(answers, connection).on_conflict_do_nothing(), rows)
        query = sa.select(segments).where(
            segments.c.state == WAITING, segments.c.key.in_({key for _, key in keys})
        )
        answered: set[int] = set()
        for segment in connection.execute(query).mappings().all():
            ending = (
                (row, event)
                for row, event in found
                if row.connector == segment["connector"]
                and segment["key"] in event.answers
                and row.seq > segment["after_seq"]
            )
            first = next(ending, None)
            if first is not None:
                row, event = first
                go_on(self.engine, connection, segment, event=event.payload, event_seq=row.seq)
                answered.add(row.seq)
        return answered

    async def _store_or_fail(self, starts: Sequence[Start]) -> None:
        """Store the runs; one that no database will ever take is stored as failed instead."""
        try:
            await self.engine.writer.commit(partial(self._store, starts=starts))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # one event's content must not hold up all others
            if len(starts) > 1:
                for start in starts:
                    await self._store_or_fail([start])
                return
            fault = self.engine.describe(error, component=starts[0].component)
            failed = replace(starts[0], value=None, error=fault)
            await self.engine.writer.commit(partial(self._store, starts=[failed]))

    def _store(self, connection: sa.Connection, starts: Sequence[Start]) -> None:
        """Store the runs that are not there yet, each with its trigger's step, and enqueue them."""
        if not starts:
            return
        now = time.time()
        query = sa.select(runs.c.id).where(runs.c.id.in_([start.run_id for start in starts]))
        known = set(connection.scalars(query))
        fresh = [start for start in starts if start.run_id not in known]
        for table, rows in (
            (runs, [_run_row(start, now) for start in fresh]),
            (steps, [_trigger_step(start, now) for start in fresh]),
            (segments, [_first_segment(start) for start in fresh if start.error is None]),
        ):
            if rows:
                connection.execute(sa.insert(table), rows)
        for start in fresh:
            if start.error is None:
                enqueue(self.engine, connection, _first_segment(start))

    def _tell(self, starts: Sequence[Start]) -> None:
        for start in starts:
            state = "failed" if start.error else "running"
            self.engine.tell_run(start.owner_id, start.run_id, start.flow_id, state)


def _run_row(start: Start, now: float) -> dict[str, Any]:
    return {
        "id": start.run_id,
        "owner_id": start.owner_id,
        "flow_key": start.flow_key,
        "flow_id": start.flow_id,
        "version": start.version,
        "trigger": start.component,
        "event_seq": start.event_seq,
        "state": "failed" if start.error else "running",
        "error": start.error,
        "started_at": now,
        "ended_at": now if start.error else None,
    }


def _trigger_step(start: Start, now: float) -> dict[str, Any]:
    return {
        "id": start.run_id,
        "run_id": start.run_id,
        "position": 0,
        "component": start.component,
        "type": start.type,
        "state": "failed" if start.error else "completed",
        "attempt": 1,
        "input": None,
        "output": {start.port: [start.value]} if start.value is not None else None,
        "error": start.error,
        "started_at": now,
        "duration_s": 0.0,
    }


def _first_segment(start: Start) -> dict[str, Any]:
    order = f"{start.flow_key}:{start.order}" if start.order else start.run_id
    return {
        "id": start.run_id,
        "run_id": start.run_id,
        "owner_id": start.owner_id,
        "connector": start.connector,
        "order_key": order,
        "state": QUEUED,
        "work": {
            "flowKey": start.flow_key,
            "flowId": start.flow_id,
            "version": start.version,
            "from": {"component": start.component, "port": start.port, "value": start.value},
            "eventSeq": start.event_seq,
        },
        "key": None,
        "after_seq": start.event_seq,
        "account_id": None,
        "expires_at": None,
    }
