"""What is usual for a series of counts or levels, at each of its buckets, from earlier buckets alone.

The centre of a bucket is the median of its slot's earlier values within four weeks, on the square-root scale, where the
spread of counts depends little on their level. The ladder of history says what a slot is: with four weeks the hour of
the week, with two the hour of a weekday or of the weekend, with three days the hour of the day, with less there is no
score (rules only). Growth is followed slowly: centres are multiplied by how the last week compares with them.

The scale of a bucket is the largest of
- 0.5, the standard deviation of the root of a Poisson count,
- 1.4826 times the median absolute residual of the four weeks (a normal's standard deviation), and half of its 95th
  percentile: the long-run floor, which knows that telemetry has heavier tails than Poisson's,
- sqrt(0.25 + (f c)²) for a centre c, f the median of |residual| / centre: the spread grows with the level as in a
  negative binomial, so a nightly batch is not judged by its silent hours.

A baseline is made anew each midnight (UTC) from the 28 days before, so a score depends on 28 days and no more. It loses
nothing by that: no slot comes twice within a day.
"""

from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]

MEMORY: Final = timedelta(days=28)
"""How far back a score looks."""

_DAY: Final = np.timedelta64(1, "D")
_RUNGS: Final = ((28, "week"), (14, "weekend"), (3, "day"))
_FLOOR: Final = 0.5
_BAND: Final = 3.0
_NORMAL: Final = 1.4826
_FEW: Final = 1.2  # residuals about a median of four values of the same sample are too small by about this
_GROWTH: Final = (0.7, 1.5)
_BUSY: Final = 1.0


class Levels(NamedTuple):
    """What is usual, of several series at once: arrays of buckets by series, NaN where there is too little history."""

    expected: Array
    low: Array
    high: Array
    score: Array


def score_series(counts: "pd.Series[float]") -> pd.DataFrame:
    """What is usual for each bucket of a regular series of counts or levels, and how far it is from that.

    `counts` has a DatetimeIndex (UTC if it names no zone) of one step; gaps and NaN are missing values, not zeros.
    Returns the same index with expected, low, high (in the series' units; the band is three scales wide on either side)
    and score (scales above the expected value; NaN with less than three days of history). Causal: a row depends on
    itself and on earlier rows of at most 28 days.
    """
    index = pd.DatetimeIndex(counts.index)
    order = np.argsort(index.asi8, kind="stable")
    values: Array = np.asarray(counts.to_numpy(dtype=np.float64, na_value=np.nan)[order], dtype=np.float64)
    levels = score_levels(index[order], values[:, None])
    result = pd.DataFrame({name: getattr(levels, name)[:, 0] for name in Levels._fields}, index=index[order])
    return result.loc[counts.index] if index.is_unique else result


def score_levels(index: pd.DatetimeIndex, values: Array, *, from_first: bool = False) -> Levels:
    """As `score_series`, for the columns of `values` (buckets by series); `index` ascends.

    With `from_first` a series' history begins with its first value above zero within the 28 days.
    """
    clock = (index.tz_convert("UTC").tz_localize(None) if index.tz is not None else index).to_numpy("datetime64[s]")
    roots = np.sign(values) * np.sqrt(np.abs(values))
    days = clock.astype("datetime64[D]")
    centre, scale = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for day in np.unique(days):
        today = slice(*np.searchsorted(days, [day, day + _DAY]))
        past = slice(*np.searchsorted(days, [day - np.timedelta64(MEMORY.days, "D"), day]))
        if past.stop > past.start:
            history = _history(roots[past], from_first=from_first)
            centre[today], scale[today] = _baseline(clock[past], history, clock[today], day)
    low, high = centre - _BAND * scale, centre + _BAND * scale
    return Levels(_square(centre), _square(low, values), _square(high), (roots - centre) / scale)


def _history(roots: Array, *, from_first: bool) -> Array:
    """The past values, with NaN before a series' first one above zero when `from_first`."""
    if not from_first:
        return roots
    begun = np.maximum.accumulate(np.nan_to_num(roots) > 0, axis=0)
    return np.where(begun, roots, np.nan)


