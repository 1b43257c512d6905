"""The manifest and the cursors: one transaction makes a segment visible and moves the cursor, or neither."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from model.errors import Fenced
from model.segment import Cursor, Reject, Segment, SegmentId
from model.window import Window
from store.state import intents, reject_reasons
from store.state.schema import CursorRow, MergedSegmentRow, PersonRow, RejectRow, SegmentRow, SourceRow
from store.state.sources import EventHour, count_event_hours, count_hour, count_timeless, new_source

_IN_ORDER = 0x6B657973
"""PostgreSQL's advisory lock of those who make segments visible."""

SAMPLES = 20
"""Rejects kept as samples per segment; all are counted."""


def cursors(tx: Session, source: str) -> list[Cursor]:
    """All cursors of a source."""
    rows = tx.scalars(select(CursorRow).where(CursorRow.source == source))
    return [Cursor(**{name: getattr(row, name) for name in Cursor.__slots__}) for row in rows]


def move_cursor(tx: Session, before: Cursor | None, after: Cursor, now: datetime) -> None:
    """Move a cursor from where we read it to where we read to; `before` is None for a file never seen.

    What it says was lost is added to its source. Raises Fenced when somebody else moved it first: the caller's
    transaction writes nothing then.
    """
    values = {name: getattr(after, name) for name in Cursor.__slots__ if name != "origin"} | {"updated_at": now}
    if before is None:
        try:
            tx.execute(insert(CursorRow).values(origin=after.origin, **values))
        except IntegrityError:
            raise _fenced(after) from None
        _count_bytes(tx, after.source, after.offset, after.bytes_lost, now)
        return
    moved = tx.execute(
        update(CursorRow)
        .where(CursorRow.origin == before.origin, CursorRow.offset == before.offset, CursorRow.epoch == before.epoch)
        .values(**values),
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise _fenced(after)
    _count_bytes(tx, after.source, after.offset - before.offset, after.bytes_lost - before.bytes_lost, now)


def _count_bytes(tx: Session, source: str, read: int, lost: int, now: datetime) -> None:
    if read <= 0 and lost <= 0:
        return
    row = _source_row(tx, source)
    row.bytes += max(0, read)
    if lost > 0:
        row.bytes_lost += lost
        row.lost_at = now


def count_rotations(tx: Session, source: str, *, renames: int, rewrites: int) -> None:
    """Add files that were renamed, and files that were rewritten in their place, to their source's counts."""
    row = _source_row(tx, source)
    row.renames += renames
    row.rewrites += rewrites


def add_segment(tx: Session, segment: Segment) -> None:
    """Make a segment visible."""
    tx.execute(insert(SegmentRow).values(**{name: getattr(segment, name) for name in Segment.__slots__}))
    intents.fulfil(tx, [segment.id])


def add_ingested(tx: Session, segment: Segment) -> None:
    """Make a new segment visible, as the last step of its transaction.

    `ingested_at` grows in the order in which segments become visible, whatever the clocks of several writers say: who
    has read up to one moment has missed nothing before it.
    """
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_IN_ORDER)))
    newest = last_ingested(tx)
    if newest is not None and newest >= segment.ingested_at:
        segment = replace(segment, ingested_at=newest + timedelta(microseconds=1))
    add_segment(tx, segment)


def count_left_out(tx: Session, source: str, reasons: Mapping[str, int], now: datetime) -> None:
    """Add lines that were left out unread (too long, the rest of another) to their source's counts, by reason."""
    row, rejects = _source_row(tx, source), sum(reasons.values())
    row.lines += rejects
    row.rejects += rejects
    reject_reasons.count(tx, source, reasons)
    row.last_read_at = now
    count_hour(tx, source, now, lines=rejects, events=0, rejects=rejects, span=None)
    count_timeless(tx, source, rejects, now)


def add_rejects(tx: Session, rejects: Sequence[Reject], *, cursor: Cursor, first_line: int, now: datetime) -> None:
    """Keep samples of the lines that no event could be made of."""
    for reject in rejects[:SAMPLES]:
        tx.add(
            RejectRow(
                source=cursor.source,
                origin=cursor.origin,
                path=cursor.path,
                line=first_line + reject.line,
                reason=reject.reason,
                sample=reject.sample,
                seen_at=now,
            ),
        )


