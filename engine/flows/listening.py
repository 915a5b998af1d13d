"""Which version of a flow listens: one takes over from another in one commit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from ..contract import Hook, Listener, RejectedError
from ..storage.seal import Seal
from ..storage.tables import flows, hooks, listeners, relied_on, schedules
from ..storage.writer import Writer
from .hooks import rule_of_hook
from .places import Place
from .schedules import first_time

RUNNING, STOPPED = "running", "stopped"
# So many characters of a name of a schedule or an address.
MAX_NAME_CHARS = 100
TO_BE_ASKED = sa.select(flows).where(
    flows.c.state == RUNNING,
    flows.c.relying_version.is_distinct_from(flows.c.running_version),
)


@dataclass
class TakeOver:
    """What a version that is about to run listens to, and what is listened to at present."""

    flow_key: str
    version: int
    present: Mapping[str, sa.Row[Any]]
    present_hooks: Mapping[tuple[str, str], sa.Row[Any]]
    present_relied_on: Mapping[str, sa.Row[Any]]
    seal: Seal
    wanted: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    relied_on: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    schedules: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    hooks: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict[tuple[str, str], dict[str, Any]]
    )

    async def add(self, listener: Listener, place: Place) -> None:
        self.wanted[listener.id] = {
            "id": listener.id,
            "connector": place.connector,
            "route": listener.topic,
            "params": listener.params,
            "owner_id": place.owner_id,
            "account_id": listener.account_id,
            "flow_key": place.flow_key,
            "version": self.version,
            "component": place.component,
        }

    async def remove(self, listener: Listener) -> bool:
        was_wanted = self.wanted.pop(listener.id, None) is not None
        return was_wanted and listener.id not in self.present

    async def add_schedule(
        self, name: str, rule: Mapping[str, Any], place: Place, *, catches_up: bool
    ) -> None:
        key = schedule_id(name, place)
        row = {"id": key, "rule": rule, "catches_up": catches_up, "reason": ""}
        self.schedules[key] = {**row, **self._columns(name, place)}

    async def remove_schedule(self, name: str, place: Place) -> None:
        self.schedules.pop(schedule_id(name, place), None)

    async def open_hook(self, hook: Hook, place: Place) -> str:
        present = self.present_hooks.get((place.component, hook.name))
        secret = self.seal.open(present.sealed) if present else secrets.token_urlsafe(32)
        self.hooks[place.component, hook.name] = {
            "hash": sha256(secret.encode()).hexdigest(),
            "sealed": self.seal.close(secret),
            "rule": rule_of_hook(hook),
            "is_open": True,
            **self._columns(hook.name, place),
        }
        return str(secret)

    async def close_hook(self, name: str, place: Place) -> None:
        self.hooks.pop((place.component, name), None)

    def store(self, connection: sa.Connection, now: float) -> list[float]:
        """Let this version run, and no other; return when its triggers are to be woken."""
        connection.execute(sa.delete(listeners).where(listeners.c.flow_key == self.flow_key))
        if self.wanted:
            connection.execute(sa.insert(listeners), list(self.wanted.values()))
        times = self._store_schedules(connection, now)
        self._store_hooks(connection)
        set_state(connection, self.flow_key, RUNNING, self.version, "", now)
        store_relied_on(connection, self.flow_key, self.version, self.relied_on)
        return times

    def _store_schedules(self, connection: sa.Connection, now: float) -> list[float]:
        """Keep when the same schedule of the former version is due, or that it is over."""
        mine = schedules.c.flow_key == self.flow_key
        present = {row.id: row for row in connection.execute(sa.select(schedules).where(mine))}
        rows: list[dict[str, Any]] = []
        for row in self.schedules.values():
            former = present.get(row["id"])
            if former is not None and former.rule == row["rule"]:
                times = {"due_at": former.due_at, "wake_at": former.wake_at}
            else:
                due_at = first_time(row["rule"], now)
                times = {"due_at": due_at, "wake_at": due_at}
            rows.append({**row, **times})
        connection.execute(sa.delete(schedules).where(mine))
        if rows:
            connection.execute(sa.insert(schedules), rows)
        return [row["wake_at"] for row in rows if row["wake_at"] is not None]

    def _store_hooks(self, connection: sa.Connection) -> None:
        """Keep the addresses of what is not in this version, closed: it may come again."""
        mine = hooks.c.flow_key == self.flow_key
        connection.execute(sa.update(hooks).where(mine).values(is_open=False))
        taken = [row["hash"] for row in self.hooks.values()]
        connection.execute(sa.delete(hooks).where(mine, hooks.c.hash.in_(taken)))
        if self.hooks:
            connection.execute(sa.insert(hooks), list(self.hooks.values()))

    def _columns(self, name: str, place: Place) -> dict[str, Any]:
        if len(name) > MAX_NAME_CHARS:
            raise RejectedError(
                "The name is too long", f"{name[:MAX_NAME_CHARS]}… has {len(name)} characters."
            )
        return {
            "connector": place.connector,
            "owner_id": place.owner_id,
            "account_id": place.account.id if place.account else "",
            "flow_key": place.flow_key,
            "version": self.version,
            "component": place.component,
            "name": name,
        }


@dataclass(frozen=True)
class Stopping:
    """The listeners of a version that is stopped, in the table."""

    writer: Writer

    async def add(self, listener: Listener, place: Place) -> None:
        raise RejectedError("A trigger that stops asks for events", "Only starting may.")

    async def remove(self, listener: Listener) -> bool:
        gone = sa.delete(listeners).where(listeners.c.id == listener.id)
        await self.writer.commit(lambda c: c.execute(gone))
        return True

    async def add_schedule(
        self, name: str, rule: Mapping[str, Any], place: Place, *, catches_up: bool
    ) -> None:
        raise RejectedError("A trigger asks to be woken", "Only starting may.")

    async def remove_schedule(self, name: str, place: Place) -> None:
        gone = sa.delete(schedules).where(schedules.c.id == schedule_id(name, place))
        await self.writer.commit(lambda c: c.execute(gone))

    async def open_hook(self, hook: Hook, place: Place) -> str:
        raise RejectedError("A trigger asks for an address", "Only starting may.")

    async def close_hook(self, name: str, place: Place) -> None:
        mine = (hooks.c.flow_key == place.flow_key) & (hooks.c.component == place.component)
        closed = sa.update(hooks).where(mine, hooks.c.name == name).values(is_open=False)
        await self.writer.commit(lambda c: c.execute(closed))


@dataclass(frozen=True)
class Kept(Stopping):
    """The same for a trigger of a former version: what the new one listens to stays.

    Its schedules and addresses went with the commit in which the new one took over.
    """

    taking_over: TakeOver
    left: set[str] = field(default_factory=set[str])

    async def remove(self, listener: Listener) -> bool:
        if listener.id in self.taking_over.wanted:
            return False
        self.left.add(listener.id)
        return True

    async def remove_schedule(self, name: str, place: Place) -> None: ...
    async def close_hook(self, name: str, place: Place) -> None: ...


def schedule_id(name: str, place: Place) -> str:
    return f"{place.flow_key}:{place.component}:{name}"


def stop_listening(connection: sa.Connection, flow_key: str, now: float) -> None:
    for table in (listeners, schedules):
        connection.execute(sa.delete(table).where(table.c.flow_key == flow_key))
    forget_relied_on(connection, flow_key)
    closed = sa.update(hooks).where(hooks.c.flow_key == flow_key).values(is_open=False)
    connection.execute(closed)
    set_state(connection, flow_key, STOPPED, None, "", now)


def heard_of(connector: str) -> sa.Subquery:
    """Return the topics of a connector that flows listen to, with the flows' keys, with repeats."""
    begins = sa.select(listeners.c.route, listeners.c.flow_key)
    counts = (
        (flows.c.key == relied_on.c.flow_key)
        & (flows.c.running_version == relied_on.c.version)
        & (flows.c.relying_version == relied_on.c.version)
    )
    relies = sa.select(relied_on.c.route, relied_on.c.flow_key).join(flows, counts)
    return sa.union_all(
        begins.where(listeners.c.connector == connector),
        relies.where(relied_on.c.connector == connector),
    ).subquery()


