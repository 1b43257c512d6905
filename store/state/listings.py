"""Which synced source lists which key, and how the sources fare.

A key that some source listed once and that none lists any more is removed: a tombstone with its date, never a deletion.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from model.key import KeyStatus
from store.state.inventory import note
from store.state.schema import InventorySourceRow, KeyListingRow, KeyRow

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE: Final = 500
_ENDED: Final = frozenset({str(KeyStatus.REVOKED), str(KeyStatus.EXPIRED)})
"""What a key was when it was last listed says more than that it is listed no more."""


def listed_by(tx: Session, source: str) -> set[str]:
    """The ids of the keys that a source listed in its last complete pull."""
    open_ones = select(KeyListingRow.key_id).where(KeyListingRow.source == source, KeyListingRow.gone_at.is_(None))
    return set(tx.scalars(open_ones))


def keep_listings(tx: Session, source: str, listed: Collection[str], now: datetime) -> dict[str, int]:
    """Take a complete pull of a source for all that it lists, before its keys are saved.

    Returns how many keys were `removed`, and `returned` after a removal.
    """
    wanted = set(listed)
    rows = {row.key_id: row for row in tx.scalars(select(KeyListingRow).where(KeyListingRow.source == source))}
    for key_id in wanted - rows.keys():
        tx.add(KeyListingRow(source=source, key_id=key_id, since=now, gone_at=None))
    for key_id, row in rows.items():
        if key_id not in wanted and row.gone_at is None:
            row.gone_at = now
        elif key_id in wanted and row.gone_at is not None:
            row.since, row.gone_at = now, None
    tx.flush()
    returned = _bring_back(tx, sorted(wanted), now)
    return {"removed": _remove(tx, now), "returned": returned}


def _bring_back(tx: Session, listed: list[str], now: datetime) -> int:
    found = 0
    for at in range(0, len(listed), _AT_ONCE):
        some = KeyRow.key_id.in_(listed[at : at + _AT_ONCE])
        for row in tx.scalars(select(KeyRow).where(some, KeyRow.removed_at.is_not(None))):
            note(tx, row.key_id, now, "removed_at", (row.removed_at, None))
            row.removed_at = None
            if row.status == KeyStatus.REMOVED:
                note(tx, row.key_id, now, "status", (row.status, KeyStatus.UNKNOWN))
                row.status = str(KeyStatus.UNKNOWN)
            found += 1
    return found


def _remove(tx: Session, now: datetime) -> int:
    """Tombstones for the keys that were listed once and are not any more."""
    once = select(KeyListingRow.key_id)
    still = once.where(KeyListingRow.gone_at.is_(None))
    gone = select(KeyRow).where(KeyRow.removed_at.is_(None), KeyRow.key_id.in_(once), KeyRow.key_id.not_in(still))
    found = 0
    for row in tx.scalars(gone):
        note(tx, row.key_id, now, "removed_at", (None, now))
        row.removed_at = now
        if row.status not in _ENDED:
            note(tx, row.key_id, now, "status", (row.status, KeyStatus.REMOVED))
            row.status = str(KeyStatus.REMOVED)
        found += 1
    return found


def note_complete(tx: Session, name: str, keys: int, now: datetime) -> None:
    """A source was pulled completely."""
    row = _row(tx, name, now)
    row.tried_at = row.complete_at = now
    row.keys, row.failures, row.failed_since, row.last_error = keys, 0, None, None


def note_failure(tx: Session, name: str, error: str, now: datetime) -> None:
    """A pull of a source failed; `error` holds no secret."""
    row = _row(tx, name, now)
    row.tried_at, row.last_error = now, error
    row.failures += 1
    row.failed_since = row.failed_since or now


def forget_sources(tx: Session, configured: Collection[str]) -> None:
    """Drop what is known of sources that the config no longer has; their keys stay as they are."""
    for table in (InventorySourceRow, KeyListingRow):
        column = InventorySourceRow.name if table is InventorySourceRow else KeyListingRow.source
        tx.execute(delete(table).where(column.not_in(sorted(configured))))


def last_tries(tx: Session) -> dict[str, datetime]:
    """When each source was last tried, by name."""
    return {row.name: row.tried_at for row in tx.scalars(select(InventorySourceRow))}


def inventory_frame(tx: Session) -> "pd.DataFrame":
    """One row a source: name, keys, tried_at, complete_at, failed_since, failures, last_error.

    `complete_at` is the last complete pull, `failed_since` the first failure after it (NaT: none).
    """
    import pandas as pd

    columns = ("name", "keys", "tried_at", "complete_at", "failed_since", "failures", "last_error")
    query = select(InventorySourceRow).order_by(InventorySourceRow.name)
    rows = [[getattr(row, name) for name in columns] for row in tx.scalars(query)]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
    for name in ("tried_at", "complete_at", "failed_since"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def _row(tx: Session, name: str, now: datetime) -> InventorySourceRow:
    row = tx.get(InventorySourceRow, name)
    if row is None:
        row = InventorySourceRow(name=name, keys=0, tried_at=now, failures=0)
        tx.add(row)
    return row
