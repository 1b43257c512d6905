"""Positions of sources that are no local files, the ids of records that may come again, and backfills."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from model.segment import Cursor
from model.window import Window
from store.state.schema import BackfillRow, CursorRow, PulledIdsRow, PullRow

_AT_ONCE: Final = 500
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A window of time that is read apart from the rest of a source's files."""

    name: str
    """The name that its cursors have instead of the source's."""
    source: str
    window: Window


def positions(tx: Session, source: str) -> dict[str, Mapping[str, Any]]:
    """Where each pull of a source goes on, by origin."""
    return {row.origin: row.position for row in tx.scalars(select(PullRow).where(PullRow.source == source))}


def save_position(tx: Session, origin: str, source: str, position: Mapping[str, Any], now: datetime) -> None:
    """Remember where a pull goes on."""
    row = tx.get(PullRow, origin)
    if row is None:
        tx.add(PullRow(origin=origin, source=source, position=dict(position), updated_at=now))
    else:
        row.position, row.updated_at = dict(position), now


def seen_ids(tx: Session, origins: Iterable[str]) -> set[bytes]:
    """The ids that are remembered of these pulls, 16 bytes each."""
    blobs = tx.scalars(select(PulledIdsRow.ids).where(PulledIdsRow.origin.in_(list(origins))))
    return {blob[at : at + _ID_BYTES] for blob in blobs for at in range(0, len(blob), _ID_BYTES)}


def save_ids(tx: Session, cursor: Cursor, ids: bytes, *, newest: int, keep_from: int) -> None:
    """Remember a block's ids, and forget those of blocks that lie whole before `keep_from`."""
    if ids:
        tx.execute(insert(PulledIdsRow).values(origin=cursor.origin, epoch=cursor.epoch, newest=newest, ids=ids))
    tx.execute(
        delete(PulledIdsRow).where(PulledIdsRow.origin == cursor.origin, PulledIdsRow.newest < keep_from),
    )


def cursors_by_origin(tx: Session, origins: Sequence[str]) -> dict[str, Cursor]:
    """The cursors that there are of these origins."""
    found: dict[str, Cursor] = {}
    for at in range(0, len(origins), _AT_ONCE):
        rows = tx.scalars(select(CursorRow).where(CursorRow.origin.in_(origins[at : at + _AT_ONCE])))
        found |= {row.origin: Cursor(**{name: getattr(row, name) for name in Cursor.__slots__}) for row in rows}
    return found


def backfills(tx: Session, source: str) -> list[Backfill]:
    """The backfills of a source."""
    rows = tx.scalars(select(BackfillRow).where(BackfillRow.source == source).order_by(BackfillRow.name))
    return [Backfill(name=r.name, source=r.source, window=Window(since=r.since, until=r.until)) for r in rows]


def save_backfill(tx: Session, backfill: Backfill, now: datetime) -> None:
    """Remember a backfill, before anything of it is stored."""
    if tx.get(BackfillRow, backfill.name) is None:
        window = backfill.window
        tx.add(
            BackfillRow(
                name=backfill.name, source=backfill.source, since=window.since, until=window.until, made_at=now
            ),
        )