def store_relied_on(
    connection: sa.Connection, flow_key: str, version: int, rows: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Keep what a version relies on; say whether it is the one that runs still."""
    kept = connection.execute(
        sa.update(flows)
        .where(flows.c.key == flow_key, flows.c.running_version == version)
        .values(relying_version=version)
    )
    if kept.rowcount:
        connection.execute(sa.delete(relied_on).where(relied_on.c.flow_key == flow_key))
        if rows:
            connection.execute(sa.insert(relied_on), [*rows.values()])
    return bool(kept.rowcount)


def forget_relied_on(connection: sa.Connection, flow_key: str) -> None:
    """Let a flow rely on nothing; it is asked anew, should it go on all the same."""
    connection.execute(sa.delete(relied_on).where(relied_on.c.flow_key == flow_key))
    mine = sa.update(flows).where(flows.c.key == flow_key)
    connection.execute(mine.values(relying_version=None))


def set_state(
    connection: sa.Connection,
    flow_key: str,
    state: str,
    version: int | None,
    reason: str,
    now: float,
) -> None:
    connection.execute(
        sa.update(flows)
        .where(flows.c.key == flow_key)
        .values(
            state=state,
            running_version=version,
            relying_version=None,
            reason=reason,
            updated_at=now,
        )
    )
