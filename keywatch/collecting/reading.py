"""One file in blocks: a parser a core, while the next block is read; each block is committed in its turn.

DuckDB parses outside Python's lock. Two parsers of one thread each keep two cores busier than one parser of two: a
statement's last part is always one thread's.
"""

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import pyarrow as pa

from ingest import lines
from ingest.formats.directives import directives
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.registry import FORMATS, named, recognise
from ingest.formats.variables import KEYS
from ingest.framing.choose import framing_of
from ingest.framing.interface import Framing, Records
from ingest.parse import Parsed, Parser
from ingest.sources import files
from ingest.sources.files import Block, Look
from ingest.sources.matching import broken
from keywatch.collecting.admitting import cap_of
from keywatch.collecting.ingested import Ingested, Progress
from keywatch.collecting.keeping import Keep, kept
from keywatch.collecting.treating import treatment
from keywatch.config import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.segment import Segment
from model.window import Window
from store.events.segments import Written, draft_segment, new_id, publish_segment
from store.handle import Transaction
from store.state import inventory, segments

_PARSERS = min(os.cpu_count() or 1, 2)
"""Blocks that are parsed side by side; each takes some 180 MB, and an ingest shall stay under 600."""


@dataclass(slots=True)
class Reading:
    """The open parts of one source's ingest."""

    workspace: Workspace
    source: SourceConfig
    clock: Clock
    result: Ingested
    progress: Progress | None
    pool: ThreadPoolExecutor
    parsers: "SimpleQueue[Parser]"
    """Those that are idle."""
    kept: frozenset[str]
    """The key_refs that are never folded."""
    lineage: str = ""
    """What the cursors of this pass go by, when it is not the source's name."""
    keep: Callable[[Block], Keep | None] = lambda _block: None
    """Which events of a block are stored; None: all."""
    also: Callable[[Transaction, Block, datetime], None] | None = None
    """Told of each block in the transaction that stores it."""

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
    outside: int
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
    """The parsers of a source, closed at the end."""
    # Arrow's own allocator keeps what it had: 45 MB more, and a third more time in the system.
    pa.set_memory_pool(pa.system_memory_pool())
    with workspace.store.reading() as tx:
        kept = frozenset(inventory.known_refs(tx))
    with ExitStack() as stack:
        # What is loaded by now stays: the collector would walk through it again and again, 8 % of an ingest.
        gc.freeze()
        stack.callback(gc.unfreeze)
        treated = stack.enter_context(treatment(workspace, source, cap=cap_of(workspace, source.name)))
        parsers: SimpleQueue[Parser] = SimpleQueue()
        for _ in range(_PARSERS):
            parser = Parser(treated)
            stack.callback(parser.close)
            parsers.put(parser)
        pool = stack.enter_context(ThreadPoolExecutor(_PARSERS, thread_name_prefix="parse"))
        yield Reading(workspace, source, clock, result, progress, pool, parsers, kept)


def read_file(reading: Reading, seen: Look, taken: set[str]) -> None:
    """Store a file's new lines; `taken` are the origins in use, and grows. Raises like `read_blocks`."""
    framing = partial(framing_of, now=_written(seen.path) or reading.clock.now())
    read_blocks(reading, _blocks(reading, seen, taken, framing), seen.path, framing)


def read_blocks(
    reading: Reading,
    blocks: Iterable[Block],
    where: Path | str,
    framing: Callable[[bytes], Framing] = framing_of,
) -> None:
    """Store blocks in their order; `where` is what messages call the place that they come from.

    `framing` must be what cut the blocks.

    Raises IngestError when the content is not whole, FormatError when no format fits it; what was committed stays.
    """
    waiting: deque[tuple[Block, Future[_Prepared]]] = deque()
    fmt: Format | None = None
    frame: Framing | None = None
    try:
        for block in blocks:
            if block.data:
                frame = frame or framing(block.head)
                records = frame.records(readable(block.data, frame, at_start=block.before is None))
                sample = lines.sample(records.data)
                if block.before is not None:
                    # A few lines may say little of the fields: the file's first ones help.
                    sample = _first_lines(block.head, frame) + sample
                fmt = fmt or format_of(reading, sample, where)
                block = replace(block, data=b"")  # noqa: PLW2901 (its bytes go with the records)
                waiting.append((block, reading.pool.submit(_prepare, reading, block, records, sample, fmt)))
                del records
            else:
                while waiting:  # cursors move in the order of the file
                    _finish(reading, *waiting.popleft())
                if block.after != block.before:
                    _note(reading, block)
            if len(waiting) > _PARSERS:
                _finish(reading, *waiting.popleft())
            if block.truncated:
                raise broken(where, block.truncated)
    finally:
        # Also when reading failed: the blocks before the failure are good. Should one of them fail, the rest is
        # swept by the next ingest.
        while waiting:
            _finish(reading, *waiting.popleft())
    if fmt is not None:
        reading.result.files += 1


