"""The contract's Store on the database: JSON values by namespace and key, with expiry."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from .contract import Json
from .database import Prepared, insert, store
from .readers import Readers
from .writer import Writer


class DatabaseStore:
    """One namespace of the store table."""

    def __init__(
        self,
        readers: Readers,
        writer: Writer,
        namespace: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._readers, self._writer = readers, writer
        self._namespace, self._clock = namespace, clock

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        return await self._read(store.c.key.in_(keys)) if keys else {}

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        return await self._read(store.c.key.startswith(prefix, autoescape=True))

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        rows = [self._row(key, value, expires_in_s) for key, value in entries.items()]
        if rows:
            await self._writer.commit(lambda connection: _REPLACE.execute(connection, rows))

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        row = self._row(key, value, expires_in_s)
        return await self._writer.commit(lambda connection: _add(connection, row, self._clock()))

    async def delete(self, keys: Sequence[str]) -> None:
        gone = (store.c.namespace == self._namespace) & store.c.key.in_(keys)
        await self._writer.commit(
            lambda connection: connection.execute(sa.delete(store).where(gone))
        )

    async def _read(self, which: sa.ColumnElement[bool]) -> Mapping[str, Json]:
        query = sa.select(store.c.key, store.c.value).where(
            store.c.namespace == self._namespace, which, _is_alive(self._clock())
        )
        return await self._readers.read(
            lambda connection: {key: json.loads(value) for key, value in connection.execute(query)}
        )

    def _row(self, key: str, value: Json, expires_in_s: float | None) -> dict[str, object]:
        return {
            "namespace": self._namespace,
            "key": key,
            "value": json.dumps(value),
            "expires_at": None if expires_in_s is None else self._clock() + expires_in_s,
        }


def delete_expired(connection: sa.Connection, now: float) -> int:
    """Remove what reads as absent already; return how many entries."""
    return connection.execute(sa.delete(store).where(store.c.expires_at <= now)).rowcount


def _is_alive(now: float) -> sa.ColumnElement[bool]:
    return store.c.expires_at.is_(None) | (store.c.expires_at > now)


def _replacing(connection: sa.Connection) -> postgresql.Insert:
    statement = insert(store, connection)
    return statement.on_conflict_do_update(
        index_elements=["namespace", "key"],
        set_={"value": statement.excluded.value, "expires_at": statement.excluded.expires_at},
    )


_REPLACE = Prepared(_replacing)


def _add(connection: sa.Connection, row: dict[str, object], now: float) -> Json | None:
    same = (store.c.namespace == row["namespace"]) & (store.c.key == row["key"])
    present = connection.scalar(sa.select(store.c.value).where(same, _is_alive(now)))
    if present is not None:
        return json.loads(present)  # type: ignore[no-any-return]  # what put and add have stored
    _REPLACE.execute(connection, [row])
    return None
