"""Brings a state database to the schema that this program knows; refuses a newer one.

An empty database is given today's tables at once, and one that has tables goes the way of the migrations: to replay
them all for a new workspace would take three times as long, and Alembic to be imported. A test holds both against each
other.
"""

from pathlib import Path

from sqlalchemy import Column, Engine, MetaData, PrimaryKeyConstraint, String, Table, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from model.errors import StoreError
from store.state.damage import refused
from store.state.schema import Base

HEAD = "0017"
"""The newest migration in store/state/migrations/versions."""

KNOWN = frozenset(f"{number:04}" for number in range(1, int(HEAD) + 1))
"""All migrations that this program has."""

_VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic makes it."""


ONE_AT_A_TIME = 1801812332
"""The advisory lock on PostgreSQL of whoever changes the schema."""


def upgrade(engine: Engine) -> None:
    """Make the tables of an empty database, or run the migrations that are missing; an up-to-date one costs a query."""
    current = schema_of(engine)
    if current == HEAD:
        return
    if current is not None and current not in KNOWN:
        msg = f"The state's schema is {current}, newer than this keywatch ({HEAD})."
        raise StoreError(msg, hint="Install the keywatch that wrote it, or a newer one.")
    try:
        if current is None:
            _make(engine)
        else:
            migrate(engine)
    except (OperationalError, DatabaseError) as error:
        hint = "Nothing of it was written. Make room, check the disk and the database's rights, and try again."
        raise refused(engine, error, "brought up to date", hint=hint) from error


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing, from the first on where there is none yet."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def _make(engine: Engine) -> None:
    """All tables as of today, in one transaction; somebody else may have made them meanwhile."""
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_AT_A_TIME})
        if inspect(connection).has_table(_VERSION.name):
            return
        Base.metadata.create_all(connection, checkfirst=False)
        _VERSION.create(connection)
        connection.execute(_VERSION.insert().values(version_num=HEAD))


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