def overlapping(tx: Session, window: Window | None) -> list[Segment]:
    """The segments that can touch the window's whole days (facets count by day), oldest first."""
    query = select(SegmentRow).where(*_touching(window)).order_by(SegmentRow.min_ts, SegmentRow.id)
    return [_segment(row) for row in tx.scalars(query)]


def has_events(tx: Session, window: Window) -> bool:
    """Whether a segment can touch the window's whole days."""
    return tx.scalar(select(SegmentRow.id).where(*_touching(window)).limit(1)) is not None


def _touching(window: Window | None) -> list[ColumnElement[bool]]:
    return [] if window is None else _between(window.since, window.until + timedelta(days=1))


def _between(since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    """The segments of the days from that of `since` on that begin before `until`."""
    return [SegmentRow.max_ts >= _midnight(since), SegmentRow.min_ts < until]


def _midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def newest(tx: Session, source: str, *, rows: int, count: int) -> list[Segment]:
    """The newest segments of a source, until they have `rows` events, at most `count`."""
    query = select(SegmentRow).where(SegmentRow.source == source).order_by(SegmentRow.ingested_at.desc()).limit(count)
    found: list[Segment] = []
    for row in tx.scalars(query):
        found.append(_segment(row))
        rows -= row.rows
        if rows <= 0:
            break
    return found


def ids(tx: Session, *, merged_after: datetime | None = None) -> set[str]:
    """The ids of all segments, and of those that were merged after a moment: somebody may still read their files."""
    found = set(tx.scalars(select(SegmentRow.id)))
    if merged_after is not None:
        found |= set(tx.scalars(select(MergedSegmentRow.id).where(MergedSegmentRow.merged_at > merged_after)))
    return found


def add_joint(tx: Session, parts: Sequence[Segment], whole: Segment, now: datetime) -> None:
    """Make a segment visible that holds the batches of several objects; its own parts are remembered as if merged."""
    _remember(tx, parts, whole.id, now)
    add_ingested(tx, whole)


def replace_with(tx: Session, inputs: Sequence[Segment], merged: Segment, now: datetime) -> None:
    """Put one segment in the manifest in the place of its inputs, which are remembered beside it.

    Raises Fenced when one of them is in the manifest no more: the caller's transaction writes nothing then.
    """
    _move(tx, inputs, merged.id, now)
    add_segment(tx, merged)


def drop_events(tx: Session, gone: Sequence[Segment], now: datetime) -> None:
    """Remember that the events of segments are no longer there."""
    chosen = SegmentRow.id.in_([one.id for one in gone])
    tx.execute(update(SegmentRow).where(chosen).values(events_dropped_at=now))


def drop(tx: Session, gone: Sequence[Segment], now: datetime) -> None:
    """Take segments out of the manifest; their files go with GRACE. Raises Fenced as `replace_with` does."""
    if gone:
        _move(tx, gone, "", now)


def forget_merged(tx: Session, *, before: datetime, merged_before: datetime) -> None:
    """Forget the batches whose events are gone: all of them before `before`, and merged or dropped long enough ago."""
    chosen = (MergedSegmentRow.max_ts < before, MergedSegmentRow.merged_at < merged_before)
    tx.execute(delete(MergedSegmentRow).where(*chosen))


def _move(tx: Session, gone: Sequence[Segment], into: str, now: datetime) -> None:
    deleted = tx.execute(delete(SegmentRow).where(SegmentRow.id.in_([one.id for one in gone])))
    if deleted.rowcount != len(gone):  # type: ignore[attr-defined]  # a DELETE's result has it
        msg = "Another process merged some of the same segments; nothing was written."
        raise Fenced(msg, hint="Let one process compact at a time.")
    _remember(tx, gone, into, now)


def _remember(tx: Session, parts: Sequence[Segment], into: str, now: datetime) -> None:
    names = [name for name in Segment.__slots__ if name not in {"sealed", "bytes", "events_dropped_at"}]
    rows = [{name: getattr(one, name) for name in names} | {"into": into, "merged_at": now} for one in parts]
    tx.execute(insert(MergedSegmentRow), rows)


def span(tx: Session) -> Window | None:
    """From the first event to just after the last; None for an empty store."""
    low, high = tx.execute(select(func.min(SegmentRow.min_ts), func.max(SegmentRow.max_ts))).one()
    return None if low is None else Window(since=low, until=high + timedelta(microseconds=1))


def events_dropped_until(tx: Session) -> datetime | None:
    """The moment of the newest event that retention has dropped; None while all are kept."""
    dropped: datetime | None = tx.scalar(
        select(func.max(SegmentRow.max_ts)).where(SegmentRow.events_dropped_at.is_not(None))
    )
    return dropped


def origins(tx: Session, batches: Collection[str]) -> dict[str, tuple[str, int]]:
    """Batch to its origin and the origin's lines before it: `line` of an event counts from there, merged or not."""
    found: dict[str, tuple[str, int]] = {}
    for table in (SegmentRow, MergedSegmentRow):
        rows = tx.execute(select(table.id, table.origin, table.from_line).where(table.id.in_(batches)))
        found |= {row.id: (row.origin, row.from_line) for row in rows}
    return found


def version(tx: Session, window: Window | None = None) -> str:
    """Changes whenever a segment is added or replaced; with `window`, one that can touch its days. For caches.

    A window that ends at midnight has no part of the day after. What was erased changes all: segments are written anew
    in their places then.
    """
    erased = select(func.max(PersonRow.erased_at)).scalar_subquery()
    query = select(func.count(), func.max(SegmentRow.ingested_at), func.max(SegmentRow.id), erased)
    if window is not None:
        last = _midnight(window.until - timedelta(microseconds=1))
        query = query.where(*_between(window.since, last + timedelta(days=1)))
    return "@".join(str(each) for each in tx.execute(query).one())


def count_lines(
    tx: Session,
    source: str,
    *,
    lines: int,
    events: int,
    rejects: Mapping[str, int],
    skipped: int,
    now: datetime,
    span: Window | None,
    reads_keys: bool,
    format_name: str,
    hours: Sequence[EventHour] = (),
) -> None:
    """Add what one batch held to its source's counts; `rejects` by reason, `hours` of its events, one row each."""
    row, rejected = _source_row(tx, source), sum(rejects.values())
    reject_reasons.count(tx, source, rejects)
    row.lines += lines
    row.events += events
    row.rejects += rejected
    row.skipped += skipped
    row.last_read_at = now
    row.format = format_name
    row.reads_keys = row.reads_keys or reads_keys
    row.last_error = None
    if span is not None:
        row.first_event_at = min(row.first_event_at or span.since, span.since)
        # A time ahead of the clock says nothing of how far the source has come: one such line, and a source that fell
        # silent would not be late until then.
        latest = min(span.until, now)
        row.last_event_at = max(row.last_event_at or latest, latest)
    if lines > skipped:
        count_hour(tx, source, now, lines=lines - skipped, events=events, rejects=rejected, span=span)
    count_event_hours(tx, source, hours)
    if not hours:
        count_timeless(tx, source, rejected, now)


def _source_row(tx: Session, source: str) -> SourceRow:
    row = tx.get(SourceRow, source)
    if row is None:
        row = new_source(source)
        tx.add(row)
    return row


def _segment(row: SegmentRow) -> Segment:
    known = {name: getattr(row, name) for name in Segment.__slots__}
    return replace(Segment(**known), id=SegmentId(row.id))


def _fenced(cursor: Cursor) -> Fenced:
    msg = f"{cursor.path} was read by another process at the same time; nothing was written twice."
    return Fenced(msg, hint="Run one ingest per source, or try again.")


def touched_since(tx: Session, moment: datetime) -> datetime | None:
    """The earliest event in segments that came after `moment`, merged or not; None when none came."""
    found = [
        tx.scalar(select(func.min(table.min_ts)).where(table.ingested_at > moment, table.level == 0))
        for table in (SegmentRow, MergedSegmentRow)
    ]
    return min((one for one in found if one is not None), default=None)


def last_ingested(tx: Session) -> datetime | None:
    """When the newest segment came."""
    return tx.scalar(select(func.max(SegmentRow.ingested_at)))


def latest_event(tx: Session, until: datetime) -> datetime | None:
    """The latest end of a segment, `until` at most (a line from the future says nothing of now); None without any."""
    latest = tx.scalar(select(func.max(SegmentRow.max_ts)))
    return None if latest is None else min(latest, until)


def latest_before(tx: Session, moment: datetime) -> datetime | None:
    """The latest end of the segments that ended before a moment; None without any."""
    return tx.scalar(select(func.max(SegmentRow.max_ts)).where(SegmentRow.max_ts < moment))


def resize(tx: Session, sizes: Mapping[str, int]) -> None:
    """Segments lie in other files now."""
    for name, size in sizes.items():
        tx.execute(update(SegmentRow).where(SegmentRow.id == name).values(bytes=size))
