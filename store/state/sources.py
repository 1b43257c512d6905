"""How the sources fare: what was read, what was rejected, how late they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Delete, delete, func, select
from sqlalchemy.orm import Session

from model.window import Window
from store.state.schema import CursorRow, EventHourRow, RejectRow, SourceHourRow, SourceRow
from store.state.writing import upsert

if TYPE_CHECKING:
    import pandas as pd

LATE_AFTER = timedelta(minutes=15)
"""A source whose last event is older than this, by the clock of the run, is late."""

FOLLOWED = timedelta(days=1)
"""A source whose events were no older than this when they came is followed, and no archive."""

_PART = 500
"""Hours that are looked up at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHour:
    """What a source logged in one hour of its events' time."""

    hour: datetime
    events: int
    rejects: int
    first_seen: datetime | None
    """Of its events; None without any."""
    last_seen: datetime | None

    def added(self, other: "EventHour") -> "EventHour":
        """Both of one hour."""
        firsts = [one.first_seen for one in (self, other) if one.first_seen is not None]
        lasts = [one.last_seen for one in (self, other) if one.last_seen is not None]
        return EventHour(
            hour=self.hour,
            events=self.events + other.events,
            rejects=self.rejects + other.rejects,
            first_seen=min(firsts, default=None),
            last_seen=max(lasts, default=None),
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What was read of one source, in bytes, and how often its files were rotated."""

    bytes: int
    """Unpacked."""
    lag_bytes: int
    """Known to be in its files at their last look, and not read yet."""
    renames: int
    rewrites: int


def volumes(tx: Session) -> dict[str, Volume]:
    """Source to its volume."""
    unread = select(CursorRow.source, func.sum(CursorRow.size - CursorRow.offset)).where(
        CursorRow.size > CursorRow.offset, CursorRow.missing.is_(False)
    )
    lag = {str(source): int(count) for source, count in tx.execute(unread.group_by(CursorRow.source))}
    return {
        row.name: Volume(bytes=row.bytes, lag_bytes=lag.get(row.name, 0), renames=row.renames, rewrites=row.rewrites)
        for row in tx.scalars(select(SourceRow).order_by(SourceRow.name))
    }


def names(tx: Session) -> list[str]:
    """Of all sources that were ever read."""
    return list(tx.scalars(select(SourceRow.name).order_by(SourceRow.name)))


def new_source(name: str) -> SourceRow:
    """The row of a source that was never read."""
    counts = ("lines", "events", "rejects", "skipped", "bytes", "bytes_lost", "renames", "rewrites")
    return SourceRow(name=name, reads_keys=False, **dict.fromkeys(counts, 0))


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


def count_hour(
    tx: Session, source: str, now: datetime, *, lines: int, events: int, rejects: int, span: Window | None
) -> None:
    """Add what one batch held to the hour in which it came; `span` is that of its events."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    row = tx.get(SourceHourRow, (source, hour))
    if row is None:
        row = SourceHourRow(source=source, hour=hour, lines=0, events=0, rejects=0)
        tx.add(row)
    row.lines += lines
    row.events += events
    row.rejects += rejects
    if span is not None:
        lag = int((now - span.until).total_seconds())
        row.oldest = min(row.oldest or span.since, span.since)
        row.newest = max(row.newest or span.until, span.until)
        row.lag_seconds = lag if row.lag_seconds is None else min(row.lag_seconds, lag)


def source_hours(tx: Session, window: Window) -> "pd.DataFrame":
    """What came in each hour of the reader's clock: hour, source, lines (but skipped ones), events, rejects.

    Then oldest and newest (moments of the events), and lag_seconds: how far behind that clock the newest event of a
    batch was, at best; below zero when it was ahead. Hours of [window.since, window.until).
    """
    import pandas as pd

    columns = ("hour", "source", "lines", "events", "rejects", "oldest", "newest", "lag_seconds")
    query = (
        select(SourceHourRow)
        .where(SourceHourRow.hour >= window.since, SourceHourRow.hour < window.until)
        .order_by(SourceHourRow.hour, SourceHourRow.source)
    )
    rows = [tuple(getattr(row, name) for name in columns) for row in tx.scalars(query)]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
    for name in ("hour", "oldest", "newest"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def count_event_hours(tx: Session, source: str, hours: Sequence[EventHour]) -> None:
    """Add what one batch held to the hours of its events."""
    rows = []
    for start in range(0, len(hours), _PART):
        part = hours[start : start + _PART]
        known = select(*(getattr(EventHourRow, name) for name in EventHour.__slots__)).where(
            EventHourRow.source == source, EventHourRow.hour.in_([each.hour for each in part])
        )
        before = {row["hour"]: EventHour(**row) for row in tx.execute(known).mappings()}
        sums = [each.added(before[each.hour]) if each.hour in before else each for each in part]
        rows += [{"source": source} | {name: getattr(each, name) for name in EventHour.__slots__} for each in sums]
    upsert(tx, EventHourRow, rows)


def count_timeless(tx: Session, source: str, rejects: int, now: datetime) -> None:
    """Add rejects of a batch without any event: to this hour if the source is followed, else to its last event's.

    So a format that changes shows in the hours in which it is so, and an archive's broken end where it belongs.
    """
    if not rejects:
        return
    row = tx.get(SourceRow, source)
    last = row.last_event_at if row else None
    at = now if last is None or now - last <= FOLLOWED or _came_lately(tx, source, now) else last
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    count_event_hours(tx, source, [EventHour(hour=hour, events=0, rejects=rejects, first_seen=None, last_seen=None)])


def _came_lately(tx: Session, source: str, now: datetime) -> bool:
    """Whether the newest events of a source came soon after they happened, though that is long ago."""
    lag = (
        select(SourceHourRow.lag_seconds)
        .where(SourceHourRow.source == source, SourceHourRow.hour <= now, SourceHourRow.events > 0)
        .order_by(SourceHourRow.hour.desc())
        .limit(1)
    )
    seconds = tx.scalar(lag)
    return seconds is not None and seconds <= FOLLOWED.total_seconds()


def event_hours(tx: Session, window: Window) -> "pd.DataFrame":
    """What each source logged: hour (of the events' time), source, events, rejects, first_seen, last_seen.

    Hours that begin in [window.since, window.until).
    """
    import pandas as pd

    columns = ("hour", "source", "events", "rejects", "first_seen", "last_seen")
    query = (
        select(*(getattr(EventHourRow, name) for name in columns))
        .where(EventHourRow.hour >= window.since, EventHourRow.hour < window.until)
        .order_by(EventHourRow.hour, EventHourRow.source)
    )
    rows = [tuple(row) for row in tx.execute(query)]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
    for name in ("hour", "first_seen", "last_seen"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def forget_rejects(tx: Session, before: datetime) -> int:
    """Let go samples seen before a moment; returns how many. They stay counted."""
    return _deleted(tx, delete(RejectRow).where(RejectRow.seen_at < before))


def forget_hours(tx: Session, before: datetime) -> int:
    """Let go the hours of the sources before a moment; returns how many."""
    logged = _deleted(tx, delete(EventHourRow).where(EventHourRow.hour < before))
    return logged + _deleted(tx, delete(SourceHourRow).where(SourceHourRow.hour < before))


def _deleted(tx: Session, query: Delete) -> int:
    return int(tx.execute(query).rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def note_error(tx: Session, source: str, error: str, now: datetime) -> None:
    """Remember why a source could not be read; the next successful read clears it."""
    row = tx.get(SourceRow, source)
    if row is None:
        row = new_source(source)
        tx.add(row)
    row.last_error = error
    row.last_read_at = now
