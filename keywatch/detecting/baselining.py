"""The frame `baselines` for a window: read where it is stored, made and stored where it is not."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from detectors.calibration import POOL_DAYS
from detectors.usual.baselines import HISTORY, days_of, make, make_each
from detectors.usual.grid import grid
from keywatch.detecting.using import use_grid
from keywatch.process.memory import give_back
from model.window import Window
from store import baselines
from store.handle import Store
from store.state import segments

_DAY: Final = timedelta(days=1)
_KEEP: Final = timedelta(days=120)
_ASIDE: Final = timedelta(days=POOL_DAYS + 10)
"""How long those of a pass are kept: the next week's reach back so far."""


def baseline_frame(
    store: Store, window: Window, key_refs: pd.DataFrame, *, keep: bool = True, aside: Path | None = None
) -> pd.DataFrame:
    """The frame `baselines` of the days that judge the window; `key_refs` is the frame that says the owners' zones.

    What is made is stored, the levels of the two weeks before too: tomorrow needs them again. With `aside`, a folder of
    the caller's, it is stored there; without `keep` nowhere else.
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
    places = [place for place in (aside, store.events.scratch) if place is not None]
    found = {day: _first(baselines.load(place, day, made[day]) for place in places) for day in wanted}
    missing = [day for day in wanted if found[day] is None]
    if missing:
        before = sorted(reach - set(missing))
        earlier = (_first(baselines.load_levels(place, day, made[day]) for place in places) for day in before)
        target = aside or (store.events.scratch if keep else None)
        hours = use_grid(store, min(missing) - HISTORY, max(missing), target=target, places=places)
        levels = (frame for frame in earlier if frame is not None and len(frame))
        for one in make_each(hours, [np.datetime64(day, "D") for day in missing], zones=zones, earlier=levels):
            day = _date(one.day)
            if target is not None:
                save = baselines.save if one.wanted else baselines.save_levels
                save(target, day, made[day], one.rows, keep=_KEEP if target != aside else _ASIDE)
            if one.wanted:
                found[day] = one.rows
        give_back()
    frames = [frame for frame in found.values() if frame is not None and len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else make(grid([], *_nothing()), [], zones={})


def _first(frames: Iterable[pd.DataFrame | None]) -> pd.DataFrame | None:
    return next((frame for frame in frames if frame is not None), None)


def _date(day: np.datetime64) -> date:
    return date.fromisoformat(str(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _nothing() -> tuple[np.datetime64, np.datetime64]:
    return np.datetime64("1970-01-01", "D"), np.datetime64("1970-01-01", "D")
