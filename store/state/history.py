"""What happened in a stretch of time: changes of keys, and who acknowledged what."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.state.schema import AuditRow, KeyHistoryRow

_COLUMNS = ("at", "key_id", "field", "before", "after")


def changes(tx: Session, *, since: datetime, until: datetime) -> Iterator[Mapping[str, object]]:
    """What changed about keys in [since, until), the oldest first: at, key_id, field, before, after.

    `field` is `key` and `after` is `added` for a key that is new.
    """
    query = (
        select(*(getattr(KeyHistoryRow, name) for name in _COLUMNS))
        .where(KeyHistoryRow.at >= since, KeyHistoryRow.at < until)
        .order_by(KeyHistoryRow.at, KeyHistoryRow.id)
    )
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield dict(zip(_COLUMNS, row, strict=True))


def acknowledged(tx: Session) -> dict[str, datetime]:
    """Incident to when somebody first acknowledged it."""
    query = select(AuditRow.subject, func.min(AuditRow.at)).where(AuditRow.action == "incident acknowledged")
    return {row[0]: row[1] for row in tx.execute(query.group_by(AuditRow.subject))}
