"""The contract's Store on the database: JSON values by namespace and key, with expiry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningInsert

from ..contract import Json
from ..json_text import dump, load
from .statements import PreparedRows, PreparedSelect, insert
from .storage import Storage
from .tables import store
from .writer import Joined


class DatabaseStore:
    """One namespace of the store table."""

    def __init__(self, storage: Storage, namespace: str) -> None:
        self._storage, self._clock = storage, storage.clock
        self._namespace = namespace

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        unique = list(dict.fromkeys(keys))
        values = {"namespace": self._namespace, "now": self._clock.now}
        rows = await self._storage.readers.read(
            partial(_GET.rows_of_all, keys=unique, values=values)
        )
        return {key: load(value) for key, value in rows}

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        query = sa.select(store.c.key, store.c.value).where(
            store.c.namespace == self._namespace,
            store.c.key.startswith(prefix, autoescape=True),
            _is_alive(self._clock.now),
        )
        return await self._storage.readers.read(
            lambda connection: {key: load(value) for key, value in connection.execute(query)}
        )

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        rows = self.rows(entries, expires_in_s=expires_in_s)
        if rows:
            await self._storage.writer.commit(lambda connection: put_rows(connection, rows))

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        row = self._row(key, value, expires_in_s)
        return await self._storage.writer.commit(Joined(_add, (row, self._clock.now)))

    async def delete(self, keys: Sequence[str]) -> None:
        gone = (store.c.namespace == self._namespace) & store.c.key.in_(keys)
        await self._storage.writer.commit(
            lambda connection: connection.execute(sa.delete(store).where(gone))
        )

    def rows(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the entries for a commit in which put_rows stores them."""
        return [self._row(key, value, expires_in_s) for key, value in entries.items()]

    def _row(self, key: str, value: Json, expires_in_s: float | None) -> dict[str, Any]:
        return {
            "namespace": self._namespace,
            "key": key,
            "value": dump(value),
            "expires_at": None if expires_in_s is None else self._clock.now + expires_in_s,
        }


@dataclass
class EntriesWithEvents:
    """Rows of the store for the commit of what follows from the events that are announced."""

    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    is_open: bool = False

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        if not self.is_open:
            raise RuntimeError("put_with_events is for before_routing, and no events are announced")
        self.rows.extend(rows)


def put_rows(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    # Of one key the last row: a statement changes a row once.
    last = {(row["namespace"], row["key"]): row for row in rows}
    _REPLACE.execute(connection, [*last.values()])


def delete_expired(connection: sa.Connection, now: float) -> int:
    """Remove what reads as absent already; return how many entries."""
    return connection.execute(sa.delete(store).where(store.c.expires_at <= now)).rowcount


def _is_alive(now: float | sa.BindParameter[float]) -> sa.ColumnElement[bool]:
    return sa.or_(store.c.expires_at.is_(None), store.c.expires_at > now)


def _replacing(connection: sa.Connection) -> postgresql.Insert:
    statement = insert(store, connection)
    return statement.on_conflict_do_update(
        index_elements=["namespace", "key"],
        set_={"value": statement.excluded.value, "expires_at": statement.excluded.expires_at},
    )


_REPLACE = PreparedRows(_replacing)


def _adding(connection: sa.Connection) -> ReturningInsert[*tuple[Any, ...]]:
    statement = insert(store, connection)
    return statement.on_conflict_do_update(
        index_elements=["namespace", "key"],
        set_={"value": statement.excluded.value, "expires_at": statement.excluded.expires_at},
        where=store.c.expires_at <= sa.bindparam("now", type_=sa.Float),
    ).returning(store.c.namespace, store.c.key)


def _finding(keys: Sequence[sa.BindParameter[Any]]) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(store.c.key, store.c.value).where(
        store.c.namespace == sa.bindparam("namespace"),
        store.c.key.in_(keys),
        _is_alive(sa.bindparam("now", type_=sa.Float)),
    )


_ADD, _GET = PreparedRows(_adding), PreparedSelect(_finding)


def _add(
    connection: sa.Connection, added: Sequence[tuple[dict[str, Any], float]]
) -> list[Json | None]:
    """Add rows, each at a moment; return what is there already in the place of each, or None."""
    first: dict[tuple[str, str], int] = {}
    for number, (row, _) in enumerate(added):
        first.setdefault((row["namespace"], row["key"]), number)
    now = added[0][1]
    rows = [added[number][0] for number in first.values()]
    if connection.dialect.name == "sqlite":  # nobody else writes now, so it can be asked before
        there = _there(connection, rows, now)
        put_rows(connection, [row for row in rows if (row["namespace"], row["key"]) not in there])
        new = {number for name, number in first.items() if name not in there}
    else:
        added_now = _ADD.execute(connection, rows, {"now": now})
        new = {first[namespace, key] for namespace, key in added_now}
    return [
        None if number in new else _present(connection, row, now)
        for number, (row, _) in enumerate(added)
    ]


def _there(
    connection: sa.Connection, rows: Sequence[Mapping[str, Any]], now: float
) -> set[tuple[str, str]]:
    """Return namespace and key of those that are there: hardly ever one, so it is one answer."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row["namespace"], []).append(row["key"])
    return {
        (namespace, row.key)
        for namespace, some in keys.items()
        for row in _GET.rows_of_all(connection, some, {"namespace": namespace, "now": now})
    }


def _present(connection: sa.Connection, row: Mapping[str, Any], now: float) -> Json:
    values = {"namespace": row["namespace"], "now": now}
    [(_, present)] = _GET.rows(connection, [row["key"]], values)
    return load(present)  # type: ignore[no-any-return]  # what put and add have stored
