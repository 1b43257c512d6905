"""Ingest: what is new in a source's files becomes segments."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.sources import files
from ingest.sources.files import Look
from ingest.sources.rotations import rotations
from keywatch.collecting.elsewhere import ingest_elsewhere, is_elsewhere
from keywatch.collecting.ingested import Ingested, Progress
from keywatch.collecting.metering import Meter
from keywatch.collecting.opening import Reading, never, open_reading
from keywatch.collecting.reading import read_file
from keywatch.collecting.windows import Pass, open_pass
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import FormatError, IngestError
from model.segment import Cursor
from model.window import Window
from store.state import segments, sources

__all__ = ["Ingested", "Progress", "ingest_source"]


def ingest_source(
    workspace: Workspace,
    source: SourceConfig,
    *,
    clock: Clock,
    paths: Sequence[Path] | None = None,
    window: Window | None = None,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = never,
) -> Ingested:
    """Read what is new in a source; with `window`, the events of that time. The caller holds the workspace's lock.

    Once `stopped` says so no further block is read; what was read is stored.

    Files that cannot be read are named in `errors`, and the others go on; a source none of whose files has a format
    raises FormatError.
    """
    if not paths and is_elsewhere(source):
        return ingest_elsewhere(workspace, source, clock=clock, window=window, progress=progress, stopped=stopped)
    found = files.find(list(paths) if paths else [str(workspace.root / Path(source.path or "").expanduser())])
    this = open_pass(workspace, source, window, clock.now())
    with workspace.store.reading() as tx:
        known = segments.cursors(tx, this.name)
    workspace.sweep(clock.now())
    result = Ingested(source.name)
    found += files.left_behind(known, found)
    looks = files.look(found, known, roots=() if paths else workspace.roots, refused=result.errors)
    if not looks:
        raise IngestError("\n".join(result.errors))
    if window is None:
        lost = files.vanished(known, looks)
        _count_lost(workspace, lost, clock)
        after = {cursor.origin: cursor for _, cursor in lost}
        looks = _count_rotations(workspace, source.name, [after.get(one.origin, one) for one in known], looks, clock)
    taken = {cursor.origin for cursor in known}
    with open_reading(workspace, source, clock=clock, result=result, progress=progress, stopped=stopped) as reading:
        reading.lineage = this.name
        failure = _read_files(reading, this, looks, taken)
    if failure is not None and not result.lines and not result.unchanged:
        raise failure
    if result.errors:
        with workspace.store.transaction() as tx:
            sources.note_error(tx, source.name, result.errors[-1], clock.now())
    return result


def _read_files(reading: Reading, this: Pass, looks: Sequence[Look], taken: set[str]) -> FormatError | None:
    """Read what changed; returns the last error of a file that no format fits."""
    result, failure = reading.result, None
    if reading.progress:
        meter = Meter(reading.progress)
        meter.begin((str(seen.path), seen.size, _share(seen)) for seen in looks if seen.changed)
        reading.progress = meter
    for seen in looks:
        if reading.stopped():
            break
        if not seen.changed or this.has_all(seen.signature):
            result.unchanged += 1
            if seen.broken:
                result.errors.append(seen.broken)
            continue
        try:
            reading.keep = this.keep_of_file(seen)
            read_file(reading, seen, taken)
        except FormatError as error:
            failure = error
            result.errors.append(str(error))
        except IngestError as error:
            result.errors.append(str(error))
    return failure


def _share(seen: Look) -> float:
    """The share of a file that was read before; that of a compressed one is not known."""
    read = seen.cursor.offset if seen.cursor else 0
    return read / seen.size if 0 < read <= seen.size else 0.0


def _count_rotations(
    workspace: Workspace, source: str, known: Sequence[Cursor], looks: list[Look], clock: Clock
) -> list[Look]:
    """Count each once: what tells of it is written by the same transaction. Returns the looks as they are then."""
    found = rotations(known, looks)
    if not found.moves:
        return looks
    with workspace.store.transaction() as tx:
        for before, after in found.moves:
            segments.move_cursor(tx, before, after, clock.now())
        segments.count_rotations(tx, source, renames=found.renames, rewrites=found.rewrites)
    return found.looks


def _count_lost(workspace: Workspace, moves: list[tuple[Cursor, Cursor]], clock: Clock) -> None:
    if moves:
        with workspace.store.transaction() as tx:
            for before, after in moves:
                segments.move_cursor(tx, before, after, clock.now())
