"""Silences: what is muted until when, by whom and why. A silence ends; it is never taken away."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from model.incident import Silence
from store.state.schema import SilenceRow


def add(
    tx: Session, *, when: Mapping[str, object], since: datetime, until: datetime, reason: str, author: str
) -> Silence:
    """Write a silence of what matches `when` (as in a route) over [since, until); returns it with its number."""
    row = SilenceRow(when=dict(when), since=since, until=until, reason=reason, author=author, expired_at=None)
    tx.add(row)
    tx.flush()
    return _silence(row)


def expire(tx: Session, number: int, at: datetime) -> Silence | None:
    """End a silence before its time; None when there is none of that number. One that is over stays as it is."""
    row = tx.get(SilenceRow, number)
    if row is None:
        return None
    if row.expired_at is None and row.until > at:
        row.expired_at = at
        tx.flush()
    return _silence(row)


def active(tx: Session, now: datetime) -> list[Silence]:
    """Those that mute now, the oldest first."""
    query = select(SilenceRow).where(
        SilenceRow.since <= now,
        SilenceRow.until > now,
        or_(SilenceRow.expired_at.is_(None), SilenceRow.expired_at > now),
    )
    return [_silence(row) for row in tx.scalars(query.order_by(SilenceRow.id))]


def list_silences(tx: Session) -> list[Silence]:
    """All of them, the newest first."""
    return [_silence(row) for row in tx.scalars(select(SilenceRow).order_by(SilenceRow.id.desc()))]


def _silence(row: SilenceRow) -> Silence:
    return Silence(
        id=row.id,
        when=row.when,
        since=row.since,
        until=row.until,
        reason=row.reason,
        author=row.author,
        expired_at=row.expired_at,
    )
