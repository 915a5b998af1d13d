"""Runs know which send began the chain that they stand in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("runs", sa.Column("origin", sa.Text()))
    condition = sa.text("origin IS NOT NULL")
    op.create_index(
        "ix_runs_origin",
        "runs",
        ["origin", "flow_key"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
