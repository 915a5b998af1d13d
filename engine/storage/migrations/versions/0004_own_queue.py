"""The engine's own queue: segments carry what they go on with, and events know who took them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# What the queue that served before has left: in SQLite among our tables, else in its own schema.
FORMER_QUEUE = "dbos"
FORMER_TABLES = (
    "operation_outputs",
    "notifications",
    "workflow_events",
    "workflow_events_history",
    "streams",
    "workflow_input",
    "workflow_output",
    "workflow_schedules",
    "application_versions",
    "queues",
    "workflow_status",
    "dbos_migrations",
)


def upgrade() -> None:
    op.add_column("listeners", _number("version", sa.Integer()))
    op.execute(
        "UPDATE listeners SET version = COALESCE((SELECT COALESCE(running_version, flows.version)"
        " FROM flows WHERE flows.key = listeners.flow_key), 0)"
    )
    op.add_column("events", _text("about"))
    op.add_column("runs", _number("depth", sa.Integer()))
    op.add_column("steps", _text("segment_id"))
    op.add_column("segments", _number("rank", sa.BigInteger()))
    op.add_column("segments", sa.Column("event", sa.Text()))
    op.add_column("segments", sa.Column("event_seq", sa.BigInteger()))
    op.create_table(
        "takings",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("replayed_at", sa.Float()),
        sa.Column("replayed_by", sa.Text()),
        sa.PrimaryKeyConstraint("seq", "owner_id", name=op.f("pk_takings")),
    )
    op.create_table(
        "held",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("listener_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "listener_id", name=op.f("pk_held")),
    )
    op.create_index(op.f("ix_held_account_id"), "held", ["account_id"])
    op.execute("INSERT INTO takings (seq, owner_id) SELECT DISTINCT event_seq, owner_id FROM runs")
    _rank_segments(op.get_bind())
    for name, columns, state in (
        ("ix_segments_queued", ["rank"], "queued"),
        ("ix_segments_waiting", ["expires_at"], "waiting"),
        ("ix_segments_waiting_of_owner", ["owner_id"], "waiting"),
    ):
        condition = sa.text(f"state = '{state}'")
        op.create_index(
            name, "segments", columns, sqlite_where=condition, postgresql_where=condition
        )
    _drop_former_queue(op.get_bind())


def _number(name: str, type: sa.types.TypeEngine[int]) -> sa.Column[int]:
    return sa.Column(name, type, nullable=False, server_default="0")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _rank_segments(connection: sa.Connection) -> None:
    """Give open segments their place, and those that an event has ended a wait of, that event."""
    segments = sa.table(
        "segments",
        *map(sa.column, ("id", "connector", "state", "key", "after_seq", "rank")),
        sa.column("work", sa.JSON()),
        *map(sa.column, ("event", "event_seq")),
    )
    events = sa.table("events", *map(sa.column, ("seq", "payload")))
    answers = sa.table("answers", *map(sa.column, ("connector", "key", "seq")))
    rows = connection.execute(sa.select(segments).where(segments.c.state != "done")).all()
    for row in rows:
        change: dict[str, object] = {"rank": row.work["eventSeq"]}
        if row.state == "queued" and row.key is not None:
            query = (
                sa.select(events.c.seq, events.c.payload)
                .join(answers, answers.c.seq == events.c.seq)
                .where(
                    answers.c.connector == row.connector,
                    answers.c.key == row.key,
                    answers.c.seq > row.after_seq,
                )
                .order_by(answers.c.seq)
            )
            if (event := connection.execute(query).first()) is not None:
                change = {"rank": event.seq, "event": event.payload, "event_seq": event.seq}
        connection.execute(sa.update(segments).where(segments.c.id == row.id).values(change))


def _drop_former_queue(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {FORMER_QUEUE} CASCADE"))
        return
    for name in FORMER_TABLES:
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))
