"""What is usual for each key in the hours of one day, and the rows that carry it from day to day.

The levels of a day are made once: the tails of the two weeks after it rest on them too.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array, Usual, of_day, roots
from detectors.columns import packed, unpacked
from detectors.frames import HOURS
from detectors.usual.grid import Grid

COLUMNS: Final = ("centre", "scale", "sent_centre", "sent_scale")
BLOCK: Final = 2048
"""Keys at a time: what is worked on stays in the processor's cache, and copies are small."""


class Level(NamedTuple):
    """The levels of one day, of the keys in the grid: keys by hours, NaN where there are none."""

    calls: Usual
    sent: Usual


def levels(hours: Grid, day: np.datetime64) -> Level:
    """The levels of a day, from the 28 days before it; a key's history begins with its first call."""
    past, level = hours.span(day, -MEMORY.days, 0), Level(_nothing(hours), _nothing(hours))
    clock, today = hours.clock(past), day.astype("datetime64[s]") + np.arange(HOURS) * np.timedelta64(1, "h")
    live = live_on(hours, day)
    for start in range(0, len(live), BLOCK):
        block = live[start : start + BLOCK]
        begun = np.maximum.accumulate(hours.calls[block, past] > 0, axis=1)
        for usual, values in ((level.calls, hours.calls), (level.sent, hours.sent)):
            history = np.where(begun, roots(values[block, past]), np.float32(np.nan))
            made = of_day(clock, history, today, day)
            usual.centre[block], usual.scale[block] = made.centre, made.scale
    return level


def live_on(hours: Grid, day: np.datetime64) -> npt.NDArray[np.int64]:
    """The places of the keys that were called in the 28 days before a day."""
    past = hours.span(day, -MEMORY.days, 0)
    return np.flatnonzero((hours.calls[:, past] > 0).any(axis=1))


def level_columns(level: Level, live: npt.NDArray[np.int64]) -> dict[str, Array]:
    """The columns COLUMNS of the keys `live`: keys by hours."""
    arrays = (array[live] for usual in level for array in usual)
    return dict(zip(COLUMNS, arrays, strict=True))


def level_rows(hours: Grid, day: np.datetime64, level: Level) -> pd.DataFrame:
    """The levels of a day as rows [day, key_ref, …COLUMNS]: what a later day needs of it, and no more."""
    live = live_on(hours, day)
    columns: dict[str, Any] = {
        "day": [pd.Timestamp(day).tz_localize("UTC")] * len(live),
        "key_ref": [hours.keys[place] for place in live],
    }
    return pd.DataFrame(columns | {name: packed(array) for name, array in level_columns(level, live).items()})


def levels_in(hours: Grid, frames: Iterable[pd.DataFrame]) -> dict[np.datetime64, Level]:
    """The levels in rows made before: of `level_rows`, or of the frame `baselines`."""
    found: dict[np.datetime64, Level] = {}
    places = pd.Index(hours.keys)
    for frame in frames:
        for day, rows in frame.groupby("day"):
            at = places.get_indexer(pd.Index(rows["key_ref"].astype(object)))
            level = Level(*(_nothing(hours) for _ in range(2)))
            for array, name in zip((array for usual in level for array in usual), COLUMNS, strict=True):
                array[at[at >= 0]] = unpacked(rows[name])[at >= 0]
            found[np.datetime64(pd.Timestamp(str(day)).date(), "D")] = level
    return found


def _nothing(hours: Grid) -> Usual:
    empty = (len(hours.keys), HOURS)
    return Usual(np.full(empty, np.nan, dtype=np.float32), np.full(empty, np.nan, dtype=np.float32))
