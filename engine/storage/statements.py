"""Statements that are executed often: built and compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.dml import ReturningInsert

from ..json_text import load


def insert(table: sa.Table, database: sa.Engine | sa.Connection) -> postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT, which both databases spell alike."""
    if database.dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]  # same methods, no common base
    return postgresql.insert(table)


MAX_KEYS = MAX_ROWS = 100
# How names end that are bound for each row, and how PostgreSQL's driver has what is bound.
OF_ROW, BOUND = "_of_row", re.compile(r"%\((\w+)\)s")
# What SQLAlchemy writes for none of them.
NO_KEYS = "[POSTCOMPILE_"
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
    """An INSERT of several rows in one statement, compiled once.

    `build` gives it without its rows. Each statement lets the interpreter go and takes it again,
    which costs as much as several rows, and while others have much to do, a millisecond.
    """

    def __init__(
        self,
        build: Callable[[sa.Connection], postgresql.Insert | ReturningInsert[*tuple[Any, ...]]],
    ) -> None:
        self._build = build
        self._compiled: dict[str, _Insert] = {}

    def execute(
        self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]], values: Values = NONE
    ) -> list[sa.Row[*tuple[Any, ...]]]:
        """Insert the rows, all with the same columns; return what the statements return.

        `values` are what is bound beside the rows.
        """
        if not rows:
            return []
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _inserting(connection, self._build(connection), rows[0])
        statement = self._compiled[name]
        rest = tuple(values[name] for name in statement.rest)
        returned: list[sa.Row[*tuple[Any, ...]]] = []
        for start in range(0, len(rows), MAX_ROWS):
            some = rows[start : start + MAX_ROWS]
            given = tuple(row[column] for row in some for column in statement.columns)
            result = connection.exec_driver_sql(statement.of(len(some)), given + rest)
            returned += result.all() if result.returns_rows else ()
        return returned


@dataclass(frozen=True)
class _Insert:
    """The text of an INSERT around its rows, and what is bound in their order and behind them."""

    begin: str
    row: str
    end: str
    columns: Sequence[str]
    rest: Sequence[str]

    def of(self, count: int) -> str:
        return f"{self.begin}{', '.join([self.row] * count)}{self.end}"


def _inserting(
    connection: sa.Connection,
    statement: postgresql.Insert | ReturningInsert[*tuple[Any, ...]],
    row: Mapping[str, Any],
) -> _Insert:
    bound: dict[str, Any] = {name: sa.bindparam(f"{name}{OF_ROW}") for name in row}
    compiled = statement.values(bound).compile(dialect=connection.dialect)
    text, order = compiled.string, compiled.positiontup
    if order is None:
        order = BOUND.findall(text)
        text = BOUND.sub("%s", text)
    begin, _, rest = text.partition("VALUES ")
    length = _closing(rest) + 1
    columns = [name.removesuffix(OF_ROW) for name in order if name.endswith(OF_ROW)]
    return _Insert(f"{begin}VALUES ", rest[:length], rest[length:], columns, order[len(columns) :])


def _closing(text: str) -> int:
    """Return where the parenthesis is closed by which the text begins."""
    depth = 0
    for number, each in enumerate(text):
        depth += (each == "(") - (each == ")")
        if not depth:
            return number
    raise ValueError("the row of an INSERT has no end")


