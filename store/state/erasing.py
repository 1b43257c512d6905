"""A key of the inventory under another name, so that nothing tells any more which key it was."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from store.state.schema import KeyActivityRow, KeyHistoryRow, KeyListingRow, KeyRefRow, KeyRow
from store.state.writing import changed

_TELLING = ("name", "hint", "labels", "secret", "source_last_used_detail")
"""Fields of a key's history that tell which key it is."""


def rename_key(tx: Session, key_id: str | None, refs: Sequence[str], stand_in: str) -> dict[str, int]:
    """Put `stand_in` in the place of a key's id and name, and `id:<stand_in>` in that of its references.

    Its status, dates, owner and team stay, its hint and labels go. Returns how many rows of which table changed; where
    the state mentions it in other tables, `mentions.replace` does.
    """
    counts = {"key_activity": _activity(tx, refs, f"id:{stand_in}")}
    row = tx.get(KeyRow, key_id) if key_id is not None else None
    if row is not None and key_id is not None:
        kept = {column.key: getattr(row, column.key) for column in KeyRow.__table__.columns}
        own: dict[str, object] = {
            "key_id": stand_in,
            "name": stand_in,
            "hint": None,
            "labels": {},
            "source_last_used_detail": None,
        }
        tx.add(KeyRow(**kept | own))
        tx.flush()
        counts["key_refs"] = changed(tx.execute(delete(KeyRefRow).where(KeyRefRow.key_id == key_id)))
        if refs:
            tx.add(KeyRefRow(key_ref=f"id:{stand_in}", key_id=stand_in))
        tx.delete(row)
        listed = update(KeyListingRow).where(KeyListingRow.key_id == key_id).values(key_id=stand_in)
        counts["key_listings"] = changed(tx.execute(listed))
        told = update(KeyHistoryRow).where(KeyHistoryRow.key_id == key_id, KeyHistoryRow.field.in_(_TELLING))
        tx.execute(told.values(before=None, after=None))
        counts["keys"] = 1
    tx.flush()
    return {table: count for table, count in counts.items() if count}


def _activity(tx: Session, refs: Sequence[str], ref: str) -> int:
    mine = KeyActivityRow.key_ref.in_(refs)
    latest = (func.max(KeyActivityRow.last_seen), func.max(KeyActivityRow.last_success))
    first, last, success = tx.execute(select(func.min(KeyActivityRow.first_seen), *latest).where(mine)).one()
    if first is None:
        return 0
    gone = changed(tx.execute(delete(KeyActivityRow).where(mine)))
    tx.add(KeyActivityRow(key_ref=ref, hint=None, first_seen=first, last_seen=last, last_success=success))
    return gone
