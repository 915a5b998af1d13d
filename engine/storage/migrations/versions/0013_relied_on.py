"""What the actions of running flows rely on; flows that run already are asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("flows", sa.Column("relying_version", sa.Integer(), nullable=True))
    op.create_table(
        "relied_on",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("flow_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relied_on"),
    )
    op.create_index("ix_relied_on_connector_route", "relied_on", ["connector", "route"])
    op.create_index("ix_relied_on_flow_key", "relied_on", ["flow_key"])
