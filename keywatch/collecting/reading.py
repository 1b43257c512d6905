"""One file in blocks: a parser a core, while the next block is read; segments are committed in the file's order.

DuckDB parses outside Python's lock. Two parsers of one thread each keep two cores busier than one parser of two: a
statement's last part is always one thread's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from ingest import lines
from ingest.block import Held, Text
from ingest.formats.directives import directives
from ingest.formats.interface import Format, Plan
from ingest.formats.registry import FORMATS, named, recognise
from ingest.formats.variables import KEYS
from ingest.framing.choose import framing_of
from ingest.framing.interface import Framing, Records
from ingest.parse import Parser
from ingest.sources import files
from ingest.sources.files import Block, Look
from ingest.sources.matching import broken
from keywatch.collecting.batching import Batches
from keywatch.collecting.keeping import kept
from keywatch.collecting.opening import Reading
from keywatch.collecting.storing import Made
from keywatch.collecting.timing import event_hours

SEGMENT_LINES: Final = 250_000
"""A segment of a file ends with the block that gives it so many lines."""


def read_file(reading: Reading, seen: Look, taken: set[str]) -> None:
    """Store a file's new lines; `taken` are the origins in use, and grows. Raises like `read_blocks`."""
    framing = partial(framing_of, now=_written(seen.path) or reading.clock.now())
    read_blocks(reading, _blocks(reading, seen, taken, framing), seen.path, framing, segment_lines=SEGMENT_LINES)


def read_blocks(
    reading: Reading,
    blocks: Iterable[Block],
    where: Path | str,
    framing: Callable[[bytes], Framing] = framing_of,
    *,
    segment_lines: int = 1,
) -> None:
    """Store blocks in their order; `where` is what messages call the place that they come from.

    `framing` must be what cut the blocks. A segment ends with the block that gives it `segment_lines` lines.

    Raises IngestError when the content is not whole, FormatError when no format fits it; what was committed stays.
    """
    batches = Batches(reading, segment_lines)
    fmt: Format | None = None
    frame: Framing | None = None
    try:
        for block in blocks:
            if reading.stopped():
                break
            if block.data or block.held:
                frame = frame or framing(block.head)
                records = _records(block, frame)
                sample = lines.sample(records.text)
                if block.before is not None:
                    # A few lines may say little of the fields: the file's first ones help.
                    sample = _first_lines(block.head, frame) + sample
                fmt = fmt or format_of(reading, sample, where)
                block = replace(block, data=b"", held=None)  # noqa: PLW2901 (its bytes go with the records)
                batches.add(block, partial(_make, reading, block, records, sample=sample, fmt=fmt))
                del records
            else:
                batches.note(block)
            if block.truncated:
                raise broken(where, block.truncated)
    finally:
        # Also when reading failed: the blocks before the failure are good.
        batches.flush()
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
        memory=reading.memory,
    ):
        taken.add(block.after.origin)
        yield block


def _records(block: Block, framing: Framing) -> Records:
    if block.held is not None:
        return Records(b"", held=block.held)
    return framing.records(readable(block.data, framing, at_start=block.before is None))


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


def plan_of(reading: Reading, data: Text, sample: list[str], fmt: Format, *, context: str) -> Plan:
    """The plan for a block's records; `context` is the directive in force where it begins."""
    if fmt.directive is not None:
        held = [context] if context else []
        sample = held + directives(data.whole() if isinstance(data, Held) else data, fmt.directive) + sample
    plan = fmt.plan(sample, reading.options)
    if plan.reads_keys or reading.options.keys or lines.first(data) != b"{":
        return plan
    # A key field of JSON that most lines leave out is in no sample, and to miss it would be silent.
    rare = lines.line_with(data, (name.rpartition(".")[2] for name in KEYS))
    return fmt.plan([*sample, rare], reading.options) if rare else plan


def _make(reading: Reading, block: Block, records: Records, parser: Parser, *, sample: list[str], fmt: Format) -> Made:
    """Parse a block; runs on a thread of the pool."""
    own = records.held
    try:
        plan = plan_of(reading, records.text, sample, fmt, context=block.context)
        parsed = parser.parse(records, plan, now=reading.clock.now(), other=reading.other(fmt))
        parsed, outside = kept(parser, parsed, reading.keep(block))
    finally:
        if own is not None:
            own.release()
    return Made(
        block=block,
        parsed=parsed,
        outside=outside,
        events=parser.events,
        format=plan.format,
        also=parsed.other.format if parsed.other else None,
        reads_keys=plan.reads_keys or (parsed.other is not None and parsed.other.reads_keys),
        held_keys=parser.holds_keys,
        hours=event_hours(parser.events, parser.rejected_lines() if parsed.rejected else None),
    )
