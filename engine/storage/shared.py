"""What the components of a flow, or of all flows of an owner, keep for one another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..contract import Json, RejectedError, SharedScope
from ..limits import Limits
from .storage import Storage
from .store import DatabaseStore, put_rows
from .tables import flow_drafts, flows, steps, store

MAX_VALUE_CHARS = 32_768
# Between two counts, what is added is counted on.
COUNTED_FOR_S = 10.0
# What a step has changed is known until its end is recorded, and no longer than this.
KNOWN_FOR_S = 30 * 86_400.0
AT_ONCE = 500
_CHANGES = "changes"


def namespace_of(scope: SharedScope, owner_id: str, flow_key: str) -> str:
    return f"flow:{owner_id}:{flow_key}" if scope == "flow" else f"owner:{owner_id}"


@dataclass
class SharedCounts:
    """How many entries each owner has, about."""

    storage: Storage
    limits: Limits
    _counts: dict[str, tuple[float, int]] = field(default_factory=dict[str, "tuple[float, int]"])

    async def check(self, owner_id: str) -> None:
        """Count one more entry; raise ConflictError when the owner has too many."""
        now = self.storage.clock.elapsed
        counted_at, count = self._counts.get(owner_id, (-COUNTED_FOR_S, 0))
        if now - counted_at >= COUNTED_FOR_S:
            [row] = await self.storage.rows(_counting(owner_id))
            counted_at, count = now, row.flow + row.owner
        self.limits.check("stored_values", count)
        self._counts[owner_id] = (counted_at, count + 1)


def _counting(owner_id: str) -> sa.Select[int, int]:
    of_flows = sa.union(
        *(
            sa.select(sa.literal(f"flow:{owner_id}:") + table.c.key).where(
                table.c.owner_id == owner_id
            )
            for table in (flows, flow_drafts)
        )
    )
    count = sa.select(sa.func.count()).select_from(store)
    return sa.select(
        count.where(store.c.namespace.in_(of_flows)).scalar_subquery().label("flow"),
        count.where(store.c.namespace == f"owner:{owner_id}").scalar_subquery().label("owner"),
    )


@dataclass(frozen=True)
class SharedEntries:
    """The contract's SharedStore on the database, for one step of a connector.

    `step_id` is empty where nothing is changed. In a dry run everything is as if it had been.
    """

    storage: Storage
    counts: SharedCounts
    namespace: str
    connector: str
    owner_id: str
    step_id: str = ""
    is_dry: bool = False

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        found = await self._entries.get([self._name(key) for key in keys])
        return {self._key(name): value for name, value in found.items()}

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        found = await self._entries.scan(self._name(prefix))
        return {self._key(name): value for name, value in found.items()}

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        present = await self.get([*entries])
        for key, value in entries.items():
            await self._check(value, is_new=key not in present)
        if not self.is_dry:
            named = {self._name(key): value for key, value in entries.items()}
            await self._entries.put(named, expires_in_s=expires_in_s)

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        present = await self.get([key])
        await self._check(value, is_new=key not in present)
        if self.is_dry:
            return present.get(key)
        name = self._name(key)

        def change(connection: sa.Connection) -> Json | None:
            if found := _find(connection, self.namespace, name, self.storage.clock.now):
                present: Json = found[0]
                return present
            put_rows(connection, self._entries.rows({name: value}, expires_in_s=expires_in_s))
            return None

        return await self._once(key, change)

    async def increase(self, key: str, by: float, *, expires_in_s: float | None = None) -> float:
        present = await self.get([key])
        await self._check(by, is_new=key not in present)
        if self.is_dry:
            return _sum(key, present.get(key, 0), by)
        name = self._name(key)

        def change(connection: sa.Connection) -> Json | None:
            found = _find(connection, self.namespace, name, self.storage.clock.now)
            total = _sum(key, 0 if found is None else found[0], by)
            [row] = self._entries.rows({name: total}, expires_in_s=expires_in_s)
            # Counting on does not put off the end.
            put_rows(connection, [{**row, "expires_at": found[1]} if found else row])
            return total

        total = await self._once(key, change)
        assert isinstance(total, int | float)
        return total

    async def delete(self, keys: Sequence[str]) -> None:
        if not self.is_dry:
            await self._entries.delete([self._name(key) for key in keys])

    @property
    def _entries(self) -> DatabaseStore:
        return DatabaseStore(self.storage, self.namespace)

    def _name(self, key: str) -> str:
        return f"{self.connector} {key}"

    def _key(self, name: str) -> str:
        return name.removeprefix(f"{self.connector} ")

    async def _check(self, value: Json, *, is_new: bool) -> None:
        if len(json.dumps(value)) > MAX_VALUE_CHARS:
            raise RejectedError(
                "The value is too long",
                f"It has more than {MAX_VALUE_CHARS:,} characters as JSON.",
                "Keep less of it, or keep it as a file.",
                "value",
            )
        if is_new:
            await self.counts.check(self.owner_id)

    async def _once(self, key: str, change: Callable[[sa.Connection], Json | None]) -> Json | None:
        """Change it, and remember the answer for the same step when it is repeated."""
        name, now = f"{self.namespace} {self._name(key)}", self.storage.clock.now

        def write(connection: sa.Connection) -> Json | None:
            _lock(connection, name)
            found = _find(connection, _CHANGES, self.step_id, now)
            known: dict[str, Any] = {**found[0]} if found else {}
            if name not in known:
                known[name] = change(connection)
                changes = DatabaseStore(self.storage, _CHANGES)
                put_rows(connection, changes.rows({self.step_id: known}, expires_in_s=KNOWN_FOR_S))
            answer: Json | None = known[name]
            return answer

        return await self.storage.writer.commit(write)


def _lock(connection: sa.Connection, name: str) -> None:
    """Let nobody change an entry between its reading and its writing; SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))


def _find(
    connection: sa.Connection, namespace: str, name: str, now: float
) -> tuple[Any, float | None] | None:
    """Return an entry's value, and when it ends."""
    mine = (store.c.namespace == namespace) & (store.c.key == name)
    is_alive = sa.or_(store.c.expires_at.is_(None), store.c.expires_at > now)
    row = connection.execute(sa.select(store).where(mine, is_alive)).first()
    return None if row is None else (json.loads(row.value), row.expires_at)


def _sum(key: str, present: Json, by: float) -> float:
    if isinstance(present, bool) or not isinstance(present, int | float):
        raise RejectedError(
            "There is no number to count on",
            f"What is stored under {key!r} is none.",
            "Use another key, or store a number there first.",
            "key",
        )
    return present + by


def remove_shared(connection: sa.Connection, owner_id: str, flow_key: str) -> None:
    """Remove what the components of a flow have kept for one another."""
    mine = store.c.namespace == namespace_of("flow", owner_id, flow_key)
    connection.execute(sa.delete(store).where(mine))


def forget_changes(connection: sa.Connection) -> int:
    """Forget some of what is known of steps that are recorded by now; return of how many."""
    has_ended = steps.c.state.in_(["completed", "failed", "unknown"])
    is_recorded = sa.exists().where(steps.c.id == store.c.key, has_ended)
    some = sa.select(store.c.key).where(store.c.namespace == _CHANGES, is_recorded).limit(AT_ONCE)
    names = list(connection.scalars(some))
    gone = (store.c.namespace == _CHANGES) & store.c.key.in_(names)
    connection.execute(sa.delete(store).where(gone))
    return len(names)
