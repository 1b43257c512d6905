"""Runs migrations on the engine that `store.state.upgrade` hands over, in one transaction."""

from alembic import context

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
        context.run_migrations()
