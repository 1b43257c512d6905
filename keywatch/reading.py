"""One file in blocks: while one is parsed, the next is read; each is committed in its turn.

DuckDB parses on all cores, outside Python's lock. Two parsers of one thread each were a third slower: their blocks had
to be smaller for the same memory, and each block costs some 40 ms of planning.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest import lines
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.registry import FORMATS, named, recognise
from ingest.formats.variables import KEYS
from ingest.framing.choose import framing_of
from ingest.framing.interface import Framing, Records
from ingest.parse import Parsed, Parser
from ingest.sources import files
from ingest.sources.files import Block, Look
from keywatch.config import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import IngestError
from model.segment import Segment
from model.window import Window
from store.events.segments import Written, new_id, write_segment
from store.state import inventory, segments

_AHEAD = 1
"""Blocks read ahead of the one that is being parsed."""

Progress = Callable[[Path, float, int], None]
"""Called with the file, the share of it that is read, and the lines stored so far."""


@dataclass(slots=True)
class Ingested:
    """What an ingest of one source did."""

    source: str
    files: int = 0
    """Files that held something new."""
    unchanged: int = 0
    lines: int = 0
    events: int = 0
    rejects: int = 0
    skipped: int = 0
    formats: set[str] = field(default_factory=set)
    reads_keys: bool = False
    errors: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read whole."""


