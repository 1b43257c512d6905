"""Ingest from object stores and file servers: what a listing shows anew is read like a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.framing.choose import framing_of
from ingest.sources import layout, listing
from ingest.sources.files import Block, blocks_of
from ingest.sources.listing import Found
from ingest.sources.matching import LIVE_IDLE, broken
from ingest.sources.objects import STORES, ObjectContent, check_answers, file_system, fresh, is_read, matched, told
from ingest.sources.web import WebFiles
from ingest.sources.wire import Unreachable, shown
from keywatch.collecting import filing
from keywatch.collecting.gathering import SMALL, Gathering
from keywatch.collecting.metering import Meter
from keywatch.collecting.opening import Reading
from keywatch.collecting.reading import read_blocks
from keywatch.collecting.servers import asker_of, url_of
from keywatch.collecting.windows import Pass, open_pass
from keywatch.config.references import resolve
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import FormatError, IngestError
from model.segment import Cursor
from model.window import Window
from store.state import pulls, segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a source's objects are."""

    fs: Any
    pattern: str
    """In the file system's own words."""
    by_name: bool
    """Whether an object is known by its name alone; else files that were renamed are known by their content."""


def read_objects(reading: Reading, window: Window | None) -> None:
    """Store the new lines of new and grown objects, day by day where the URL has days.

    Raises ConfigError, and FormatError when objects were read and none has a format; other errors are told in the
    result, and what they are of is tried again.
    """
    place = open_place(reading.workspace, reading.source, reading.clock)
    try:
        _read_days(reading, place, window)
    finally:
        if isinstance(place.fs, WebFiles):
            place.fs.close()


def _read_days(reading: Reading, place: Place, window: Window | None) -> None:
    this = open_pass(reading.workspace, reading.source, window, reading.clock.now())
    reading.lineage, whole = this.name, True
    if not isinstance(place.fs, WebFiles):
        _check_answers(reading, place)
    listings = filing.listings(reading, place.pattern, window, by_name=place.by_name)
    days = list(filing.days(reading, place.fs, place.pattern, window))
    meter = Meter(reading.progress) if reading.progress else None
    reading.progress = meter
    seen = 0
    for number, day in enumerate(days):
        pattern = place.pattern if day is None else layout.on(place.pattern, day)
        with told(reading.source.name):
            found = listing.matching(place.fs, pattern, listings)
        seen += len(found)
        if meter:
            meter.begin(((one.url, one.size, 0.0) for one in found), part=number, parts=len(days))
        if reading.stopped():
            return
        # Days behind one that failed are read, but the next look begins at the one that failed.
        whole = _read_all(reading, place, this, found) and whole
        if day is not None and window is None and whole:
            filing.mark(reading, place.pattern, day)
    if whole:
        filing.keep_listings(reading, place.pattern, listings)
    if not seen and not listings.is_part:
        msg = f"There is no object {shown(url_of(reading.workspace, reading.source))}."
        raise IngestError(msg, hint="Check the bucket, the pattern, and that these credentials may list it.")


def open_place(workspace: Workspace, source: SourceConfig, clock: Clock) -> Place:
    """The file system of a source's URL; nothing is listed yet. Raises ConfigError."""
    url = url_of(workspace, source)
    layout.is_dated(url)
    if url.startswith(("https://", "http://")):
        asker = asker_of(workspace, source, clock)
        return Place(fs=WebFiles(asker), pattern=asker.url, by_name=False)
    what = f"[sources.objects] options of {source.name}"
    options = {
        name: resolve(value, root=workspace.root, what=what) if isinstance(value, str) else value
        for name, value in source.objects.options.items()
    }
    fs, pattern = file_system(url, options)
    return Place(fs=fs, pattern=pattern, by_name=url.partition("://")[0] in STORES)


def _read_all(reading: Reading, place: Place, this: Pass, found: Sequence[Found]) -> bool:
    """Read what is new among the objects; returns whether all could be read."""
    result, whole = reading.result, True
    gathering = Gathering(reading)
    for one, cursor in _known(reading, place, found):
        if reading.stopped():
            whole = False
            break
        if this.has_all(one.signature, one.url) or (cursor is not None and is_read(one, cursor)):
            result.unchanged += 1
            if cursor is not None and cursor.broken:
                result.errors.append(str(broken(one.url, cursor.broken)))
            continue
        try:
            with ObjectContent(place.fs, one) as content:
                reading.keep = this.keep_of(content)
                small = place.by_name and cursor is None and this.window is None and 0 < one.size <= SMALL
                if small and gathering.take(_blocks(reading, place, content, one, cursor), one.url):
                    continue
            gathering.flush()
            with ObjectContent(place.fs, one) as content:
                reading.keep = this.keep_of(content)
                read_blocks(reading, _blocks(reading, place, content, one, cursor), one.url)
        except Unreachable as error:
            whole = False
            result.errors.append(str(error))
            gathering.flush()
            _check_answers(reading, place)  # else all others would be waited for as long, one by one
        except FormatError as error:
            gathering.flush()
            if not result.files:
                raise
            whole = False
            result.errors.append(str(error))
        except IngestError as error:
            whole = False
            result.errors.append(str(error))
    gathering.flush()
    return whole


def _check_answers(reading: Reading, place: Place) -> None:
    where = f"{reading.source.name} ({shown(url_of(reading.workspace, reading.source))})"
    check_answers(place.fs, place.pattern, where)


def _known(reading: Reading, place: Place, found: Sequence[Found]) -> Iterator[tuple[Found, Cursor | None]]:
    """Each object with the cursor that continues it, or for a store the one of what was under its name."""
    with reading.workspace.store.reading() as tx:
        if not place.by_name:
            known = segments.cursors(tx, reading.lineage)
        else:
            cursors = pulls.cursors_by_origin(tx, [fresh(reading.lineage, one).origin for one in found])
    if not place.by_name:
        with told(reading.source.name):
            pairs = matched(place.fs, found, known)
        yield from pairs
    else:
        yield from ((one, cursors.get(fresh(reading.lineage, one).origin)) for one in found)


def _blocks(
    reading: Reading, place: Place, content: ObjectContent, one: Found, known: Cursor | None
) -> Iterator[Block]:
    head = content.head()
    if not head:
        return
    now, idle = reading.clock.now().timestamp(), -1.0 if place.by_name else LIVE_IDLE
    yield from blocks_of(
        content,
        _start(reading, place, content, one, known),
        known,
        head=head,
        is_final=lambda: content.broken is None and (content.compressed or abs(now - content.modified) > idle),
        framing=framing_of,
        max_line=reading.source.max_line,
    )


def _start(reading: Reading, place: Place, content: ObjectContent, one: Found, known: Cursor | None) -> Cursor:
    """The cursor to go on from."""
    if not place.by_name:
        if known is not None:
            return known
        with reading.workspace.store.reading() as tx:
            taken = {cursor.origin for cursor in segments.cursors(tx, reading.lineage)}
        return fresh(reading.lineage, one, taken)
    if known is None or content.continues(known):
        return known or fresh(reading.lineage, one)
    # Written anew under its name: all its lines are new, and the state's row is taken over.
    return replace(fresh(reading.lineage, one), epoch=known.epoch + 1)
