"""The engine's tables, in an SQLite file or a PostgreSQL database.

Times are seconds since 1970 in UTC. What must not be readable at rest is a sealed blob (seal.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
JSON = sa.JSON()
SCHEMA_VERSION = "0005"
POOL_SIZE = 20


class DatabaseTimeout(TimeoutError):
    """The database has not answered in time."""


# https://www.sqlite.org/rescode.html: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
SQLITE_AWAY = frozenset({5, 6, 8, 10, 13, 14})
# https://www.postgresql.org/docs/current/errcodes-appendix.html: classes of connections, resources,
# operators, the system; a lock or a statement that took too long
POSTGRESQL_AWAY = ("08", "53", "57", "58", "55P03")


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


# A database that is locked, down or too slow: what was asked of it may be asked again.
DATABASE_AWAY = (OperationalError, InterfaceError, DatabaseTimeout)

# The state of an account that works.
CONNECTED = "connected"
# How long SQLite waits for a lock that another process has.
LOCK_TIMEOUT_S = 3.0
# libpq: how long a connection may take, a statement, and bytes that nobody acknowledges.
POSTGRESQL_LIMITS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=30000 -c lock_timeout=10000",
}

owners = sa.Table(
    "owners",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", sa.Float, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("is_administrator", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float),
)

configuration = sa.Table(
    "configuration",
    metadata,
    sa.Column("connector", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("profile", JSON, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.Float),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("settings", JSON, nullable=False),
    sa.Column("proof_due_at", sa.Float, nullable=False),
    sa.UniqueConstraint("owner_id", "service", "name"),
    sa.Index(None, "proof_due_at"),
)

flows = sa.Table(
    "flows",
    metadata,
    sa.Column("owner_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("running_version", sa.Integer),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)

flow_versions = sa.Table(
    "flow_versions",
    metadata,
    sa.Column("flow_key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)

listeners = sa.Table(
    "listeners",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("params", JSON, nullable=False),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("flow_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("component", sa.Text, nullable=False),
    sa.UniqueConstraint("flow_key", "component", "route"),
    sa.Index(None, "connector", "route"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("routes", sa.Text, nullable=False),
    sa.Column("order_key", sa.Text, nullable=False),
    sa.Column("answers", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("duplicates", sa.Integer, nullable=False),
    sa.UniqueConstraint("connector", "id", "digest"),
    sa.Index(
        "ix_events_new",
        "seq",
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    ),
)

# Whose flows or waits took an event, and who had it replayed: an event is open to all others still.
takings = sa.Table(
    "takings",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("owner_id", sa.Text, primary_key=True),
    sa.Column("replayed_at", sa.Float),
    sa.Column("replayed_by", sa.Text),
)

# Events that a flow gets when its account is connected again and reaches them still.
held = sa.Table(
    "held",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("listener_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Index(None, "account_id"),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("connector", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("flow_key", sa.Text, nullable=False),
    sa.Column("flow_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("origin", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("error", JSON),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Index(None, "owner_id", "started_at"),
    sa.Index(None, "flow_key", "started_at"),
    sa.Index(None, "event_seq"),
    sa.Index(
        "ix_runs_origin",
        "origin",
        "flow_key",
        sqlite_where=sa.text("origin IS NOT NULL"),
        postgresql_where=sa.text("origin IS NOT NULL"),
    ),
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("segment_id", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("component", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("input", JSON),
    sa.Column("output", JSON),
    sa.Column("error", JSON),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Index(None, "run_id", "position"),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("order_key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("work", JSON, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("after_seq", sa.BigInteger, nullable=False),
    sa.Column("account_id", sa.Text),
    sa.Column("expires_at", sa.Float),
    sa.Column("rank", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text),
    sa.Column("event_seq", sa.BigInteger),
    sa.Index(None, "run_id", "state"),
    sa.Index(None, "connector", "key", "state"),
    sa.Index(None, "account_id", "state"),
    sa.Index(
        "ix_segments_queued",
        "rank",
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    ),
    sa.Index(
        "ix_segments_waiting_of_owner",
        "owner_id",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_segments_waiting",
        "expires_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)

store = sa.Table(
    "store",
    metadata,
    sa.Column("namespace", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Float),
    sa.Index(None, "expires_at"),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)


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
        return sa.create_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=0,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args=POSTGRESQL_LIMITS,
        )
    engine = sa.create_engine(url, pool_size=POOL_SIZE, max_overflow=0, hide_parameters=True)
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


def is_current(connection: sa.Connection) -> bool:
    """Say whether the tables are those of SCHEMA_VERSION."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    version = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return bool(version == SCHEMA_VERSION)


def migrate(database: sa.Engine) -> None:
    """Bring the engine's own tables to SCHEMA_VERSION, however long that takes."""
    # Imported here: a start without migrations should not pay for it.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.begin() as connection:
        if database.dialect.name != "sqlite":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        settings.attributes["connection"] = connection
        command.upgrade(settings, SCHEMA_VERSION)
