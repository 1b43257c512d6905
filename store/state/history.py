"""What changed about a key, and which sources list it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.schema import KeyHistoryRow, KeyListingRow


def history_of(tx: Session, key_id: str) -> list[dict[str, Any]]:
    """The changes of a key, the newest first: at (when we saw it), field, before, after.

    `key` is its first sight, `secret` another secret under the same id (fingerprints), `removed_at` a tombstone.
    """
    query = select(KeyHistoryRow).where(KeyHistoryRow.key_id == key_id).order_by(KeyHistoryRow.id.desc())
    return [{"at": row.at, "field": row.field, "before": row.before, "after": row.after} for row in tx.scalars(query)]


def listings_of(tx: Session, key_id: str) -> list[dict[str, str | datetime | None]]:
    """The synced sources that list a key, or did: source, since, gone_at."""
    query = select(KeyListingRow).where(KeyListingRow.key_id == key_id).order_by(KeyListingRow.source)
    return [{"source": row.source, "since": row.since, "gone_at": row.gone_at} for row in tx.scalars(query)]
