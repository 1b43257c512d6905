"""Ingest: what is new in a source's files becomes segments."""

from collections.abc import Sequence
from pathlib import Path

from ingest.sources import files
from ingest.sources.content import Content
from keywatch.config import SourceConfig
from keywatch.reading import Ingested, Progress, open_reading, read_file
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import FormatError, IngestError
from store.events.files import sweep
from store.state import segments, sources

__all__ = ["Ingested", "Progress", "ingest_source"]


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
    readable = _readable(found, result)
    if not readable:
        raise IngestError("\n".join(result.errors))
    taken = {cursor.origin for cursor in known}
    failure: FormatError | None = None
    with open_reading(workspace, source, clock=clock, result=result, progress=progress) as reading:
        for seen in files.look(readable, known):
            if not seen.changed:
                result.unchanged += 1
                continue
            try:
                read_file(reading, seen, taken)
            except FormatError as error:
                failure = error
                result.errors.append(str(error))
            except IngestError as error:
                result.errors.append(str(error))
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
