"""The frame `baselines` for a window: read where it is stored, made and stored where it is not."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from detectors.baselines import HISTORY, Made, days_of, make, make_each
from detectors.calibration import POOL_DAYS
from detectors.grid import grid
from keywatch.memory import give_back
from model.window import Window
from store import baselines
from store.handle import Store
from store.queries.frames import use_hours
from store.state import segments

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = timedelta(days=1)
_KEEP: Final = timedelta(days=120)


def baseline_frame(store: Store, window: Window, key_refs: pd.DataFrame, *, keep: bool = True) -> pd.DataFrame:
    """The frame `baselines` of the days that judge the window; `key_refs` is the frame that says the owners' zones.

    Without `keep` nothing is stored. With it the levels of the two weeks before are, too: tomorrow needs them again.
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
        earlier = (baselines.load_levels(store.events.scratch, day, made[day]) for day in sorted(reach - set(missing)))
        for one in _made(store, missing, zones, (frame for frame in earlier if frame is not None and len(frame))):
            day = _date(one.day)
            if keep:
                save = baselines.save if one.wanted else baselines.save_levels
                save(store.events.scratch, day, made[day], one.rows, keep=_KEEP)
            if one.wanted:
                found[day] = one.rows
        give_back()
    frames = [frame for frame in found.values() if frame is not None and len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else make(grid([], *_nothing()), [], zones={})


def _made(
    store: Store, missing: "Sequence[date]", zones: Mapping[str, str], earlier: "Iterable[pd.DataFrame]"
) -> Iterator[Made]:
    """The baselines of the missing days, which may be far apart, and the levels that had to be made for them."""
    since, until = min(missing) - HISTORY, max(missing)
    hours = grid(_parts(store, since, until), np.datetime64(since, "D"), np.datetime64(until, "D"))
    return make_each(hours, [np.datetime64(day, "D") for day in missing], zones=zones, earlier=earlier)


def _parts(store: Store, since: date, until: date) -> Iterator[pd.DataFrame]:
    """The frame key_hours of the days [since, until), a day at a time, as far as baselines read it."""
    start, end = _midnight(since), _midnight(until)
    with store.reader(Window(since=start, until=end)) as reader:
        while start < end:
            part = Window(since=start, until=start + _DAY)
            yield use_hours(reader, part)
            start = part.until


def _date(day: np.datetime64) -> date:
    return date.fromisoformat(str(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _nothing() -> tuple[np.datetime64, np.datetime64]:
    return np.datetime64("1970-01-01", "D"), np.datetime64("1970-01-01", "D")
