"""The calls of all keys by hour, as one array: what the statistical detectors work on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array, Levels, score_levels
from detectors.calibration import POOL_DAYS
from detectors.declare import HOUR
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """Calls by hour (rows, without gaps) and key (columns)."""

    index: pd.DatetimeIndex
    """The hours, UTC; only those that have passed at the window's end."""
    days: npt.NDArray[np.datetime64]
    """The day of each hour."""
    keys: list[str]
    calls: Array

    def span(self, day: np.datetime64, since: int, until: int) -> slice:
        """The rows of the days [day + since, day + until)."""
        first, last = np.searchsorted(self.days, [day + np.timedelta64(since, "D"), day + np.timedelta64(until, "D")])
        return slice(int(first), int(last))

    def levels(self) -> Levels:
        """What is usual; a key's history begins with its first call."""
        return score_levels(self.index, self.calls, from_first=True)


def hourly(key_hours: pd.DataFrame, window: Window) -> Hourly | None:
    """The frame key_hours as an array, None when it holds no whole hour.

    Calls are requests without those answered 401: they say that somebody tried the key, not that it was used.
    """
    end = pd.Timestamp(window.until).floor("h")
    rows = key_hours[(key_hours["hour"] < end) & key_hours["key_ref"].notna()]
    if rows.empty:
        return None
    calls = rows["requests"] - rows["unauthenticated"]
    index = pd.date_range(rows["hour"].min().floor("D"), end - HOUR, freq="h", unit="us")
    keys, column = np.unique(rows["key_ref"].to_numpy(dtype=str), return_inverse=True)
    array = np.zeros((len(index), len(keys)))
    row = ((rows["hour"] - index[0]) // pd.Timedelta(HOUR)).to_numpy()
    np.add.at(array, (row, column), calls.to_numpy(dtype=np.float64))
    days = index.tz_localize(None).to_numpy().astype("datetime64[D]")
    return Hourly(index=index, days=days, keys=[str(key) for key in keys], calls=array)


def keys_a_day(hours: Hourly, day: np.datetime64) -> int:
    """How many keys are tested that day: those with a call in the 28 days before it."""
    past = hours.calls[hours.span(day, -MEMORY.days, 0)]
    return max(1, int((past.sum(axis=0) > 0).sum()))


def rolling(values: Array, how: Literal["sum", "max"]) -> Array:
    """The sum or the largest of an array of hours by keys over two weeks, the hour itself included.

    Each hour of them rests on a baseline of four weeks: more would reach beyond what the frame holds.
    """
    view = pd.DataFrame(values).rolling(POOL_DAYS * 24, min_periods=1)
    return (view.sum() if how == "sum" else view.max()).to_numpy(dtype=np.float64)
