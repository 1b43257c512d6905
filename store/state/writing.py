"""Two words that SQLite and PostgreSQL spell differently, or SQLAlchemy hides."""

from typing import Any

from sqlalchemy import Result
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.state.schema import Base

_COUNTED = {"preserve_rowcount": True}


def insert_new(tx: Session, table: type[Base], values: dict[str, object]) -> int:
    """Insert a row unless it is there; returns 1 or 0."""
    dialect = tx.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return changed(tx.execute(insert(table).values(values).on_conflict_do_nothing(), execution_options=_COUNTED))


def changed(done: Result[Any]) -> int:
    """How many rows an INSERT or UPDATE changed."""
    return int(done.rowcount)  # type: ignore[attr-defined]  # an INSERT's and an UPDATE's result has it
