"""Runs migrations on the engine that `store.state.upgrade` hands over, in one transaction.

On PostgreSQL one process does at a time, and the others find them done.
"""

from alembic import context
from sqlalchemy import text

from store.state.schema import Base

engine = context.config.attributes["engine"].execution_options(writes=True)

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(1801812332)"))
        context.run_migrations()
