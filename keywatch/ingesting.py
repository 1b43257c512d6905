"""Ingest: the blocks of a source's files become segments, one state transaction each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest import lines
from ingest.formats.interface import Format, KeyField, Options
from ingest.formats.registry import FORMATS, named, recognise
from ingest.parse import Parsed, Parser
from ingest.sources import files
from ingest.sources.content import Content
from ingest.sources.files import Block, Look
from keywatch.config import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import FormatError, IngestError
from model.segment import Segment
from model.window import Window
from store.events.files import sweep
from store.events.segments import Written, new_id, write_segment
from store.state import inventory, segments, sources

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
    keys: int = 0
    """Distinct credentials of the largest segment."""
    errors: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read whole."""


@dataclass(slots=True)
class _Reading:
    """The open parts of one source's ingest."""

    workspace: Workspace
    source: SourceConfig
    clock: Clock
    parser: Parser
    result: Ingested
    progress: Progress | None

    @property
    def options(self) -> Options:
        key = self.source.key
        return Options(
            key=KeyField(field=key.field, kind=key.kind) if key else None,
            fields=self.source.fields,
            log_format=self.source.log_format,
        )


def ingest_source(
    workspace: Workspace,
    source: SourceConfig,
    *,
    clock: Clock,
    paths: Sequence[Path] | None = None,
    progress: Progress | None = None,
) -> Ingested:
    """Read what is new in a source's files; the caller holds the workspace's lock.

    Files that cannot be read are named in `errors`, and the others go on; a source none of whose files has a format
    raises FormatError.
    """
    found = files.find(list(paths) if paths else [str(workspace.root / Path(source.path).expanduser())])
    with workspace.store.reading() as tx:
        known = segments.cursors(tx, source.name)
        live = segments.ids(tx)
    sweep(workspace.store.events_root, live)
    result = Ingested(source.name)
    parser = Parser(pepper=workspace.pepper, prefixes=workspace.config.secrets.prefixes)
    reading = _Reading(workspace, source, clock, parser, result, progress)
    taken = {cursor.origin for cursor in known}
    failure: FormatError | None = None
    try:
        for seen in files.look(_readable(found, result), known):
            if not seen.changed:
                result.unchanged += 1
                continue
            try:
                _read_file(reading, seen, taken)
            except FormatError as error:
                failure = error
                result.errors.append(str(error))
            except IngestError as error:
                result.errors.append(str(error))
    finally:
        parser.close()
    if failure is not None and not result.lines and not result.unchanged:
        raise failure
    if result.errors:
        with workspace.store.transaction() as tx:
            sources.note_error(tx, source.name, result.errors[-1], clock.now())
    return result


def _readable(found: Sequence[Path], result: Ingested) -> list[Path]:
    kept = []
    for path in found:
        try:
            with Content(path):
                kept.append(path)
        except IngestError as error:
            result.errors.append(str(error))
    return kept


def _read_file(reading: _Reading, seen: Look, taken: set[str]) -> None:
    fmt: Format | None = None
    source = reading.source
    for block in files.blocks(
        seen,
        source.name,
        taken=frozenset(taken),
        now=reading.clock.now().timestamp(),
        whole=_splitter,
    ):
        taken.add(block.after.origin)
        if block.data:
            data = lines.readable(block.data, at_start=block.before is None)
            fmt = fmt or _format_of(reading, block, data, seen.path)
            _store_block(reading, block, data, fmt)
        if reading.progress:
            reading.progress(seen.path, block.done, reading.result.lines)
        if block.truncated:
            msg = f"{seen.path} ends in the middle of its compressed data; the lines before that are stored."
            raise IngestError(msg, hint="It is read on from there when it is whole.")
    if fmt is not None:
        reading.result.files += 1


def _splitter(head: bytes) -> Callable[[bytes], bytes] | None:
    return next((fmt.split for fmt in FORMATS.values() if fmt.split and fmt.is_document(head)), None)


def _format_of(reading: _Reading, block: Block, data: bytes, path: Path) -> Format:
    if reading.source.log_format is None and reading.source.format != "auto":
        return named(reading.source.format)
    sample = lines.sample(data if _splitter(block.head) else block.head + b"\n")[:-1] or lines.sample(data)
    fmt, _ = recognise(sample, reading.options, where=str(path))
    return fmt


def _store_block(reading: _Reading, block: Block, data: bytes, fmt: Format) -> None:
    plan = fmt.plan(lines.sample(data), reading.options)
    parsed = reading.parser.parse(data, plan, source=reading.source.name, request_id=reading.source.request_id)
    written = _write(reading, parsed)
    _commit(reading, block, parsed, written, plan.format, reads_keys=plan.reads_keys)
    result = reading.result
    result.lines += parsed.lines
    result.events += parsed.events
    result.rejects += parsed.rejected
    result.skipped += parsed.skipped
    result.formats.add(plan.format)
    result.reads_keys = result.reads_keys or plan.reads_keys or (written is not None and bool(written.activity))
    result.keys = max(result.keys, len(written.activity) if written else 0)


def _write(reading: _Reading, parsed: Parsed) -> Written | None:
    if not parsed.events:
        return None
    store = reading.workspace.store
    with store.reading() as tx:
        kept = inventory.known_refs(tx)
    return write_segment(
        reading.parser.duck,
        "events",
        rows=parsed.events,
        root=store.events_root,
        segment=new_id(reading.clock.now()),
        kept=kept,
    )


def _commit(
    reading: _Reading,
    block: Block,
    parsed: Parsed,
    written: Written | None,
    format_name: str,
    *,
    reads_keys: bool,
) -> None:
    now = reading.clock.now()
    first_line = block.before.lines if block.before else 0
    # A file that begins in the middle of a block of records counts records, one that holds lines counts lines.
    after = replace(block.after, lines=first_line + parsed.lines)
    with reading.workspace.store.transaction() as tx:
        segments.move_cursor(tx, block.before, after, now)
        segments.add_rejects(tx, parsed.rejects, cursor=after, first_line=first_line, now=now)
        if written is not None:
            segments.add_segment(tx, _segment(reading, block, parsed, written, first_line))
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
            reads_keys=reads_keys or (written is not None and bool(written.activity)),
            format_name=format_name,
        )


def _segment(reading: _Reading, block: Block, parsed: Parsed, written: Written, first_line: int) -> Segment:
    return Segment(
        id=written.id,
        source=reading.source.name,
        origin=block.after.origin,
        from_offset=block.before.offset if block.before else 0,
        to_offset=block.after.offset,
        from_line=first_line,
        rows=parsed.events,
        rejects=parsed.rejected,
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=reading.clock.now(),
        sealed=written.sealed,
        bytes=written.bytes,
    )
