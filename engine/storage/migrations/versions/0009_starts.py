"""Starts that no event causes: schedules, the addresses of triggers, and what requests began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("flow_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("catches_up", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.Float()),
        sa.Column("wake_at", sa.Float()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
    )
    for column in ("wake_at", "flow_key", "owner_id"):
        op.create_index(f"ix_schedules_{column}", "schedules", [column])
    op.create_table(
        "hooks",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("flow_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_hooks"),
        sa.UniqueConstraint(
            "flow_key", "component", "name", name="uq_hooks_flow_key_component_name"
        ),
    )
    op.create_index("ix_hooks_owner_id", "hooks", ["owner_id"])
    op.create_table(
        "requests",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("deadline_at", sa.Float(), nullable=False),
        sa.Column("step_id", sa.Text()),
        sa.Column("answer", sa.JSON()),
        sa.PrimaryKeyConstraint("run_id", name="pk_requests"),
    )
    op.create_index("ix_requests_deadline_at", "requests", ["deadline_at"])
    op.create_table(
        "repeatable",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_repeatable"),
    )
    op.create_index("ix_repeatable_created_at", "repeatable", ["created_at"])
