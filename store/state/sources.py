"""How the sources fare: what was read, what was rejected, how late they are."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.schema import CursorRow, RejectRow, SourceRow

if TYPE_CHECKING:
    import pandas as pd

LATE_AFTER = timedelta(minutes=15)
"""A source whose last event is older than this, by the clock of the run, is late."""

_COLUMNS = (
    "name",
    "format",
    "lines",
    "events",
    "rejects",
    "skipped",
    "bytes_lost",
    "lost_at",
    "first_event_at",
    "last_event_at",
    "last_read_at",
    "last_error",
    "reads_keys",
)


def source_frame(tx: Session, now: datetime) -> "pd.DataFrame":
    """One row a source: its counts, times (datetime64[us, UTC]), `late` (bool) and `lag_seconds` behind `now`."""
    import pandas as pd

    rows = [
        tuple(getattr(row, name) for name in _COLUMNS) for row in tx.scalars(select(SourceRow).order_by(SourceRow.name))
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(object)
    for name in ("lost_at", "first_event_at", "last_event_at", "last_read_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    lag = pd.Timestamp(now) - frame["last_event_at"]
    frame["late"] = (lag > LATE_AFTER) | lag.isna()
    frame["lag_seconds"] = lag.dt.total_seconds()
    return frame


def reject_frame(tx: Session, source: str | None = None, limit: int = 100) -> "pd.DataFrame":
    """Sampled rejects, the latest first: source, path, line, reason, sample, seen_at."""
    import pandas as pd

    columns = ("source", "path", "line", "reason", "sample", "seen_at")
    query = select(RejectRow).order_by(RejectRow.id.desc()).limit(limit)
    if source is not None:
        query = query.where(RejectRow.source == source)
    rows = [tuple(getattr(row, name) for name in columns) for row in tx.scalars(query)]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
    frame["seen_at"] = pd.to_datetime(frame["seen_at"], utc=True).astype("datetime64[us, UTC]")
    return frame


def file_frame(tx: Session, source: str | None = None) -> "pd.DataFrame":
    """The files of the sources: source, path, offset (bytes), lines, bytes_lost, updated_at."""
    import pandas as pd

    columns = ("source", "path", "offset", "lines", "bytes_lost", "updated_at")
    query = select(CursorRow).order_by(CursorRow.source, CursorRow.path)
    if source is not None:
        query = query.where(CursorRow.source == source)
    rows = [tuple(getattr(row, name) for name in columns) for row in tx.scalars(query)]
    return pd.DataFrame(rows, columns=list(columns))


def note_error(tx: Session, source: str, error: str, now: datetime) -> None:
    """Remember why a source could not be read; the next successful read clears it."""
    row = tx.get(SourceRow, source)
    if row is None:
        row = SourceRow(name=source, lines=0, events=0, rejects=0, skipped=0, bytes_lost=0, reads_keys=False)
        tx.add(row)
    row.last_error = error
    row.last_read_at = now
