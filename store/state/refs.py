"""Which key_refs are never folded, and the number that grows when the inventory brings new ones.

A segment is counted with the refs of a moment. When keys came meanwhile, its writer has to count anew: else what it
folded would stay folded, for the import that unfolds what was there before has not seen it.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from model.errors import Fenced
from store.state.inventory import known_refs
from store.state.schema import LeaseRow, SegmentRow
from store.state.writing import insert_new

_NAME: Final = "key refs"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_refs(tx: Session) -> tuple[frozenset[str], int]:
    """The refs that are never folded, and their number."""
    number = tx.scalar(select(LeaseRow.epoch).where(LeaseRow.name == _NAME)) or 0
    return frozenset(known_refs(tx)), number


def check_refs(tx: Session, number: int) -> None:
    """Nobody brings new refs before the transaction's end. Raises Fenced when somebody has since they were read."""
    if (tx.scalar(select(LeaseRow.epoch).where(LeaseRow.name == _NAME).with_for_update(read=True)) or 0) != number:
        msg = "New keys came while lines were being read; nothing of them was written."
        raise Fenced(msg, hint="The next look counts them with the new keys: ingest again.")


def change_refs(tx: Session, seen: Collection[str]) -> bool:
    """From here to the transaction's end no segment becomes visible; False when one did that is not in `seen`."""
    insert_new(tx, LeaseRow, {"name": _NAME, "holder": "", "epoch": 0, "taken_at": _NEVER, "expires_at": _NEVER})
    tx.scalar(select(LeaseRow.epoch).where(LeaseRow.name == _NAME).with_for_update())
    there = select(SegmentRow.id).where(SegmentRow.events_dropped_at.is_(None))
    if not set(tx.scalars(there)) <= set(seen):
        return False
    grown = update(LeaseRow).where(LeaseRow.name == _NAME).values(epoch=LeaseRow.epoch + 1)
    tx.execute(grown.execution_options(synchronize_session=False))
    return True
