"""What one detection has to judge: which detectors, over which window, for which keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from detectors import engine
from detectors.declare import HOUR, MINUTE, Detector
from model.window import Window
from store.handle import Transaction
from store.queries.frame_columns import EMPTY
from store.state import findings, inventory, segments
from store.state.findings import Judged

LATE_EVERY: Final = timedelta(minutes=5)
"""How often a live cycle judges hours again that late lines touch: a source that is two minutes late would otherwise
have each cycle judge the last hour anew."""

AGAIN: Final = timedelta(hours=24)
"""So far back hours are judged again that a late source had left open."""

_INVENTORY: Final = frozenset({"keys", "key_refs"})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One window, and the detectors that judge it."""

    window: Window
    detectors: tuple[str, ...]


def plan(tx: Transaction, now: datetime, since: datetime | None, *, live: bool) -> list[Pass]:
    """The passes that judge what is new as of `now` (or everything since `since`), oldest first.

    Each detector goes on where it ended, at the beginning of that hour, and back to what came late; one of silences
    back to where the log had ended then. In a `live` cycle a detector rests while none of its buckets has passed and
    nothing is new to it.
    """
    names = tuple(engine.names())
    if since is not None:
        return [Pass(window=Window(since=min(since, now), until=now), detectors=names)]
    done = findings.judged(tx)
    span = segments.span(tx)
    first = _floor(min(span.since, now) if span else now - timedelta(days=1), HOUR)
    newest = segments.latest_event(tx, now)
    late, pulled = _late(tx, done), inventory.last_pulled(tx)
    begun: dict[datetime, list[str]] = {}
    for name in names:
        one = done.get(name)
        if one is None:
            begun.setdefault(first, []).append(name)
        elif not live or _wakes(engine.load(name), one, late.get(name), newest, now, pulled=pulled):
            start = min(_floor(one.until, HOUR), _floor(late.get(name) or one.until, HOUR), now)
            if engine.load(name).waits:
                start = _unreached(tx, start)
            begun.setdefault(start, []).append(name)
    return [Pass(window=Window(since=since, until=now), detectors=tuple(each)) for since, each in sorted(begun.items())]


def _unreached(tx: Transaction, start: datetime) -> datetime:
    """From when on buckets before `start` were not judged, for the log had not reached their ends."""
    reached = segments.latest_before(tx, start)
    return start if reached is None else max(_floor(reached, HOUR), start - AGAIN)


def _late(tx: Transaction, done: Mapping[str, Judged]) -> dict[str, datetime]:
    """Detector to the earliest event in the segments that it has not read."""
    reads = {one.ingested_at for one in done.values()}
    touched = {read: segments.touched_since(tx, read or _EPOCH) for read in reads}
    return {name: moment for name, one in done.items() if (moment := touched[one.ingested_at]) is not None}


def _wakes(
    detector: Detector,
    done: Judged,
    late: datetime | None,
    newest: datetime | None,
    now: datetime,
    *,
    pulled: datetime | None,
) -> bool:
    """Whether a live cycle has something for it."""
    if set(detector.frames) <= _INVENTORY:
        # Ages are of days: it looks when an hour is over, or when the inventory has come.
        return _floor(now, HOUR) > _floor(done.until, HOUR) or (pulled is not None and pulled >= done.until)
    step = HOUR if detector.kind == "standing" and _reads_events(detector) else min(detector.bucket, HOUR)
    if detector.kind == "standing" and not _reads_events(detector):
        return True
    if _floor(now, max(step, HOUR)) > _floor(done.until, max(step, HOUR)) or (
        step > MINUTE and _floor(now, step) > _floor(done.until, step)
    ):
        return True
    if step > MINUTE:
        touches = late is not None and late < _floor(done.until, step) and detector.kind != "standing"
        return touches and now - done.until >= LATE_EVERY
    return late is not None or (newest is not None and newest >= _floor(done.until, step))


def _reads_events(detector: Detector) -> bool:
    return any(name in EMPTY for name in detector.frames)


def _floor(moment: datetime, unit: timedelta) -> datetime:
    return moment.astimezone(UTC) - (moment - _EPOCH) % unit
