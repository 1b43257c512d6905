"""The frame `baselines` for a window: read where it is stored, made and stored where it is not."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from detectors.baselines import HISTORY, days_of, make
from detectors.calibration import POOL_DAYS
from detectors.grid import grid
from model.window import Window
from store import baselines
from store.handle import Store
from store.queries.frames import event_frame
from store.state import segments

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = timedelta(days=1)
_PART: Final = timedelta(days=2)  # a week of 3,000 keys takes 240 MB while DuckDB reads it
_KEEP: Final = timedelta(days=120)


def baseline_frame(store: Store, window: Window, key_refs: pd.DataFrame, *, keep: bool = True) -> pd.DataFrame:
    """The frame `baselines` of the days that judge the window; `key_refs` is the frame that says the owners' zones.

    Without `keep` nothing is stored.
    """
    known = key_refs.dropna(subset=["key_ref", "timezone"])
    zones = dict(zip(known["key_ref"], known["timezone"], strict=True))
    with store.reading() as tx:
        span = segments.span(tx)
        wanted = [_date(day) for day in days_of(window)] if span else []
        # Before the first event, and four weeks after the last, there is nothing to tell.
        wanted = [day for day in wanted if span and _midnight(day) > span.since]
        reach = {day - before * _DAY for day in wanted for before in range(POOL_DAYS + 1)}
        made = {day: baselines.made_of(tx, day, HISTORY, zones) for day in reach}
    found = {day: baselines.load(store.events.scratch, day, made[day]) for day in wanted}
    missing = [day for day in wanted if found[day] is None]
    if missing:
        earlier = [baselines.load(store.events.scratch, day, made[day]) for day in sorted(reach - set(missing))]
        fresh = _made(store, missing, zones, [frame for frame in earlier if frame is not None])
        for day, frame in fresh.items():
            if keep:
                baselines.save(store.events.scratch, day, made[day], frame, keep=_KEEP)
            found[day] = frame
    frames = [frame for frame in found.values() if frame is not None and len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else make(grid([], *_nothing()), [], zones={})


def _made(
    store: Store, missing: "Sequence[date]", zones: Mapping[str, str], earlier: "Sequence[pd.DataFrame]"
) -> dict[date, pd.DataFrame]:
    """The baselines of the missing days, which may be far apart."""
    since, until = min(missing) - HISTORY, max(missing)
    hours = grid(_parts(store, since, until), np.datetime64(since, "D"), np.datetime64(until, "D"))
    known = pd.concat([frame for frame in earlier if len(frame)], ignore_index=True) if any(map(len, earlier)) else None
    made = make(hours, [np.datetime64(day, "D") for day in missing], zones=zones, earlier=known)
    days = made["day"].dt.date if len(made) else made["day"]
    return {day: made[days == day].reset_index(drop=True) for day in missing}


def _parts(store: Store, since: date, until: date) -> Iterator[pd.DataFrame]:
    """The frame key_hours of the days [since, until), some days at a time."""
    start, end = _midnight(since), _midnight(until)
    while start < end:
        part = Window(since=start, until=min(start + _PART, end))
        with store.reader(part) as reader:
            yield event_frame("key_hours", reader, part, timedelta(0))
        start = part.until


def _date(day: np.datetime64) -> date:
    return date.fromisoformat(str(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _nothing() -> tuple[np.datetime64, np.datetime64]:
    return np.datetime64("1970-01-01", "D"), np.datetime64("1970-01-01", "D")
