"""Who listens to an event, and what their triggers make of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from ..contract import Event, Trigger
from ..flows.flows import Flows
from ..flows.places import WarningContext
from ..observe.faults import Describe
from ..runs.run_ids import run_id_of
from ..storage.database import DATABASE_AWAY
from ..storage.statements import MAX_KEYS, PreparedSelect
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, flows, listeners
from .chains import Cause, Chains
from .starts import Routed, Start, json_text
from .topics import Topics

# Whoever listens to one of the topics, with the flow's own id.
_COLUMNS = (
    listeners.c.id,
    listeners.c.connector,
    listeners.c.route,
    listeners.c.owner_id,
    listeners.c.account_id,
    listeners.c.flow_key,
    listeners.c.version,
    listeners.c.component,
    flows.c.id.label("flow_id"),
)
_LISTENING = PreparedSelect(
    lambda topics: (
        _listening()
        .where(listeners.c.connector == sa.bindparam("connector"))
        .where(listeners.c.route.in_(topics))
    )
)
# Triggers read events without a pause for so long, then others on the loop have their turn.
LONGEST_TURN_S = 0.02


# The triggers of one batch, by flow (its key), version and step.
Triggers = dict[tuple[str, int, str], tuple[Trigger, WarningContext]]


@dataclass(frozen=True)
class Listeners:
    """Those who listen to some topics, and their accounts by id."""

    rows: Sequence[sa.Row[Any]]
    accounts: Mapping[str, sa.Row[Any]]

    def runs_at_most(self, events: Iterable[tuple[str, Event]]) -> Iterator[int]:
        """Yield how many runs each of the events, with its connector, may start."""
        per_topic = Counter((each.connector, each.route) for each in self.rows)
        for connector, event in events:
            yield sum(per_topic[connector, topic] for topic in event.topics)


def find_listeners(
    connection: sa.Connection,
    events: Iterable[tuple[str, Event]],
    which: sa.ColumnElement[bool] | None = None,
) -> Listeners:
    """Return those who listen to any of the events, each given with its connector."""
    topics: dict[str, set[str]] = {}
    for connector, event in events:
        topics.setdefault(connector, set()).update(event.topics)
    found: list[sa.Row[Any]] = []
    for connector, named in topics.items():
        some = sorted(named)
        for start in range(0, len(some), MAX_KEYS):
            some_of_them = some[start : start + MAX_KEYS]
            if which is None:
                found += _LISTENING.rows(connection, some_of_them, {"connector": connector})
                continue
            mine = (listeners.c.connector == connector) & listeners.c.route.in_(some_of_them)
            found += connection.execute(_listening().where(mine, which))
    ids = {each.account_id for each in found if each.account_id}
    query = sa.select(accounts.c.id, accounts.c.state, accounts.c.profile)
    found_accounts: dict[str, Any] = {}
    if ids:
        found_accounts = {
            row.id: row for row in connection.execute(query.where(accounts.c.id.in_(ids)))
        }
    return Listeners(sorted(found, key=lambda each: each.id), found_accounts)


def _listening() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*_COLUMNS).join(flows, flows.c.key == listeners.c.flow_key)


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
    ) -> Listeners:
        """Return those who listen to any of the events."""
        happened = [(each.row.connector, each.event) for each in routed]
        return await self.storage.readers.read(
            partial(find_listeners, events=happened, which=which)
        )

    async def find_starts(
        self,
        routed: Sequence[Routed],
        listening: Listeners,
        *,
        again: str = "",
        holds: bool = True,
    ) -> None:
        """Fill in what follows from each event; what cannot be done with one stays with it."""
        by_topic: dict[tuple[str, str], list[sa.Row[Any]]] = {}
        for listener in listening.rows:
            by_topic.setdefault((listener.connector, listener.route), []).append(listener)
        opened: dict[str, frozenset[str]] = {}
        triggers: Triggers = {}
        senders: Mapping[str, sa.Row[Any] | None] = {}
        if listening.rows:
            senders = await self.chains.senders(routed)
        flow_of_run: dict[str, str | None] = {
            key: run.flow_key if run else None for key, run in senders.items()
        }
        causes = self.chains.causes(routed, senders)
        caused = await self.chains.caused(causes)
        began_at = time.monotonic()
        for each in routed:
            once: set[tuple[str, str]] = set()
            for topic in each.event.topics:
                for listener in by_topic.get((each.row.connector, topic), ()):
                    place = (listener.flow_key, listener.component)
                    account = listening.accounts.get(listener.account_id)
                    if place in once or not self._may_hear(listener, account, each, opened):
                        continue
                    once.add(place)
                    if account is not None and account.state != CONNECTED:
                        each.held += [(listener.id, listener.account_id)] if holds else []
                        continue
                    cause = causes.get((each.row.seq, listener.owner_id))
                    if time.monotonic() - began_at > LONGEST_TURN_S:
                        await asyncio.sleep(0)
                        began_at = time.monotonic()
                    start = await self._start(
                        each, listener, again, cause, caused, flow_of_run, triggers
                    )
                    if start is None:
                        continue
                    each.starts.append(start)
                    each.takers.add(listener.owner_id)
                    if cause is not None:
                        caused[cause.origin, listener.flow_key] += 1

    def _may_hear(
        self,
        listener: sa.Row[Any],
        account: sa.Row[Any] | None,
        each: Routed,
        opened: dict[str, frozenset[str]],
    ) -> bool:
        """Say whether the listener's account is known to reach the event; `opened` remembers."""
        if not listener.account_id:
            return self.topics.is_open(listener.connector)
        if account is None:
            return False  # it is gone
        if account.id not in opened:
            opened[account.id] = self.topics.opened(listener.connector, account.profile)
        return not opened[account.id].isdisjoint(each.event.topics)

    async def _start(
        self,
        each: Routed,
        listener: sa.Row[Any],
        again: str,
        cause: Cause | None,
        caused: Mapping[tuple[str, str], int],
        flow_of_run: dict[str, str | None],
        triggers: Triggers,
    ) -> Start | None:
        value: dict[str, Any] | None = None
        error: dict[str, Any] | None = None
        output: str | None = None
        port = kind = ""
        place = (listener.flow_key, listener.version, listener.component)
        try:
            document = await self.flows.document(listener.flow_key, listener.version)
            kind = document.components[listener.component].type
            if place not in triggers:
                triggers[place] = await self.flows.trigger(listener.owner_id, *place)
                triggers[place][1].flow_of_run.maps.append(flow_of_run)
            trigger, context = triggers[place]
            port = trigger.port
            result = await trigger.receive(context, each.event.payload)
            if result is None:
                return None
            if not isinstance(result, BaseModel):
                raise TypeError("an event starts one run, and receive returned several Outputs")
            if context.kept:
                raise TypeError("put_with_starts is for wake-ups and requests, not for events")
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
        return Start(
            run_id=run_id_of(
                row.seq, row.connector, row.id, listener.flow_key, listener.component, again
            ),
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
