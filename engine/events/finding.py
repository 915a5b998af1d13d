"""Who listens to an event, and what their triggers make of it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..flows.flows import Flows
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, flows, listeners
from .chains import Cause, Chains
from .starts import Routed, Start, json_text
from .topics import Topics

# Triggers read events without a pause for so long, then others on the loop have their turn.
LONGEST_TURN_S = 0.01


@dataclass(frozen=True)
class Finder:
    """Finds what follows from events."""

    storage: Storage
    flows: Flows
    topics: Topics
    chains: Chains
    describe: Describe

    async def listeners(
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
            found += await self.storage.rows(query) if topics else ()
        return found

    async def find_starts(
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
        causes = await self.chains.causes(routed) if listening else {}
        caused = await self.chains.caused(causes)
        began_at = time.monotonic()
        for each in routed:
            once: set[tuple[str, str]] = set()
            for route in each.event.routes:
                for listener in by_route.get((each.row.connector, route), ()):
                    place = (listener.flow_key, listener.component)
                    if place in once or not self._may_hear(listener, each, opened):
                        continue
                    once.add(place)
                    if listener.account_id and listener.account_state != CONNECTED:
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

    def _may_hear(
        self, listener: sa.Row[Any], each: Routed, opened: dict[str, frozenset[str]]
    ) -> bool:
        if not listener.account_id:
            return self.topics.is_open(listener.connector)
        return not self._opened_by(listener, opened).isdisjoint(each.event.routes)

    def _opened_by(
        self, listener: sa.Row[Any], opened: dict[str, frozenset[str]]
    ) -> frozenset[str]:
        """Return the topics that a listener's account is known to reach; `opened` remembers."""
        if listener.account_state is None:
            return frozenset()  # the account is gone
        if listener.account_id not in opened:
            topics = self.topics.opened(listener.connector, listener.account_profile)
            opened[listener.account_id] = topics
        return opened[listener.account_id]

    async def _start(
        self,
        each: Routed,
        listener: sa.Row[Any],
        again: str,
        cause: Cause | None,
        caused: Mapping[tuple[str, str], int],
    ) -> Start | None:
        value: dict[str, Any] | None = None
        error: dict[str, Any] | None = None
        output: str | None = None
        port = kind = ""
        try:
            document = await self.flows.document(listener.flow_key, listener.version)
            kind = document.components[listener.component].type
            trigger, context = await self.flows.trigger(
                listener.owner_id, listener.flow_key, listener.version, listener.component
            )
            port = trigger.port
            result = await trigger.receive(context, each.event.payload)
            if result is None:
                return None
            times = 0 if cause is None else caused[cause.origin, listener.flow_key]
            error = self.chains.error(cause, times)
            if error is None:
                value = result.model_dump(mode="json")
                output = json_text({port: [value]})
        except DATABASE_AWAY:
            raise
        except Exception as failure:  # a component's fault must not keep events from other flows
            value, error = (
                None,
                self.describe(failure, given=each.event.payload, component=listener.component),
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
