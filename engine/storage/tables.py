"""The engine's tables, in an SQLite file or a PostgreSQL database.

Times are seconds since 1970 in UTC. What must not be readable at rest is a sealed blob (seal.py).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import event

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

JSON = sa.JSON()
SCHEMA_VERSION = "0014"
# The state of an account that works.
CONNECTED = "connected"

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
    # The running one whose actions have said what they rely on; NULL while that is to be asked.
    sa.Column("relying_version", sa.Integer),
)

flow_versions = sa.Table(
    "flow_versions",
    metadata,
    sa.Column("flow_key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)

# `sealed` is the document, which may be anything and hold a secret anywhere; `key` is the flow's,
# as soon as there is one. `based_on` is the newest version of when the draft was begun,
# `test_version` the one under which the draft as it is has been run.
flow_drafts = sa.Table(
    "flow_drafts",
    metadata,
    sa.Column("owner_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("based_on", sa.Integer),
    sa.Column("test_version", sa.Integer),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)

# Forms as services gave them, for a while.
forms = sa.Table(
    "forms",
    metadata,
    sa.Column("owner_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Column("made_at", sa.Float, nullable=False),
    sa.Index(None, "connector", "about"),
    sa.Index(None, "made_at"),
)

# What the forms of flows are made from; `mark` says what has changed there.
form_uses = sa.Table(
    "form_uses",
    metadata,
    sa.Column("flow_key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("component", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Index(None, "connector", "about"),
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

# What the actions of flows rely on, so that it is listened to although no run begins by it. It
# counts where it is of its flow's `relying_version`, and this one is running.
relied_on = sa.Table(
    "relied_on",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("flow_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index(None, "connector", "route"),
    sa.Index(None, "flow_key"),
)

# When triggers are to be woken. `due_at` is the time they asked for, and `wake_at` when to look at
# it, which is later where it could not be done; both are NULL when no more is to come.
schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("flow_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("component", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("rule", JSON, nullable=False),
    sa.Column("catches_up", sa.Boolean, nullable=False),
    sa.Column("due_at", sa.Float),
    sa.Column("wake_at", sa.Float),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index(None, "wake_at"),
    sa.Index(None, "flow_key"),
    sa.Index(None, "owner_id"),
)

# The addresses of triggers: found by the hash of their secret, which stays while the flow exists.
hooks = sa.Table(
    "hooks",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("flow_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("component", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("rule", JSON, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.UniqueConstraint("flow_key", "component", "name"),
    sa.Index(None, "owner_id"),
)

# Requests that a step of their run is to answer, and its answer.
requests = sa.Table(
    "requests",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("deadline_at", sa.Float, nullable=False),
    sa.Column("step_id", sa.Text),
    sa.Column("answer", JSON),
    sa.Index(None, "deadline_at"),
)

# Which run a request has started that may come again; `scope` is what it was sent to.
repeatable = sa.Table(
    "repeatable",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index(None, "created_at"),
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
    sa.Column("is_test", sa.Boolean, nullable=False, server_default=sa.false()),
    # The run that it was begun like, by hand.
    sa.Column("like_run_id", sa.Text),
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
    # Of each port with more values than the output holds (see `more_values`), how many there are.
    sa.Column("counts", JSON),
    # When it came to its present state: the later, the higher, in the order of the commits.
    sa.Column("changed_at", sa.Float, nullable=False, server_default="0"),
    sa.Index(None, "run_id", "changed_at", "id"),
)

# What became of what steps did, as far as their connector has told: the furthest state of each. It
# may be told before the step's own record is stored.
fates = sa.Table(
    "fates",
    metadata,
    sa.Column("step_id", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    # JSON.
    sa.Column("error", sa.Text),
    sa.Index(None, "run_id"),
    sa.Index(
        "ix_fates_failed",
        "run_id",
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    ),
)

# The values of long outputs beyond the first ones, some in a row, numbered from 1.
more_values = sa.Table(
    "more_values",
    metadata,
    sa.Column("step_id", sa.Text, primary_key=True),
    sa.Column("port", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Index(None, "run_id"),
)

# Steps that have given many values, each of which is worked off by a segment of its own.
lists = sa.Table(
    "lists",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("parent", sa.Text),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("component", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("begun", sa.Integer, nullable=False),
    sa.Column("at_once", sa.Integer),
    sa.Index(None, "run_id", "state"),
    sa.Index(None, "parent"),
)

# What has reached the components that collect the values of a list, by where it stands.
arrivals = sa.Table(
    "arrivals",
    metadata,
    sa.Column("list_id", sa.Text, primary_key=True),
    sa.Column("component", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("place", JSON, nullable=False),
    sa.Index(None, "run_id"),
)

# Runs that were stopped through a process that may not be the one that executes them.
stops = sa.Table("stops", metadata, sa.Column("run_id", sa.Text, primary_key=True))

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
    sa.Column("list_id", sa.Text),
    sa.Index(None, "run_id", "state"),
    sa.Index(
        "ix_segments_of_list",
        "list_id",
        "state",
        sqlite_where=sa.text("list_id IS NOT NULL"),
        postgresql_where=sa.text("list_id IS NOT NULL"),
    ),
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

# The row `turn`: who routes and executes of several processes on one PostgreSQL. A new holder has
# a new term, and `expires_at` is of the database's clock. Where all of them execute, each has a
# row of its own, which says that it lives.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("term", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)


def _free_turn(_: object, connection: sa.Connection, **__: object) -> None:
    free = {"name": "turn", "holder": "", "term": 0, "expires_at": 0.0}
    connection.execute(sa.insert(leases), free)


event.listen(leases, "after_create", _free_turn)


# Which process executes a segment, by the name of its lease, where several do at a time.
claims = sa.Table(
    "claims",
    metadata,
    sa.Column("segment_id", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
)

# When a quota that all processes use together is unused again, by the database's clock.
rates = sa.Table(
    "rates",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("full_at", sa.Float, nullable=False),
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

# On PostgreSQL the contents, in rows that are not compressed: most media are already.
file_chunks = sa.Table(
    "file_chunks",
    metadata,
    sa.Column("file_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


def _leave_uncompressed(_: object, connection: sa.Connection, **__: object) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE file_chunks ALTER content SET STORAGE EXTERNAL")


event.listen(file_chunks, "after_create", _leave_uncompressed)

# Contents that belong to no file: not whole yet, or not gone yet.
loose_files = sa.Table(
    "loose_files",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("touched_at", sa.Float, nullable=False),
)
