"""Intents: segments that are being put on a server of events, committed before the first row is sent.

The transaction that makes the segment visible takes its intent away; one that is left says that its writer died, or
still writes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from model.segment import Segment
from store.state.schema import IntentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a writer was about to put on the server."""

    id: str
    """Of the segment."""
    source: str
    origin: str
    from_offset: int
    to_offset: int
    rows: int
    made_at: datetime


def intend(tx: Session, segment: Segment) -> None:
    """Say what is about to be written."""
    values = {name: getattr(segment, name) for name in Intent.__slots__ if name != "made_at"}
    tx.execute(insert(IntentRow).values(made_at=segment.ingested_at, **values))


def intents(tx: Session) -> list[Intent]:
    """Those that are left, oldest first."""
    rows = tx.scalars(select(IntentRow).order_by(IntentRow.made_at, IntentRow.id))
    return [Intent(**{name: getattr(row, name) for name in Intent.__slots__}) for row in rows]


def fulfil(tx: Session, ids: Collection[str]) -> None:
    """Take intents away: their segments are visible, or nothing of them is left."""
    tx.execute(delete(IntentRow).where(IntentRow.id.in_(ids)))
