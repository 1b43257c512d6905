"""Small new objects of a store: many go through one parse into one segment, and each keeps a batch and a cursor.

A load balancer writes an object every five minutes and node. To plan the parse of one takes 36 ms of processor time,
and a segment of a few hundred events is two files.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from ingest import lines
from ingest.formats.interface import Format, Options
from ingest.framing.choose import framing_of
from ingest.framing.interface import Records
from ingest.parse import Parser
from ingest.sources.files import Block
from keywatch.collecting.opening import Reading
from keywatch.collecting.reading import format_of, plan_of, readable
from keywatch.collecting.timing import event_hours
from model.segment import Segment, SegmentId
from model.window import Window
from store.events.ids import new_id
from store.events.interface import Written
from store.state import activity, refs, segments

SMALL: Final = 1 << 20
"""Bytes of an object as it lies in the store."""
MOST: Final = 500
"""Objects of one segment."""
BYTES: Final = 8 << 20
"""Unpacked bytes of one segment."""
_AS_SURE: Final = 0.05
_OPEN: Final = 4
"""Groups that wait at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One object."""

    blocks: tuple[Block, ...]
    """The first holds its lines; the others only move its cursor."""
    records: Records
    lines: int
    first: str
    """Its first line."""

    @property
    def last(self) -> Block:
        """The block that ends it."""
        return self.blocks[-1]


@dataclass(slots=True, kw_only=True)
class _Group:
    """Objects that one plan can read."""

    format: Format
    sure: float
    parts: list[_Part] = field(default_factory=list)
    size: int = 0

    def fits(self, sample: list[str], part: _Part, options: Options) -> bool:
        """Whether the format of those before reads it as well; of CSV, under the same names."""
        if self.format.name == "csv" and part.first != self.parts[0].first:
            return False
        return self.format.confidence(sample, options) >= self.sure - _AS_SURE

    @property
    def is_full(self) -> bool:
        """Whether it is time to store it."""
        return len(self.parts) >= MOST or self.size >= BYTES


@dataclass(slots=True)
class Gathering:
    """Objects that wait to become segments. `flush` at the end, also after errors."""

    reading: Reading
    _groups: list[_Group] = field(default_factory=list)

    def take(self, blocks: Iterator[Block], where: str) -> bool:
        """Take an object that was never read before; False when it is none for this, and has to be read by itself.

        Raises IngestError when it cannot be read, FormatError when no format fits it.
        """
        part = _part(blocks, self.reading)
        if part is None:
            return False
        options, sample = self.reading.options, lines.sample(part.records.data)
        group = next((one for one in self._groups if one.fits(sample, part, options)), None)
        if group is None:
            fmt = format_of(self.reading, sample, where)
            group = _Group(format=fmt, sure=fmt.confidence(sample, options))
            self._groups.append(group)
        group.parts.append(part)
        group.size += len(part.records.data)
        if group.is_full:
            self._groups.remove(group)
            _store(self.reading, group.parts, group.format)
        elif len(self._groups) > _OPEN:
            self.flush()
        return True

    def flush(self) -> None:
        """Store what was taken."""
        groups, self._groups = self._groups, []
        for group in groups:
            _store(self.reading, group.parts, group.format)


def _part(blocks: Iterable[Block], reading: Reading) -> _Part | None:
    """An object that is one block of lines; blocks behind it may only move its cursor."""
    found: list[Block] = []
    for block in blocks:
        if block.truncated or block.left_out or bool(found) == bool(block.data):
            return None
        found.append(block)
    if not found or reading.keep(found[0]) is not None:
        return None
    first = found[0]
    frame = framing_of(first.head)
    records = frame.records(readable(first.data, frame, at_start=True))
    data = records.data if records.data.endswith(b"\n") or not records.data else records.data + b"\n"
    own = lines.line_ends(data, len(data)) if records.numbers is None else 0
    return _Part(
        blocks=tuple(found),
        records=replace(records, data=data),
        lines=max(first.after.lines, own),
        first=data.split(b"\n", 1)[0].decode("utf-8", "replace"),
    )


def _store(reading: Reading, parts: list[_Part], fmt: Format) -> None:
    begins = np.cumsum([0, *(part.lines for part in parts)])
    records = _joined(parts, begins)
    sample = lines.sample(records.data)
    plan = plan_of(reading, records.data, sample, fmt, context="")
    parser = reading.parsers.get()
    try:
        parsed = parser.parse(records, plan, now=reading.clock.now(), other=reading.other(fmt))
        ids = [new_id(reading.clock.now()) for _ in parts]
        rows = _of_parts(parser.events["line"].to_numpy(), begins, len(parts))
        rejected = _of_parts(np.array([n for n, _ in parser.rejected()], dtype=np.int64), begins, len(parts))
        hours = event_hours(parser.events, parser.rejected_lines() if parsed.rejected else None)
        holds_keys, written = parser.holds_keys, _write(reading, parser, ids, begins)
    finally:
        reading.parsers.put(parser)
    also = parsed.other
    reads_keys = any(one.reads_keys for one in (plan, also) if one) or (written is not None and bool(written.activity))
    whole = None if written is None else _segment(reading, written, rows=parsed.events, rejects=parsed.rejected)
    if written is not None and whole is not None:
        reading.workspace.store.publish(written, whole)
    now = reading.clock.now()
    with reading.workspace.store.transaction() as tx:
        for number, part in enumerate(parts):
            for block in part.blocks:
                segments.move_cursor(tx, block.before, block.after, now)
            own = [one for one in parsed.rejects if begins[number] < one.line <= begins[number + 1]]
            segments.add_rejects(tx, own, cursor=part.last.after, first_line=-int(begins[number]), now=now)
        if written is not None:
            activity.save_activity(tx, written.activity)
        segments.count_lines(
            tx,
            reading.source.name,
            lines=parsed.lines,
            events=parsed.events,
            rejects=parsed.reasons,
            skipped=parsed.skipped,
            now=now,
            span=Window(since=written.min_ts, until=written.max_ts) if written else None,
            reads_keys=reads_keys,
            format_name=plan.format,
            hours=hours,
        )
        if whole is not None:
            each = [
                replace(
                    whole,
                    id=ids[number],
                    origin=part.last.after.origin,
                    to_offset=part.last.after.offset,
                    rows=int(rows[number]),
                    rejects=int(rejected[number]),
                )
                for number, part in enumerate(parts)
                if rows[number]
            ]
            refs.check_refs(tx, reading.kept_number)
            segments.add_joint(tx, each, whole, now)
    _tell(reading, parts, parsed_lines=parsed.lines)
    result = reading.result
    result.files += len(parts)
    result.lines += parsed.lines
    result.events += parsed.events
    result.rejects += parsed.rejected
    result.skipped += parsed.skipped
    if parsed.lines > parsed.skipped:
        result.formats |= {one.format for one in (plan, also) if one}
    result.reads_keys = result.reads_keys or reads_keys
    result.held_keys = result.held_keys or holds_keys
    if written is not None:
        result.latest = max(result.latest or written.max_ts, written.max_ts)


def _joined(parts: list[_Part], begins: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Records:
    """The records of all, numbered through."""
    given = [part.records for part in parts]
    numbers = None
    if any(one.numbers is not None for one in given):
        own = [
            np.arange(1, part.lines + 1, dtype=np.int32) if part.records.numbers is None else part.records.numbers
            for part in parts
        ]
        numbers = np.concatenate([each + np.int32(begin) for each, begin in zip(own, begins[:-1], strict=True)])
    envelopes = None
    if any(one.envelopes is not None for one in given):
        envelopes = [time for one in given for time in one.envelopes or [None] * one.data.count(b"\n")]
    skipped = [(n + int(begin), kind) for one, begin in zip(given, begins[:-1], strict=True) for n, kind in one.skipped]
    return Records(b"".join(one.data for one in given), numbers, envelopes, skipped)


def _write(
    reading: Reading, parser: Parser, ids: list[SegmentId], begins: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> Written | None:
    """The segment; its events are told apart by the batches `ids`, and their lines count in their own object."""
    if not len(parser.events):
        return None
    line = parser.events["line"].to_numpy()
    number = np.searchsorted(begins, line, side="left") - 1
    segment = new_id(reading.clock.now())
    own = (line - begins[number]).astype(np.int32)
    return reading.workspace.store.events.draft(
        parser.duck, parser.events, segment=segment, kept=reading.kept, batches=(ids, number, own)
    )


def _of_parts(
    line: "np.ndarray[tuple[int], np.dtype[np.int64]]", begins: "np.ndarray[tuple[int], np.dtype[np.int64]]", count: int
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """How many of the lines lie in each part."""
    return np.bincount(np.searchsorted(begins, line, side="left") - 1, minlength=count)


def _segment(reading: Reading, written: Written, *, rows: int, rejects: int) -> Segment:
    return Segment(
        id=written.id,
        source=reading.source.name,
        origin="",
        from_offset=0,
        to_offset=0,
        from_line=0,
        rows=rows,
        rejects=rejects,
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=reading.clock.now(),
        sealed=written.sealed,
        bytes=written.bytes,
    )


def _tell(reading: Reading, parts: list[_Part], *, parsed_lines: int) -> None:
    if reading.progress:
        done = reading.result.lines + reading.result.outside + parsed_lines
        for part in parts:
            reading.progress(Path(part.last.after.path), 1.0, done)
