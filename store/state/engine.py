"""The state's engine: SQLite in WAL with synchronous=FULL, or PostgreSQL."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from model.errors import StoreAway, StoreError
from store.state.damage import not_now

_BUSY_SECONDS = 30
_SERVER = {"connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
"""A server that went away without a word is noticed within half a minute."""


def open_engine(url: str) -> Engine:
    """An engine for `url`; a SQLite file is created readable by its owner only.

    Raises StoreError for a URL that names no database we know.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        msg = f"The state's URL cannot be read: {error}"
        raise StoreError(
            msg, hint='Write state = "sqlite:///keywatch.db" or "postgresql+psycopg://user@host/db".'
        ) from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url, parsed.database)
    try:
        return create_engine(url, pool_pre_ping=True, connect_args=_SERVER)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        msg = f"There is no driver for {parsed.drivername}: {error}"
        raise StoreError(msg, hint="Install keywatch[postgres] and write postgresql+psycopg://…") from None


def _sqlite(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        _make_file(Path(database))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        msg = f"The state {path} cannot be opened: {error.strerror}."
        kind = StoreAway if not_now(error) else StoreError
        raise kind(msg, hint="Check [store] state in keywatch.toml, and who may write there.") from None


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 (SQLAlchemy's own type is private)
    connection.isolation_level = None  # SQLAlchemy's "begin" below says BEGIN itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that will write takes the lock at once: two that upgraded later could only deadlock.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
