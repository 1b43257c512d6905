"""What happened: changes of keys, who lists them, and who acknowledged what."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.state.schema import AuditRow, KeyHistoryRow, KeyListingRow

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


def history_of(tx: Session, key_id: str) -> list[dict[str, Any]]:
    """The changes of a key, the newest first: at (when we saw it), field, before, after.

    `key` is its first sight, `secret` another secret under the same id (fingerprints), `removed_at` a tombstone.
    """
    query = select(KeyHistoryRow).where(KeyHistoryRow.key_id == key_id).order_by(KeyHistoryRow.id.desc())
    return [{"at": row.at, "field": row.field, "before": row.before, "after": row.after} for row in tx.scalars(query)]


def secret_changes(tx: Session, key_ids: Collection[str]) -> dict[str, dict[str, str | None]]:
    """The latest change of each key's secret under the same id: before and after, fingerprints joined by commas."""
    query = select(KeyHistoryRow).where(KeyHistoryRow.field == "secret").order_by(KeyHistoryRow.id)
    wanted = set(key_ids)
    return {row.key_id: {"before": row.before, "after": row.after} for row in tx.scalars(query) if row.key_id in wanted}


def listings_of(tx: Session, key_id: str) -> list[dict[str, str | datetime | None]]:
    """The synced sources that list a key, or did: source, since, gone_at."""
    query = select(KeyListingRow).where(KeyListingRow.key_id == key_id).order_by(KeyListingRow.source)
    return [{"source": row.source, "since": row.since, "gone_at": row.gone_at} for row in tx.scalars(query)]
