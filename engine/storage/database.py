"""The database, an SQLite file or PostgreSQL: opened, migrated, and known when it is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ..json_text import load
from .tables import SCHEMA_VERSION, metadata

POOLED: Mapping[str, Any] = {
    "pool_size": 20,
    "max_overflow": 0,
    "hide_parameters": True,
    "json_deserializer": load,
}
# The number of the lock under which tables are made and changed on PostgreSQL.
MIGRATING = 0x6170706D
# As Alembic makes it.
_VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
"""


class DatabaseTimeout(TimeoutError):
    """The database has not answered in time."""


class LeaseLostError(Exception):
    """Another process is to write this now; nothing of it was stored."""


# https://www.sqlite.org/rescode.html: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
SQLITE_AWAY = frozenset({5, 6, 8, 10, 13, 14})
# https://www.postgresql.org/docs/current/errcodes-appendix.html: classes of connections, resources,
# operators, the system; a lock or a statement that took too long
POSTGRESQL_AWAY = ("08", "53", "57", "58", "55P03")
STOOD_STILL = "25P03"


def concerns_all(error: Exception) -> bool:
    """Say whether the database would have taken no other write either."""
    original: Any = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, InterfaceError):
            return True
        original = error.orig
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE_AWAY
    state = getattr(original, "sqlstate", None)
    return state is not None and str(state).startswith(POSTGRESQL_AWAY)


def stood_still(error: Exception) -> bool:
    """Say whether this process has let a transaction rest for so long that the server ended it."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlstate", None) == STOOD_STILL


# A database that is locked, down or too slow, or another process's to write to: what was asked of
# it may be asked again.
DATABASE_AWAY = (OperationalError, InterfaceError, DatabaseTimeout, LeaseLostError)
# How long SQLite waits for a lock that another process has.
LOCK_TIMEOUT_S = 3.0
# libpq: how long a connection may take, a statement, and bytes that nobody acknowledges. A process
# that stops within a transaction keeps nobody from what it has locked there, its lease above all.
POSTGRESQL_LIMITS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=30000 -c lock_timeout=10000"
    " -c idle_in_transaction_session_timeout=5000",
}


def database_url(data: Path, url: str | None) -> sa.URL:
    """Return where the tables are: a file in the data folder unless a URL is given."""
    if url is None:
        return sa.URL.create("sqlite", database=str(data / "appmixer.sqlite"))
    given = sa.make_url(url)
    if given.drivername in ("postgresql", "postgres"):
        given = given.set(drivername="postgresql+psycopg")
    return given


def open_database(url: sa.URL, *, survives_power_cut: bool = False) -> sa.Engine:
    """Open the database.

    What is committed always survives a killed process; on SQLite only a connection that pays
    for it also survives a power cut, and so does all that was committed before on any other.
    Errors, which are logged, do not show the values of their statements.
    """
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, **POOLED, pool_pre_ping=True, connect_args=POSTGRESQL_LIMITS)
    engine = sa.create_engine(url, **POOLED)
    synchronous = "FULL" if survives_power_cut else "NORMAL"

    def prepare(connection: Any, _: object) -> None:
        # Writers take the lock when their transaction begins, so none fails half-way through.
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute(f"PRAGMA busy_timeout={LOCK_TIMEOUT_S * 1000:.0f}")

    event.listen(engine, "connect", prepare)
    return engine


ReadRows: TypeAlias = Callable[[sa.Select[*tuple[Any, ...]]], Awaitable[Sequence[sa.Row[Any]]]]
"""What reads rows without blocking the loop."""


def mapping(row: sa.Row[Any]) -> Mapping[Any, Any]:
    """Return the row's values by the names of their columns."""
    return row._mapping  # pyright: ignore[reportPrivateUsage]  # public, in spite of its name


def is_current(connection: sa.Connection) -> bool:
    """Say whether the tables are those of SCHEMA_VERSION."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    version = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return bool(version == SCHEMA_VERSION)


def migrate(database: sa.Engine) -> None:
    """Make the engine's own tables, or bring them to SCHEMA_VERSION, however long that takes."""
    with database.begin() as connection:
        _keep_others_out(connection)
        if not sa.inspect(connection).get_table_names():
            metadata.create_all(connection)
            connection.exec_driver_sql(_VERSION_TABLE)
            known = {"version": SCHEMA_VERSION}
            connection.execute(sa.text("INSERT INTO alembic_version VALUES (:version)"), known)
            return
    upgrade(database)


def upgrade(database: sa.Engine) -> None:
    """Run the migrations that the tables have not seen yet."""
    # Imported here: a start without migrations should not pay for it.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.begin() as connection:
        _keep_others_out(connection)
        settings.attributes["connection"] = connection
        command.upgrade(settings, SCHEMA_VERSION)


def _keep_others_out(connection: sa.Connection) -> None:
    """Let other processes that begin at the same time wait for the end of this transaction."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
