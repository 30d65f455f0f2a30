"""Alembic's environment: migrates over the connection that storage.database hands in."""

from alembic import context
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - the tables register themselves
from storage.locks import alone


def run() -> None:
    """Run the migrations in one transaction."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        alone(connection, "migrate")  # two that start at once migrate once
        context.run_migrations()


run()
