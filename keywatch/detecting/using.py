"""The use of all keys by hour, which baselines are made of; of many keys it is stored by day.

A new day's baselines ask for 42 days that yesterday's asked for, and reading them was half of what they cost.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from detectors.frames import HOURS
from detectors.usual.baselines import HISTORY
from detectors.usual.grid import Grid, grid, grid_of_days
from model.window import Window
from store import day_files
from store.day_files import USE
from store.handle import Store
from store.queries.frames import use_hours
from store.state import activity

_DAY: Final = timedelta(days=1)
_ROWS: Final = 250_000
"""At most so many hours of keys are read at once, or a day of them."""
_FORMAT: Final = 2
"""Goes up when the columns or their meaning change."""
_KEEP: Final = HISTORY + timedelta(days=2)


def use_grid(store: Store, since: date, until: date, *, target: Path | None, places: Sequence[Path]) -> Grid:
    """The use over the days [since, until). Days that stand in one of `places` are not read; others go to `target`."""
    with store.reading() as tx:
        keys = activity.count_seen(tx)
    # Each question has its price: days of few keys are asked for together, and are not stored.
    length = _DAY * max(1, _ROWS // (HOURS * max(keys, 1)))
    first, end = np.datetime64(since, "D"), np.datetime64(until, "D")
    if length > _DAY:
        return grid(_parts(store, since, until, length), first, end)
    return grid_of_days(_days(store, since, until, target, places), first, end)


def _parts(store: Store, since: date, until: date, length: timedelta) -> Iterator[pd.DataFrame]:
    """The frame key_hours, as far as baselines read it."""
    start, end = _midnight(since), _midnight(until)
    with store.reader(Window(since=start, until=end)) as reader:
        while start < end:
            part = Window(since=start, until=min(start + length, end))
            yield use_hours(reader, part)
            start = part.until


def _days(
    store: Store, since: date, until: date, target: Path | None, places: Sequence[Path]
) -> Iterator[tuple[np.datetime64, pd.DataFrame]]:
    """Each day with its rows, as `Grid.rows`."""
    days = [since + n * _DAY for n in range((until - since) // _DAY)]
    with store.reading() as tx:
        made = {day: day_files.made_of(tx, _midnight(day), _midnight(day + _DAY), _FORMAT, day) for day in days}
    for day in days:
        first = np.datetime64(day, "D")
        rows = day_files.find(places, USE, day, made[day])
        if rows is None:
            span = Window(since=_midnight(day), until=_midnight(day + _DAY))
            with store.reader(span) as reader:
                rows = grid([use_hours(reader, span)], first, first + np.timedelta64(1, "D")).rows()
            if target is not None:
                day_files.save(day_files.place(target, USE, day, made[day]), day, rows, keep=_KEEP, dense=False)
        yield first, rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
