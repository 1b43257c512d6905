"""Brings a state database to the schema that this program knows; refuses a newer one."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from model.errors import StoreError
from store.state.damage import refused

HEAD = "0017"
"""The newest migration in store/state/migrations/versions."""

KNOWN = frozenset(f"{number:04}" for number in range(1, int(HEAD) + 1))
"""All migrations that this program has."""


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing; a database that is up to date costs one query."""
    current = schema_of(engine)
    if current == HEAD:
        return
    if current is not None and current not in KNOWN:
        msg = f"The state's schema is {current}, newer than this keywatch ({HEAD})."
        raise StoreError(msg, hint="Install the keywatch that wrote it, or a newer one.")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, "head")
    except (OperationalError, DatabaseError) as error:
        hint = "Nothing of it was written. Make room, check the disk and the database's rights, and try again."
        raise refused(engine, error, "brought up to date", hint=hint) from error


def schema_of(engine: Engine) -> str | None:
    """The newest migration that the database has; None for an empty one. Raises StoreError when it cannot be opened."""
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, DatabaseError) as error:
        hint = "Check [store] state in keywatch.toml, and that the file or server is there."
        raise refused(engine, error, "opened", hint=hint) from error