def _blocks(reading: Reading, seen: Look, taken: set[str], framing: Callable[[bytes], Framing]) -> Iterator[Block]:
    now, limit = reading.clock.now().timestamp(), reading.source.max_line
    for block in files.blocks(
        seen,
        reading.lineage or reading.source.name,
        taken=frozenset(taken),
        now=now,
        framing=framing,
        max_line=limit,
    ):
        taken.add(block.after.origin)
        yield block


def readable(data: bytes, framing: Framing, *, at_start: bool) -> bytes:
    """The bytes of a block as its framing takes them."""
    return data if framing.raw else lines.readable(data, at_start=at_start)


def _first_lines(head: bytes, framing: Framing) -> list[str]:
    head = readable(head, framing, at_start=True)
    return lines.sample(framing.records(head[: framing.cut(head)]).data)


def _written(path: Path) -> datetime | None:
    """When a file was last written: its lines are no younger."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def format_of(reading: Reading, sample: Sequence[str], where: Path | str) -> Format:
    """The format that the config names, or that a sample is recognised as. Raises FormatError."""
    if reading.source.log_format is None and reading.source.format != "auto":
        return named(reading.source.format)
    if not sample:
        return FORMATS["common"]  # blank lines only: any format skips them
    fmt, _ = recognise(sample, reading.options, where=str(where))
    return fmt


def plan_of(reading: Reading, data: bytes, sample: list[str], fmt: Format, *, context: str) -> Plan:
    """The plan for a block's records; `context` is the directive in force where it begins."""
    if fmt.directive is not None:
        held = [context] if context else []
        sample = held + directives(data, fmt.directive) + sample
    plan = fmt.plan(sample, reading.options)
    if plan.reads_keys or reading.options.keys or not data.startswith(b"{"):
        return plan
    # A key field of JSON that most lines leave out is in no sample, and to miss it would be silent.
    rare = lines.line_with(data, (name.rpartition(".")[2] for name in KEYS))
    return fmt.plan([*sample, rare], reading.options) if rare else plan


def _prepare(reading: Reading, block: Block, records: Records, sample: list[str], fmt: Format) -> _Prepared:
    """Parse a block and write its segment; runs on a thread of the pool."""
    plan = plan_of(reading, records.data, sample, fmt, context=block.context)
    parser = reading.parsers.get()
    try:
        parsed = parser.parse(records, plan, now=reading.clock.now())
        parsed, outside = kept(parser, parsed, reading.keep(block))
        written = _write(reading, parser)
    finally:
        reading.parsers.put(parser)
    reads_keys = plan.reads_keys or (written is not None and bool(written.activity))
    return _Prepared(parsed=parsed, outside=outside, written=written, format=plan.format, reads_keys=reads_keys)


def _write(reading: Reading, parser: Parser) -> Written | None:
    if not len(parser.events):
        return None
    root, segment = reading.workspace.store.events_root, new_id(reading.clock.now())
    return draft_segment(parser.duck, parser.events, root=root, segment=segment, kept=reading.kept)


def _finish(reading: Reading, block: Block, future: "Future[_Prepared]") -> None:
    done = future.result()
    _commit(reading, block, done)
    parsed, result = done.parsed, reading.result
    result.lines += parsed.lines
    result.events += parsed.events
    result.rejects += parsed.rejected
    result.skipped += parsed.skipped
    result.outside += done.outside
    if parsed.lines > parsed.skipped:
        result.formats.add(done.format)
    result.reads_keys = result.reads_keys or done.reads_keys
    if done.written is not None:
        result.latest = max(result.latest or done.written.max_ts, done.written.max_ts)
    if reading.progress:
        # What was read: of a backfill, most may lie outside of its time.
        reading.progress(Path(block.after.path), block.done, result.lines + result.outside)


def _note(reading: Reading, block: Block) -> None:
    """Move a cursor past no line that is parsed: it learned its file's new name, or a line was left out."""
    now, source = reading.clock.now(), reading.source.name
    prefixes = reading.workspace.config.secrets.prefixes
    rejects = [block.left_out.reject(prefixes)] if block.left_out else []
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, block.before, block.after, now)
        if rejects:
            segments.add_rejects(tx, rejects, cursor=block.after, first_line=block.before_lines, now=now)
            segments.count_left_out(tx, source, len(rejects), now)
        if reading.also:
            reading.also(tx, block, now)
    reading.result.lines += len(rejects)
    reading.result.rejects += len(rejects)


def _commit(reading: Reading, block: Block, done: _Prepared) -> None:
    now, parsed, written = reading.clock.now(), done.parsed, done.written
    first_line = block.before.lines if block.before else 0
    if written is not None:
        # Here, and not where it was written: a parser need not wait for the disk.
        publish_segment(written)
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, block.before, block.after, now)
        segments.add_rejects(tx, parsed.rejects, cursor=block.after, first_line=first_line, now=now)
        if written is not None:
            segments.add_segment(tx, _segment(reading, block, done, written))
            inventory.save_activity(tx, written.activity)
        if reading.also:
            reading.also(tx, block, now)
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
