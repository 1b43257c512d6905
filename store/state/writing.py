"""A few words that SQLite and PostgreSQL spell differently, or SQLAlchemy hides."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Result, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.state.schema import Base

_COUNTED = {"preserve_rowcount": True}
_DECIDING = 0x6B657964
"""PostgreSQL's advisory lock of those who decide."""


def insert_new(tx: Session, table: type[Base], values: dict[str, object]) -> int:
    """Insert a row unless it is there; returns 1 or 0."""
    return changed(tx.execute(_insert(tx)(table).values(values).on_conflict_do_nothing(), execution_options=_COUNTED))


def insert_all_new(tx: Session, table: type[Base], rows: Sequence[dict[str, object]]) -> None:
    """Insert rows, leaving those that are there as they are."""
    if rows:
        tx.execute(_insert(tx)(table.__table__).on_conflict_do_nothing(), list(rows))


def upsert(tx: Session, table: type[Base], rows: Sequence[dict[str, object]]) -> None:
    """Insert rows, or put them in the place of those with their primary key."""
    if not rows:
        return
    insert = _insert(tx)(table.__table__)
    keys = [column.name for column in table.__table__.primary_key]
    changed_to = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    tx.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed_to), list(rows))


def take_turns(tx: Session) -> None:
    """Those who decide about findings and incidents do so one after the other, before they read what stands.

    On SQLite every transaction that writes does; on PostgreSQL the latter of two would write over the former's word.
    """
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_DECIDING)))


def _insert(tx: Session) -> Callable[..., Any]:
    return postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert


def changed(done: Result[Any]) -> int:
    """How many rows an INSERT or UPDATE changed."""
    return int(done.rowcount)  # type: ignore[attr-defined]  # an INSERT's and an UPDATE's result has it
