"""Statements that are compiled once give what the driver would, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.storage.database import database_url, open_database
from appmixer.engine.storage.statements import MAX_KEYS, PreparedRows, PreparedSelect, insert

TABLE = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("content", sa.LargeBinary),
    sa.Column("at", sa.Float),
)
ROWS: list[dict[str, Any]] = [
    {"seq": 1, "name": 'a "quoted"\n\\ line', "content": b"\x00\xff{}", "at": 1790000000.1234567},
    {"seq": 2, "name": "🙂 \u0000 ä", "content": b"", "at": 0.1 + 0.2},
    {"seq": 3, "name": "", "content": None, "at": None},
]
ADD = PreparedRows(lambda connection: insert(TABLE, connection))
ADD_NEW = PreparedRows(
    lambda connection: insert(TABLE, connection).on_conflict_do_nothing().returning(TABLE.c.seq)
)
ALL = PreparedSelect(lambda _: sa.select(TABLE).order_by(TABLE.c.seq.desc()))
NAMED = PreparedSelect(
    lambda names: (
        sa.select(TABLE.c.seq, TABLE.c.name.label("called"))
        .where(TABLE.c.name.in_(names), TABLE.c.seq > sa.bindparam("after"))
        .order_by(TABLE.c.seq)
        .limit(5_000)
    )
)


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    is_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres") if is_server else None
    database = open_database(database_url(tmp_path, url))
    TABLE.metadata.create_all(database)
    with database.begin() as connection:
        yield connection
    database.dispose()


def test_every_value_comes_back_as_it_was(connection: sa.Connection) -> None:
    rows = ROWS
    if connection.dialect.name == "postgresql":  # which keeps no NUL in a text
        rows = [{**each, "name": each["name"].replace("\0", "")} for each in ROWS]

    ADD.execute(connection, rows)

    found = ALL.rows(connection)
    assert [tuple(each) for each in found] == [tuple(each.values()) for each in reversed(rows)]
    assert [(each.seq, each.content) for each in found[:1]] == [(3, None)]


def test_more_rows_and_keys_than_fit_into_one_statement_are_all_there_in_their_order(
    connection: sa.Connection,
) -> None:
    many = [{**ROWS[2], "seq": number, "name": f"n{number}"} for number in range(MAX_KEYS * 2 + 7)]

    ADD.execute(connection, many)

    names = [each["name"] for each in many]
    found = NAMED.rows_of_all(connection, names, {"after": 0})
    assert [(each.seq, each.called) for each in found] == [
        (each["seq"], each["name"]) for each in many[1:]
    ]


def test_what_an_insert_returns_is_of_the_rows_that_it_has_added(connection: sa.Connection) -> None:
    ADD.execute(connection, ROWS[2:])

    added = ADD_NEW.execute(connection, [ROWS[2], {**ROWS[2], "seq": 4, "name": "new"}])

    assert [each.seq for each in added] == [4]


def test_nothing_asked_for_is_nothing_done(connection: sa.Connection) -> None:
    assert ADD.execute(connection, []) == []
    assert NAMED.rows_of_all(connection, [], {"after": 0}) == []
    assert NAMED.rows(connection, [], {"after": 0}) == []
    assert ALL.rows(connection) == []
