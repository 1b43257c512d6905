"""Parsed blocks to one segment, and the transaction that makes it known: cursor, rejects, manifest, counts."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.parse import Parsed
from ingest.room import give_back
from ingest.sources.files import Block
from keywatch.collecting.opening import Reading
from keywatch.collecting.timing import joined
from model.arrow import integers
from model.coded import numbers
from model.segment import Segment
from model.together import together
from model.window import Window
from store.events.ids import new_id
from store.events.interface import Written
from store.state import activity, refs, segments
from store.state.sources import EventHour


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one block became."""

    block: Block
    parsed: Parsed
    outside: int
    """Events that are not stored."""
    events: pa.Table
    format: str
    also: str | None
    """The format of its other lines."""
    reads_keys: bool
    held_keys: bool
    """Whether any of the events has a key."""
    hours: tuple[EventHour, ...]
    """What of the block belongs to which hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """Consecutive blocks whose segment lies on disk, but is in no manifest yet."""

    blocks: tuple[Made, ...]
    """Without their events."""
    written: Written | None
    """None where no line became an event."""

    @property
    def first(self) -> Block:
        """The block that the segment begins with."""
        return self.blocks[0].block

    @property
    def last(self) -> Block:
        """The block that it ends with."""
        return self.blocks[-1].block


def draft(reading: Reading, duck: duckdb.DuckDBPyConnection, made: list[Made]) -> Drafted:
    """Write the segment of consecutive blocks; lines are numbered from its beginning on. `made` is emptied."""
    begin = made[0].block.before_lines
    tables = [_shifted(each.events, each.block.before_lines - begin) for each in made if len(each.events)]
    blocks = tuple(replace(each, events=pa.table({})) for each in made)
    # Only the whole is needed from here on: a block's own codes and texts would stand beside it, 20 MB.
    made.clear()
    if not tables:
        return Drafted(blocks=blocks, written=None)
    segment, events = new_id(reading.clock.now()), together(tables)
    tables.clear()
    written = reading.workspace.store.events.draft(duck, events, segment=segment, kept=reading.kept)
    del events
    give_back()
    return Drafted(blocks=blocks, written=written)


def _shifted(events: pa.Table, lines: int) -> pa.Table:
    if not lines:
        return events
    place = events.column_names.index("line")
    return events.set_column(place, "line", integers(numbers(events["line"].combine_chunks()) + lines))


def finish(reading: Reading, done: Drafted) -> None:
    """Commit a segment, and count what it holds."""
    _commit(reading, done)
    result = reading.result
    for made in done.blocks:
        parsed = made.parsed
        result.lines += parsed.lines
        result.events += parsed.events
        result.rejects += parsed.rejected
        result.skipped += parsed.skipped
        result.outside += made.outside
        if parsed.lines > parsed.skipped:
            result.formats |= {made.format} | ({made.also} if made.also else set())
    result.reads_keys = result.reads_keys or _reads_keys(done)
    result.held_keys = result.held_keys or any(made.held_keys for made in done.blocks)
    if done.written is not None:
        result.latest = max(result.latest or done.written.max_ts, done.written.max_ts)
    if reading.progress:
        # What was read: of a backfill, most may lie outside of its time.
        reading.progress(Path(done.last.after.path), done.last.done, result.lines + result.outside)


def note(reading: Reading, block: Block) -> None:
    """Move a cursor past no line that is parsed: it learned its file's new name, or a line was left out."""
    now, source = reading.clock.now(), reading.source.name
    prefixes = reading.workspace.config.secrets.prefixes
    rejects = [block.left_out.reject(prefixes)] if block.left_out else []
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, block.before, block.after, now)
        if rejects:
            segments.add_rejects(tx, rejects, cursor=block.after, first_line=block.before_lines, now=now)
            segments.count_left_out(tx, source, Counter(one.reason for one in rejects), now)
        if reading.also:
            reading.also(tx, block, now)
    reading.result.lines += len(rejects)
    reading.result.rejects += len(rejects)


def _commit(reading: Reading, done: Drafted) -> None:
    now, written = reading.clock.now(), done.written
    if written is not None:
        # Here, and not where it was written: a parser need not wait for the disk.
        reading.workspace.store.publish(written, _segment(reading, done, written))
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, done.first.before, done.last.after, now)
        for made in done.blocks:
            first_line = made.block.before_lines
            segments.add_rejects(tx, made.parsed.rejects, cursor=done.last.after, first_line=first_line, now=now)
            if reading.also:
                reading.also(tx, made.block, now)
        if written is not None:
            activity.save_activity(tx, written.activity)
        segments.count_lines(
            tx,
            reading.source.name,
            lines=sum(made.parsed.lines for made in done.blocks),
            events=sum(made.parsed.events for made in done.blocks),
            rejects=sum((Counter(made.parsed.reasons) for made in done.blocks), Counter()),
            skipped=sum(made.parsed.skipped for made in done.blocks),
            now=now,
            span=Window(since=written.min_ts, until=written.max_ts) if written else None,
            reads_keys=_reads_keys(done),
            format_name=done.blocks[-1].format,
            hours=joined(hour for made in done.blocks for hour in made.hours),
        )
        if written is not None:
            refs.check_refs(tx, reading.kept_number)
            segments.add_ingested(tx, _segment(reading, done, written))


def _reads_keys(done: Drafted) -> bool:
    """Whether the lines have a field for a key, or hold one anywhere."""
    held = done.written is not None and bool(done.written.activity)
    return held or any(made.reads_keys for made in done.blocks)


def _segment(reading: Reading, done: Drafted, written: Written) -> Segment:
    return Segment(
        id=written.id,
        source=reading.source.name,
        origin=done.last.after.origin,
        from_offset=done.first.before.offset if done.first.before else 0,
        to_offset=done.last.after.offset,
        from_line=done.first.before_lines,
        rows=sum(made.parsed.events for made in done.blocks),
        rejects=sum(made.parsed.rejected for made in done.blocks),
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=reading.clock.now(),
        sealed=written.sealed,
        bytes=written.bytes,
    )
