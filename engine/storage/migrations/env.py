"""Alembic's entry: run the versions on the connection that database.migrate passes."""

from __future__ import annotations

from alembic import context

from appmixer.engine.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
