"""Compaction: the small segments of a day become few, and whoever reads meanwhile notices nothing.

A source's segments of one UTC day are merged when there are many of one level, and once more when the day is over.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from model.errors import Fenced, StoreError
from model.segment import Segment
from store.events.ids import new_id
from store.handle import Store
from store.state import segments
from store.state.inventory import known_refs

TAILS: Final = 60
"""As many segments as they were ingested are merged into one of level 1: half an hour of a source that is read every
30 s, ten minutes of one that is read every 10 s."""
FEWER: Final = 12
"""So many of a higher level are merged. With both, 8,640 segments a day leave at most 60 + 12 + 12 open."""
LARGEST: Final = 4_000_000
"""Events of one merged segment: 67 MB, made within 22 s and 640 MB of memory."""
DAY_OVER: Final = timedelta(hours=1)
"""After the end of a day, most of what was late is in."""
GRACE: Final = timedelta(hours=1)
"""How long the files of merged segments stay: longer than any question takes."""


def due(manifest: Sequence[Segment], now: datetime) -> Iterator[list[Segment]]:
    """The groups of segments that should become one each, as of `now`; no segment is in two of them."""
    for (_, day), of_day in groupby(sorted(manifest, key=_place), key=lambda one: _place(one)[:2]):
        small = [one for one in of_day if one.rows <= LARGEST // 2 and one.events_dropped_at is None]
        yield from _of_day(small, over=now >= day + timedelta(days=1) + DAY_OVER)


def compact(
    store: Store, *, now: datetime, seconds: float = float("inf"), told: Callable[[int, int], None] | None = None
) -> int:
    """Merge what is due, until `seconds` have passed; returns how many segments went into others.

    `told(done, of)` hears of progress in segments. The caller holds the workspace's lock. Raises StoreError when an
    input cannot be read or the disk refuses; what was merged before stays so.
    """
    ends, done = time.monotonic() + seconds, 0
    while True:
        with store.reading() as tx:
            groups = list(due(segments.overlapping(tx, None), now))
        if not groups:
            return done
        total = done + sum(len(group) for group in groups)
        for group in groups:
            merge(store, group, now=now)
            done += len(group)
            if told is not None:
                told(done, total)
            if time.monotonic() >= ends:
                return done


def merge(store: Store, inputs: Sequence[Segment], *, now: datetime, seal: bool = False) -> Segment:
    """One segment in the place of several, with `seal` a sealed one however small.

    Raises Fenced when another process merged one of them first.
    """
    with store.reading() as tx:
        kept = known_refs(tx)
    written = store.events.merge(inputs, segment=new_id(now), kept=kept, seal=seal)
    newest = max(inputs, key=lambda one: one.ingested_at)
    merged = Segment(
        id=written.id,
        source=newest.source,
        origin="",
        from_offset=0,
        to_offset=0,
        from_line=0,
        rows=sum(one.rows for one in inputs),
        rejects=sum(one.rejects for one in inputs),
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=newest.ingested_at,
        sealed=written.sealed,
        bytes=written.bytes,
        level=max(one.level for one in inputs) + 1,
    )
    store.publish(written, merged)
    try:
        with store.transaction() as tx:
            segments.replace_with(tx, inputs, merged, now)
    except (Fenced, StoreError):
        store.events.discard(written)
        raise
    return merged


def _of_day(small: Sequence[Segment], *, over: bool) -> Iterator[list[Segment]]:
    """A day that is over becomes one, unless that would write a large one anew for a few that came late."""
    largest, whole = max((one.rows for one in small), default=0), sum(one.rows for one in small)
    if over and len(small) > 1 and (largest * 4 <= whole * 3 or len(small) > FEWER):
        yield from _chunks(small)
        return
    for level, of_level in groupby(sorted(small, key=lambda one: one.level), key=lambda one: one.level):
        found = list(of_level)
        if len(found) >= (TAILS if level == 0 else FEWER):
            yield from _chunks(found)


def _chunks(found: Sequence[Segment]) -> Iterator[list[Segment]]:
    """In the order of time, of at most LARGEST events each, and of two segments at least."""
    chunk: list[Segment] = []
    for one in sorted(found, key=lambda one: (one.min_ts, one.id)):
        if sum(each.rows for each in chunk) + one.rows > LARGEST:
            if len(chunk) > 1:
                yield chunk
            chunk = []
        chunk.append(one)
    if len(chunk) > 1:
        yield chunk


def _place(one: Segment) -> tuple[str, datetime]:
    moment = one.min_ts.astimezone(UTC)
    return one.source, moment.replace(hour=0, minute=0, second=0, microsecond=0)
