"""Flows have drafts, whose runs are marked as tests; forms are kept, and where they are used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "flow_drafts",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("test_version", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_flow_drafts")),
        sa.UniqueConstraint("key", name=op.f("uq_flow_drafts_key")),
    )
    op.create_table(
        "forms",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_forms")),
    )
    op.create_index(op.f("ix_forms_connector_about"), "forms", ["connector", "about"])
    op.create_index(op.f("ix_forms_made_at"), "forms", ["made_at"])
    op.create_table(
        "form_uses",
        sa.Column("flow_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow_key", "version", "component", name=op.f("pk_form_uses")),
    )
    op.create_index(op.f("ix_form_uses_connector_about"), "form_uses", ["connector", "about"])
    op.add_column(
        "runs", sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false())
    )
