"""How large the state is: rows by table, and bytes."""

from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from store.state.schema import Base


def rows(tx: Session) -> dict[str, int]:
    """Table to how many rows it has, by name."""
    tables = sorted(Base.metadata.tables.items())
    return {name: int(tx.scalar(select(func.count()).select_from(table)) or 0) for name, table in tables}


def size(tx: Session) -> int:
    """Bytes of the database, its free pages too; SQLite's log of what is not yet in the file is not counted."""
    if tx.get_bind().dialect.name == "sqlite":
        return int(tx.scalar(text("PRAGMA page_count")) or 0) * int(tx.scalar(text("PRAGMA page_size")) or 0)
    return int(tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def server_time(tx: Session) -> datetime | None:
    """The database server's clock; None where the database is a file."""
    if tx.get_bind().dialect.name != "postgresql":
        return None
    moment: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC)
