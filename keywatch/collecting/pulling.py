"""Ingest from servers: records that were not stored before become segments, and the position moves with them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ingest.sources import slices
from ingest.sources.files import Block
from ingest.sources.records import Page, Pulled, RecordSource, blocks, origin
from ingest.sources.slices import Reach, reach_of, whole_second
from keywatch.collecting.ingested import Ingested
from keywatch.collecting.opening import Reading
from keywatch.collecting.reading import read_blocks
from keywatch.collecting.servers import open_server
from keywatch.config.root import SourceConfig
from model.errors import UsageError
from model.segment import Cursor
from model.window import Window
from store.handle import Transaction
from store.state import pulls

_EARLIEST = 1990


def read_server(reading: Reading, window: Window | None) -> None:
    """Store a server's new records; with `window`, those of that time and no others.

    Raises UsageError when the server cannot be asked by time, IngestError when it does not answer to the end; what was
    committed stays.
    """
    source = reading.source
    server, where = open_server(reading.workspace, source, reading.clock)
    if window is not None:
        _check_window(source, server, window)
    kind = type(server).__name__.lower()
    own = origin(source.name, kind, "" if window is None else f"{window.since.isoformat()}/{window.until.isoformat()}")
    with reading.workspace.store.reading() as tx:
        positions = pulls.positions(tx, source.name)
        before = pulls.cursors_by_origin(tx, [own]).get(own)
        seen = pulls.seen_ids(tx, {own, *positions})
    reading.also = _remember(source.name, reading.result)
    pages = _pages(reading, server, window, positions, own)
    start = before or Cursor(source=source.name, origin=own, path=where)
    try:
        read_blocks(reading, blocks(pages, before=before, start=start, seen=seen, clock=reading.clock), where)
    finally:
        reading.also = None
        server.close()


def _check_window(source: SourceConfig, server: RecordSource, window: Window) -> None:
    if not server.timed:
        msg = f"The source {source.name} cannot be asked for a stretch of time."
        raise UsageError(msg, hint="Leave --since and --until out; its position says what is new.")
    if window.since.year < _EARLIEST:
        msg = f"The source {source.name} is asked by time, and no start was named."
        raise UsageError(msg, hint="Name --since beside --until.")


def _remember(source: str, result: Ingested) -> Any:  # noqa: ANN401 (Reading.also)
    def also(tx: Transaction, block: Block, now: datetime) -> None:
        if isinstance(block, Pulled):
            pulls.save_position(tx, block.after.origin, source, block.position, now)
            pulls.save_ids(tx, block.after, block.ids, newest=block.newest, keep_from=block.keep_from)
            result.duplicates += block.duplicates
            result.errors.extend(block.troubles)

    return also


def _pages(
    reading: Reading,
    server: RecordSource,
    window: Window | None,
    positions: Mapping[str, Mapping[str, Any]],
    own: str,
) -> Iterator[Page]:
    position = positions.get(own, {})
    if not server.timed:
        return server.pages(None, position)
    pull = reading.source.pull
    reach = reach_of(position)
    others = [found.read for one, at in positions.items() if one != own and (found := reach_of(at))]
    span = _span(reading, window, reach)
    return slices.pages(server, span, reach=reach, others=others, step=pull.step, overlap=pull.overlap)


def _span(reading: Reading, window: Window | None, reach: Reach | None) -> Window:
    """What is to be asked for now."""
    pull, end = reading.source.pull, whole_second(reading.clock.now() - reading.source.pull.delay)
    if window is not None:
        begin = reach.until if reach else whole_second(window.since)
        end = min(end, whole_second(window.until))
    elif reach is not None:
        begin = max(reach.since, reach.until - pull.overlap)
    else:
        begin = whole_second(end - pull.start)
    return Window(since=begin, until=max(begin, end))
