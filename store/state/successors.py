"""Which key replaces which: named by an inventory or a person (`explicit`), or found by a way such as `name`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.inventory import note
from store.state.key_batch import EXPLICIT
from store.state.schema import KeyRow

_AT_ONCE = 500
_TAKEN = ("key_id", "name", "owner", "environment", "labels", "created_at", "status")


def candidates(tx: Session) -> list[dict[str, Any]]:
    """The keys whose successor may be found, and those that may be one: key_id, name, … status."""
    columns = [getattr(KeyRow, name) for name in _TAKEN]
    return [dict(zip(_TAKEN, row, strict=True)) for row in tx.execute(select(*columns).order_by(KeyRow.key_id))]


def save_links(tx: Session, found: Mapping[str, tuple[str, str]], now: datetime) -> int:
    """Write the successors that were found, and take back those that no longer hold; explicit ones stay.

    Returns how many changed; each is in the key's history.
    """
    changed = 0
    for row in _linked(tx, list(found)):
        if row.successor_by == EXPLICIT or (row.successor is not None and row.successor_by is None):
            continue
        new, way = found.get(row.key_id, (None, None))
        if row.successor != new:
            note(tx, row.key_id, now, "successor", (row.successor, new))
            changed += 1
        row.successor, row.successor_by = new, way
    return changed


def _linked(tx: Session, found: list[str]) -> list[KeyRow]:
    """The keys that have a successor, and those of `found`."""
    rows = list(tx.scalars(select(KeyRow).where(KeyRow.successor_by.is_not(None))))
    for at in range(0, len(found), _AT_ONCE):
        some = KeyRow.key_id.in_(found[at : at + _AT_ONCE])
        rows += tx.scalars(select(KeyRow).where(some, KeyRow.successor_by.is_(None)))
    return rows


def set_successor(tx: Session, key_id: str, successor: str | None, now: datetime) -> None:
    """A person names the successor of a key, or with None takes it back so that it is found anew."""
    row = tx.get_one(KeyRow, key_id)
    if row.successor != successor:
        note(tx, key_id, now, "successor", (row.successor, successor))
    row.successor, row.successor_by = successor, None if successor is None else EXPLICIT
