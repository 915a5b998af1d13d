"""Values are worked off one by one, and the steps of a run are read page by page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("steps", sa.Column("counts", sa.JSON()))
    op.add_column("steps", sa.Column("changed_at", sa.Float(), nullable=False, server_default="0"))
    op.execute("UPDATE steps SET changed_at = started_at + duration_s")
    op.drop_index("ix_steps_run_id_position", "steps")
    op.create_index("ix_steps_run_id_changed_at_id", "steps", ["run_id", "changed_at", "id"])
    op.create_table(
        "more_values",
        sa.Column("step_id", sa.Text(), nullable=False),
        sa.Column("port", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("step_id", "port", "number", name=op.f("pk_more_values")),
    )
    op.create_index("ix_more_values_run_id", "more_values", ["run_id"])
    op.create_table(
        "lists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("at_once", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
    )
    op.create_index("ix_lists_run_id_state", "lists", ["run_id", "state"])
    op.create_index("ix_lists_parent", "lists", ["parent"])
    op.create_table(
        "arrivals",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "component", "id", name=op.f("pk_arrivals")),
    )
    op.create_index("ix_arrivals_run_id", "arrivals", ["run_id"])
    op.create_table(
        "stops",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_stops")),
    )
    op.add_column("segments", sa.Column("list_id", sa.Text()))
    condition = sa.text("list_id IS NOT NULL")
    op.create_index(
        "ix_segments_of_list",
        "segments",
        ["list_id", "state"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
