"""Events to another engine: every segment of the manifest under its own id, each compared before the next one.

A move that was cut short goes on where it stood: a segment that is there already, and is what it should be, is not
copied again. Who holds segments that this manifest does not know is another store's, and is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from model.errors import StoreError, UsageError
from model.segment import Segment
from store.events.interface import Events
from store.handle import Store
from store.moving.checksums import Sums, event_sums
from store.state import segments

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEvents:
    """What a move of events did."""

    segments: int
    events: int
    found: int
    """Segments that an earlier try had copied."""
    bytes: dict[str, int]
    """Segment to its size there, of those that were copied now."""


def move_events(store: Store, target: Events, told: Told | None) -> MovedEvents:
    """Copy all segments; `told(done, of)` hears of progress in segments. The caller holds all work of the workspace.

    Raises UsageError for a target that holds another store's events, StoreError when a segment cannot be copied, or is
    there not what it was here.
    """
    with store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    there = target.stored()
    foreign = there - {one.id for one in manifest}
    if foreign:
        msg = f"{target.shown} is not empty: it holds {len(foreign)} segments that this store does not know."
        raise UsageError(msg, hint="Name a new folder or database.")
    found, sizes = 0, dict[str, int]()
    for number, one in enumerate(manifest, 1):
        own = _sums(store.events, one)
        if one.id in there and _sums_there(target, one) == own:
            found += 1
        else:
            with store.events.export(one) as copy:
                sizes[one.id] = target.adopt(one, copy)
            _compare(one, own, _sums(target, one))
        if told is not None:
            told(number, len(manifest))
    return MovedEvents(segments=len(manifest), events=sum(one.rows for one in manifest), found=found, bytes=sizes)


def _sums(events: Events, one: Segment) -> Sums:
    with events.reader([one], [], None) as reader:
        return event_sums(reader, [one])


def _sums_there(target: Events, one: Segment) -> Sums | None:
    """None for what an earlier try left unreadable."""
    try:
        return _sums(target, one)
    except StoreError:
        return None


def _compare(one: Segment, own: Sums, there: Sums) -> None:
    for name, (rows, checksum) in own.items():
        if there[name] != (rows, checksum):
            msg = (
                f"{name} of the segment {one.id} were copied wrong: {there[name][0]} rows of {rows}, checksum"
                f" {there[name][1]} for {checksum}."
            )
            raise StoreError(msg, hint="Nothing of the old store was changed. Try again; if it stays so, tell us.")