class _ForKeys:
    """A statement for so many keys: built and compiled once for each number and kind of database.

    The keys are bound as `key_0`, `key_1` and so on.
    """

    def __init__(
        self,
        build: Callable[
            [Sequence[sa.BindParameter[Any]]],
            sa.Select[*tuple[Any, ...]] | sa.Update | sa.Delete,
        ],
    ) -> None:
        self._build = build
        self._compiled: dict[tuple[str, int], _Statement] = {}

    def run(
        self, connection: sa.Connection, statement: _Statement, keys: Sequence[Any], values: Values
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        bound = {f"key_{number}": key for number, key in enumerate(keys)}
        bound.update(statement.written)
        bound.update(values)
        order = statement.order
        given: Any = bound if order is None else tuple(bound[name] for name in order)
        return connection.exec_driver_sql(statement.text, given)

    def of(self, connection: sa.Connection, count: int) -> _Statement:
        which = (connection.dialect.name, count)
        if which not in self._compiled:
            names: list[sa.BindParameter[Any]] = [
                sa.bindparam(f"key_{number}") for number in range(count)
            ]
            built = self._build(names)
            compiled = built.compile(dialect=connection.dialect)
            written = {name: value for name, value in compiled.params.items() if value is not None}
            statement = _Statement(compiled.string, compiled.positiontup, written)
            if connection.dialect.name == "sqlite" and isinstance(built, sa.Select):
                statement = _as_one_value(statement, built.selected_columns)
            self._compiled[which] = statement
        return self._compiled[which]


def _no_kinds() -> Mapping[int, Callable[[str], Any]]:
    return {}


@dataclass(frozen=True)
class _Statement:
    """A statement, what is bound in which order, and what of that the statement says itself.

    One whose rows are one value has the names of its columns, and how those are read that JSON does
    not have, by their numbers.
    """

    text: str
    order: Sequence[str] | None
    written: Values
    names: Sequence[str] = ()
    kinds: Mapping[int, Callable[[str], Any]] = field(default_factory=_no_kinds)

    def read(self, text: str) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """Return the rows of one that gives them as one value."""
        rows: list[list[Any]] = load(text)
        for number, read in self.kinds.items():
            for row in rows:
                row[number] = None if row[number] is None else read(row[number])
        found: sa.Result[*tuple[Any, ...]]
        found = IteratorResult(SimpleResultMetaData(self.names), map(tuple, rows))
        return found.all()


def _as_one_value(
    statement: _Statement, columns: sa.ColumnCollection[str, sa.ColumnElement[Any]]
) -> _Statement:
    shown, kinds = list[str](), dict[int, Callable[[str], Any]]()
    for number, column in enumerate(columns.values()):
        match column.type:
            case sa.LargeBinary():
                shown.append(f"CASE WHEN c{number} IS NOT NULL THEN hex(c{number}) END")
                kinds[number] = bytes.fromhex
            case sa.Float():  # its JSON would have 15 digits
                shown.append(
                    f"CASE WHEN c{number} IS NOT NULL THEN printf('%!.17g', c{number}) END"
                )
                kinds[number] = float
            case _:
                shown.append(f"c{number}")
    named = ", ".join(f"c{number}" for number in range(len(shown)))
    text = (
        f"WITH found ({named}) AS ({statement.text})"
        f" SELECT json_group_array(json_array({', '.join(shown)})) FROM found"
    )
    return _Statement(text, statement.order, statement.written, columns.keys(), kinds)


class PreparedSelect(_ForKeys):
    """A SELECT for so many keys.

    SQLite's driver lets the interpreter go and takes it again for each row, which others have then
    for half a millisecond, so there all rows are asked for as one value.
    """

    def rows(
        self, connection: sa.Connection, keys: Sequence[Any] = (), values: Values = NONE
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """Return what it finds for the keys, MAX_KEYS at most, and the other bound values."""
        statement = self.of(connection, len(keys))
        if NO_KEYS in statement.text:
            return []
        found = self.run(connection, statement, keys, values)
        return statement.read(found.scalar_one()) if statement.names else found.all()

    def rows_of_all(
        self, connection: sa.Connection, keys: Sequence[Any], values: Values = NONE
    ) -> list[sa.Row[*tuple[Any, ...]]]:
        """Return what it finds for any number of keys, in as many statements as that takes."""
        parts = range(0, len(keys), MAX_KEYS)
        return [
            row
            for start in parts
            for row in self.rows(connection, keys[start : start + MAX_KEYS], values)
        ]

    def rows_of_connectors(
        self, connection: sa.Connection, keys: Iterable[tuple[str, str]], values: Values = NONE
    ) -> list[sa.Row[*tuple[Any, ...]]]:
        """Return what it finds for keys that come each with its connector, bound by that name.

        Without the connector, by which their indexes begin, databases read a whole table.
        """
        of_connectors: dict[str, set[str]] = {}
        for connector, key in keys:
            of_connectors.setdefault(connector, set()).add(key)
        return [
            row
            for connector, some in sorted(of_connectors.items())
            for row in self.rows_of_all(
                connection, sorted(some), {**values, "connector": connector}
            )
        ]


class PreparedChange(_ForKeys):
    """An UPDATE or DELETE for so many keys."""

    def execute(self, connection: sa.Connection, keys: Sequence[Any], values: Values = NONE) -> int:
        """Change what has one of the keys; return how many rows that were."""
        parts = range(0, len(keys), MAX_KEYS)
        changed = 0
        for some in (keys[start : start + MAX_KEYS] for start in parts):
            statement = self.of(connection, len(some))
            changed += self.run(connection, statement, some, values).rowcount
        return changed