def _baseline(
    past: npt.NDArray[np.datetime64], history: Array, today: npt.NDArray[np.datetime64], day: np.datetime64
) -> tuple[Array, Array]:
    """Centre and scale of today's buckets by series, on the square-root scale."""
    present = ~np.isnan(history)
    first = past[np.argmax(present, axis=0)].astype("datetime64[D]")
    age = np.where(present.any(axis=0), (day - first) / _DAY, 0.0)
    centre = np.full((len(today), history.shape[1]), np.nan)
    scale = centre.copy()
    reach = np.inf
    for days, kind in _RUNGS:
        on = (age >= days) & (age < reach)
        reach = days
        if on.any():
            centre[:, on], scale[:, on] = _rung(_slots(past, kind), history[:, on], _slots(today, kind))
    return centre, scale


def _slots(clock: npt.NDArray[np.datetime64], kind: str) -> npt.NDArray[np.int64]:
    """The slot of each bucket: hour of the day, of a weekday or the weekend, or of the week."""
    hours = clock.astype("datetime64[h]").astype(np.int64)
    hour, weekday = hours % 24, (hours // 24 + 3) % 7  # 1970-01-01 was a Thursday
    if kind == "day":
        return hour
    return hour + 24 * (weekday if kind == "week" else weekday // 5)


def _rung(past: npt.NDArray[np.int64], history: Array, today: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Centre and scale by today's slots, from the slots and values of the past."""
    centres = _slot_medians(past, history)
    fitted = centres[past]
    residual = np.abs(history - fitted)
    spread = np.maximum(_NORMAL * _FEW * _quantile(residual, 0.5), _FEW * _quantile(residual, 0.95) / 2)
    busy = np.abs(fitted) >= _BUSY
    ratio = np.divide(residual, np.abs(fitted), out=np.full_like(fitted, np.nan), where=busy)
    relative = np.nan_to_num(_NORMAL * _FEW * _quantile(ratio, 0.5))
    centre = centres[today] * _growth(history, fitted, busy)
    scale = np.maximum(np.maximum(_FLOOR, np.nan_to_num(spread)), np.sqrt(_FLOOR**2 + (relative * centre) ** 2))
    return centre, scale


def _slot_medians(slots: npt.NDArray[np.int64], history: Array) -> Array:
    """The median of each slot and series: an array of slots by series, NaN for a slot that never was."""
    order = np.argsort(slots, kind="stable")
    counts = np.bincount(slots, minlength=168)
    place = np.arange(len(slots)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((len(counts), counts.max(), history.shape[1]), np.nan)
    table[slots[order], place] = history[order]
    return _quantile(table.swapaxes(0, 1), 0.5)


def _growth(history: Array, fitted: Array, busy: npt.NDArray[np.bool_]) -> Array:
    """How the last week's values compare with their centres, by series: the median ratio, kept within 0.7 and 1.5."""
    week = slice(-(-len(history) * 3 // 4), None)  # the last quarter: a week of four
    ratio = np.divide(
        history[week], fitted[week], out=np.full_like(fitted[week], np.nan), where=busy[week] & (fitted[week] > 0)
    )
    return np.clip(np.nan_to_num(_quantile(ratio, 0.5), nan=1.0), *_GROWTH)


def _quantile(values: Array, q: float) -> Array:
    """The quantile along the first axis without NaN (linear between ranks), NaN where nothing is left.

    numpy's own warns of columns with nothing in them, and is slower.
    """
    ordered = np.sort(values, axis=0)
    rank = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0) * q
    below = np.floor(rank).astype(np.int64)
    above = np.ceil(rank).astype(np.int64)
    lower = np.take_along_axis(ordered, below[None], axis=0)[0]
    upper = np.take_along_axis(ordered, above[None], axis=0)[0]
    return np.asarray(lower + (upper - lower) * (rank - below))


def _square(roots: Array, values: Array | None = None) -> Array:
    """Back to the series' units; a low of a series without negative values does not go below zero."""
    squares = np.sign(roots) * roots**2
    if values is None or np.nanmin(values, initial=0.0) < 0:
        return np.asarray(squares)
    return np.asarray(np.maximum(squares, 0.0))
