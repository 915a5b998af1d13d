"""Statements that are executed often: built and compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(table: sa.Table, database: sa.Engine | sa.Connection) -> postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT, which both databases spell alike."""
    if database.dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]  # same methods, no common base
    return postgresql.insert(table)


class Prepared:
    """A statement that is executed often: built and compiled once for each kind of database."""

    def __init__(self, build: Callable[[sa.Connection], sa.Insert | sa.Update]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def execute(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it once for each row, whose keys are the bound names; return the row count."""
        name = connection.dialect.name
        if name not in self._compiled:
            statement = self._build(connection)
            compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
            self._compiled[name] = (compiled.string, compiled.positiontup)
        text, order = self._compiled[name]
        given: Any = rows if order is None else [tuple(row[key] for key in order) for row in rows]
        return connection.exec_driver_sql(text, given).rowcount


class PreparedSelect:
    """A SELECT for so many keys: built and compiled once for each number and kind of database.

    The keys are bound as `key_0`, `key_1` and so on.
    """

    def __init__(
        self, build: Callable[[Sequence[sa.BindParameter[Any]]], sa.Select[*tuple[Any, ...]]]
    ) -> None:
        self._build = build
        self._compiled: dict[tuple[str, int], tuple[str, list[str] | None]] = {}

    def rows(
        self, connection: sa.Connection, keys: Sequence[Any], values: Mapping[str, Any]
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """Return what it finds for the keys, MAX_KEYS at most, and the other bound values."""
        which = (connection.dialect.name, len(keys))
        if which not in self._compiled:
            names: list[sa.BindParameter[Any]] = [
                sa.bindparam(f"key_{number}") for number in range(len(keys))
            ]
            compiled = self._build(names).compile(dialect=connection.dialect)
            self._compiled[which] = (compiled.string, compiled.positiontup)
        text, order = self._compiled[which]
        bound: dict[str, Any] = {f"key_{number}": key for number, key in enumerate(keys)}
        bound.update(values)
        given: Any = bound if order is None else tuple(bound[name] for name in order)
        return connection.exec_driver_sql(text, given).all()


MAX_KEYS = 100
