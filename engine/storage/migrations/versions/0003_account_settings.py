"""What people have set for an account, and when its access is to be proven next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    settings = sa.Column("settings", sa.JSON(), nullable=False, server_default="{}")
    # What was connected before is proven as soon as the engine runs.
    proof_due_at = sa.Column("proof_due_at", sa.Float(), nullable=False, server_default="0")
    op.add_column("accounts", settings)
    op.add_column("accounts", proof_due_at)
    op.create_index(op.f("ix_accounts_proof_due_at"), "accounts", ["proof_due_at"])