@dataclass(slots=True)
class Reading:
    """The open parts of one source's ingest."""

    workspace: Workspace
    source: SourceConfig
    clock: Clock
    result: Ingested
    progress: Progress | None
    pool: ThreadPoolExecutor
    parser: Parser
    kept: list[str]
    """The key_refs that are never folded."""

    @property
    def options(self) -> Options:
        """What the config says about the source's lines."""
        return Options(
            keys=tuple(place.place for place in self.source.keys),
            fields=self.source.fields,
            log_format=self.source.log_format,
            pattern=self.source.pattern,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A block that is parsed and whose segment lies on disk, but is in no manifest yet."""

    parsed: Parsed
    written: Written | None
    format: str
    reads_keys: bool


@contextmanager
def open_reading(
    workspace: Workspace,
    source: SourceConfig,
    *,
    clock: Clock,
    result: Ingested,
    progress: Progress | None,
) -> Iterator[Reading]:
    """The parser of a source, closed at the end."""
    parser = Parser(pepper=workspace.pepper, prefixes=workspace.config.secrets.prefixes, threads=os.cpu_count() or 1)
    with workspace.store.reading() as tx:
        kept = inventory.known_refs(tx)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="parse") as pool:
            yield Reading(workspace, source, clock, result, progress, pool, parser, kept)
    finally:
        parser.close()


def read_file(reading: Reading, seen: Look, taken: set[str]) -> None:
    """Store a file's new lines; `taken` are the origins in use, and grows.

    Raises IngestError when the file is not whole, FormatError when no format fits it; what was committed stays.
    """
    waiting: deque[tuple[Block, Future[_Prepared]]] = deque()
    fmt: Format | None = None
    try:
        for block in _blocks(reading, seen, taken):
            if block.data:
                framing = framing_of(block.head)
                records = _records(block, framing)
                # A few lines may say little of the fields: the file's first ones help.
                sample = _first_lines(block.head, framing) + lines.sample(records.data)
                fmt = fmt or _format_of(reading, sample, seen.path)
                waiting.append((block, reading.pool.submit(_prepare, reading, records, sample, fmt)))
            elif block.before is not None and block.after != block.before:
                _note(reading, block)
            if len(waiting) > _AHEAD:
                _finish(reading, *waiting.popleft())
            if block.truncated:
                msg = f"{seen.path} ends in the middle of its compressed data; the lines before that are stored."
                raise IngestError(msg, hint="It is read on from there when it is whole.")
    finally:
        # Also when reading failed: the blocks before the failure are good. Should one of them fail, the rest is
        # swept by the next ingest.
        while waiting:
            _finish(reading, *waiting.popleft())
    if fmt is not None:
        reading.result.files += 1


def _blocks(reading: Reading, seen: Look, taken: set[str]) -> Iterator[Block]:
    now = reading.clock.now().timestamp()
    for block in files.blocks(seen, reading.source.name, taken=frozenset(taken), now=now, framing=framing_of):
        taken.add(block.after.origin)
        yield block


def _records(block: Block, framing: Framing) -> Records:
    return framing.records(lines.readable(block.data, at_start=block.before is None))


def _first_lines(head: bytes, framing: Framing) -> list[str]:
    head = lines.readable(head, at_start=True)
    return lines.sample(framing.records(head[: framing.cut(head)]).data)


def _format_of(reading: Reading, sample: Sequence[str], path: Path) -> Format:
    if reading.source.log_format is None and reading.source.format != "auto":
        return named(reading.source.format)
    if not sample:
        return FORMATS["common"]  # blank lines only: any format skips them
    fmt, _ = recognise(sample, reading.options, where=str(path))
    return fmt


def _plan(reading: Reading, data: bytes, sample: list[str], fmt: Format) -> Plan:
    plan = fmt.plan(sample, reading.options)
    if plan.reads_keys or reading.options.keys:
        return plan
    # A key field that most lines leave out is in no sample, and to miss it would be silent.
    rare = lines.line_with(data, (name.rpartition(".")[2] for name in KEYS))
    return fmt.plan([*sample, rare], reading.options) if rare else plan


def _prepare(reading: Reading, records: Records, sample: list[str], fmt: Format) -> _Prepared:
    """Parse a block and write its segment; runs on the thread of the pool."""
    plan = _plan(reading, records.data, sample, fmt)
    parsed = reading.parser.parse(records, plan, source=reading.source.name, request_id=reading.source.request_id)
    written = _write(reading, parsed)
    reads_keys = plan.reads_keys or (written is not None and bool(written.activity))
    return _Prepared(parsed=parsed, written=written, format=plan.format, reads_keys=reads_keys)


def _write(reading: Reading, parsed: Parsed) -> Written | None:
    if not parsed.events:
        return None
    return write_segment(
        reading.parser.duck,
        "events",
        rows=parsed.events,
        root=reading.workspace.store.events_root,
        segment=new_id(reading.clock.now()),
        kept=reading.kept,
    )


def _finish(reading: Reading, block: Block, future: "Future[_Prepared]") -> None:
    done = future.result()
    _commit(reading, block, done)
    parsed, result = done.parsed, reading.result
    result.lines += parsed.lines
    result.events += parsed.events
    result.rejects += parsed.rejected
    result.skipped += parsed.skipped
    if parsed.lines > parsed.skipped:
        result.formats.add(done.format)
    result.reads_keys = result.reads_keys or done.reads_keys
    if reading.progress:
        reading.progress(Path(block.after.path), block.done, result.lines)


def _note(reading: Reading, block: Block) -> None:
    """Move a cursor that only learned its file's new name."""
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, block.before, block.after, reading.clock.now())


def _commit(reading: Reading, block: Block, done: _Prepared) -> None:
    now, parsed, written = reading.clock.now(), done.parsed, done.written
    first_line = block.before.lines if block.before else 0
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, block.before, block.after, now)
        segments.add_rejects(tx, parsed.rejects, cursor=block.after, first_line=first_line, now=now)
        if written is not None:
            segments.add_segment(tx, _segment(reading, block, done, written))
            inventory.save_activity(tx, written.activity)
        segments.count_lines(
            tx,
            reading.source.name,
            lines=parsed.lines,
            events=parsed.events,
            rejects=parsed.rejected,
            skipped=parsed.skipped,
            now=now,
            span=Window(since=written.min_ts, until=written.max_ts) if written else None,
            reads_keys=done.reads_keys,
            format_name=done.format,
        )


def _segment(reading: Reading, block: Block, done: _Prepared, written: Written) -> Segment:
    return Segment(
        id=written.id,
        source=reading.source.name,
        origin=block.after.origin,
        from_offset=block.before.offset if block.before else 0,
        to_offset=block.after.offset,
        from_line=block.before.lines if block.before else 0,
        rows=done.parsed.events,
        rejects=done.parsed.rejected,
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=reading.clock.now(),
        sealed=written.sealed,
        bytes=written.bytes,
    )
