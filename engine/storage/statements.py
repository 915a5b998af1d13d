"""Statements that are executed often: built and compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def insert(table: sa.Table, database: sa.Engine | sa.Connection) -> postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT, which both databases spell alike."""
    if database.dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]  # same methods, no common base
    return postgresql.insert(table)


MAX_KEYS = MAX_ROWS = 100
Values = Mapping[str, Any]
NONE: Values = {}


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


class PreparedRows:
    """An INSERT of several rows in one statement: built and compiled once for each number of rows.

    `build` gives it without its rows. Each statement lets the interpreter go and takes it again,
    which costs as much as several rows.
    """

    def __init__(
        self,
        build: Callable[[sa.Connection], postgresql.Insert | ReturningInsert[*tuple[Any, ...]]],
    ) -> None:
        self._build = build
        self._compiled: dict[tuple[str, int], tuple[str, list[str] | None]] = {}

    def execute(
        self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]], values: Values = NONE
    ) -> list[sa.Row[*tuple[Any, ...]]]:
        """Insert the rows, all with the same columns; return what the statements return.

        `values` are what is bound beside the rows.
        """
        returned: list[sa.Row[*tuple[Any, ...]]] = []
        for start in range(0, len(rows), MAX_ROWS):
            some = rows[start : start + MAX_ROWS]
            text, order = self._of(connection, some)
            bound: dict[str, Any] = {
                f"{name}_{number}": value
                for number, row in enumerate(some)
                for name, value in row.items()
            }
            bound.update(values)
            given: Any = bound if order is None else tuple(bound[name] for name in order)
            result = connection.exec_driver_sql(text, given)
            returned += result.all() if result.returns_rows else ()
        return returned

    def _of(
        self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[str] | None]:
        which = (connection.dialect.name, len(rows))
        if which not in self._compiled:
            bound: list[dict[str, Any]] = [
                {name: sa.bindparam(f"{name}_{number}") for name in row}
                for number, row in enumerate(rows)
            ]
            statement = self._build(connection).values(bound)
            compiled = statement.compile(dialect=connection.dialect)
            self._compiled[which] = (compiled.string, compiled.positiontup)
        return self._compiled[which]


class _ForKeys:
    """A statement for so many keys: built and compiled once for each number and kind of database.

    The keys are bound as `key_0`, `key_1` and so on.
    """

    def __init__(
        self,
        build: Callable[[Sequence[sa.BindParameter[Any]]], sa.Select[*tuple[Any, ...]] | sa.Update],
    ) -> None:
        self._build = build
        self._compiled: dict[tuple[str, int], tuple[str, list[str] | None]] = {}

    def run(
        self, connection: sa.Connection, keys: Sequence[Any], values: Values
    ) -> sa.CursorResult[*tuple[Any, ...]]:
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
        return connection.exec_driver_sql(text, given)


class PreparedSelect(_ForKeys):
    """A SELECT for so many keys."""

    def rows(
        self, connection: sa.Connection, keys: Sequence[Any], values: Values
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """Return what it finds for the keys, MAX_KEYS at most, and the other bound values."""
        return self.run(connection, keys, values).all()


class PreparedChange(_ForKeys):
    """An UPDATE for so many keys."""

    def execute(self, connection: sa.Connection, keys: Sequence[Any], values: Values = NONE) -> int:
        """Change what has one of the keys; return how many rows that were."""
        parts = range(0, len(keys), MAX_KEYS)
        return sum(
            self.run(connection, keys[start : start + MAX_KEYS], values).rowcount for start in parts
        )
