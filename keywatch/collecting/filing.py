"""Which days of a dated layout are listed and up to which day all has been read; how far large folders are listed."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, timedelta
from typing import Any

from ingest.sources import layout, listing
from ingest.sources.objects import told
from ingest.sources.ordered import Listings, Standing
from ingest.sources.records import origin
from keywatch.collecting.opening import Reading
from model.window import Window
from store.state import pulls

_DAY = timedelta(days=1)
_FOLDER = "folder"


def days(reading: Reading, fs: Any, pattern: str, window: Window | None) -> Iterator[date | None]:  # noqa: ANN401
    """The days to list, in order; one None for a pattern without days."""
    if not layout.is_dated(pattern):
        yield None
        return
    today = reading.clock.now().astimezone(UTC).date()
    objects, marked = reading.source.objects, _marked(reading, pattern)
    if window is not None:
        last = (window.until - timedelta(microseconds=1)).date()
        # An object of the next day may hold what was logged just before midnight.
        yield from _existing(fs, pattern, window.since.date(), min(today, last + _DAY))
    elif marked is not None:
        yield from layout.days(marked + _DAY - -(-objects.late // _DAY) * _DAY, today)
    elif objects.start is not None:
        yield from layout.days((reading.clock.now() - objects.start).astimezone(UTC).date(), today)
    else:
        yield from _existing(fs, pattern, date.min, today)


def mark(reading: Reading, pattern: str, day: date) -> None:
    """Remember that a day before today has been read, as all before it."""
    marked = _marked(reading, pattern)
    today = reading.clock.now().astimezone(UTC).date()
    if day >= today or (marked is not None and day <= marked):
        return
    now = reading.clock.now()
    with reading.workspace.store.transaction() as tx:
        pulls.save_position(tx, _origin(reading, pattern), reading.source.name, {"day": day.isoformat()}, now)


def listings(reading: Reading, pattern: str, window: Window | None, *, by_name: bool) -> Listings:
    """The listings of this look: those of an ordinary look at a store go on from the last one's.

    Where the URL has days, the day bounds what is listed.
    """
    now, known = reading.clock.now().timestamp(), dict[str, Standing]()
    if by_name and window is None and not layout.is_dated(pattern):
        with reading.workspace.store.reading() as tx:
            positions = pulls.positions(tx, reading.source.name)
        known = {p[_FOLDER]: Standing(**{k: v for k, v in p.items() if k != _FOLDER})
                 for p in positions.values() if _FOLDER in p}  # fmt: skip
    return listing.begun(now, known)


def keep_listings(reading: Reading, pattern: str, made: Listings) -> None:
    """Remember how far large folders were listed, once all that was listed has been read."""
    changed = {folder: one for folder, one in made.learned.items() if made.known.get(folder) != one}
    if changed and not layout.is_dated(pattern):
        now, name = reading.clock.now(), reading.source.name
        with reading.workspace.store.transaction() as tx:
            for folder, one in changed.items():
                position = {_FOLDER: folder, **asdict(one)}
                pulls.save_position(tx, origin(name, "folder", folder), name, position, now)


def _existing(fs: Any, pattern: str, first: date, last: date) -> list[date]:  # noqa: ANN401
    """The days that there are folders, or objects, of."""
    with told(pattern):
        paths = listing.folders(fs, layout.any_day(pattern))
    found = {day for path in paths if (day := layout.day_of(pattern, path)) is not None}
    return sorted(day for day in found if first <= day <= last)


def _marked(reading: Reading, pattern: str) -> date | None:
    with reading.workspace.store.reading() as tx:
        position = pulls.positions(tx, reading.source.name).get(_origin(reading, pattern))
    return None if position is None else date.fromisoformat(position["day"])


def _origin(reading: Reading, pattern: str) -> str:
    return origin(reading.source.name, "listing", pattern)
