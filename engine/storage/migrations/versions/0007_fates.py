"""What has become of what steps did is kept beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "fates",
        sa.Column("step_id", sa.Text(), primary_key=True),
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_index("ix_fates_run_id", "fates", ["run_id"])
    condition = sa.text("state = 'failed'")
    op.create_index(
        "ix_fates_failed",
        "fates",
        ["run_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
