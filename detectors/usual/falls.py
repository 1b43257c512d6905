"""How far whole days fell below what their hours expected: the part of a baseline that usage-drop reads."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.baseline import Array, squared
from detectors.calibration import fit_each
from detectors.usual.grid import Grid
from detectors.usual.levels import Level

_CALM: Final = 0.15
_STEADY: Final = 0.25  # the spread of a key whose days are much alike
_FALLEN: Final = 0.01  # of days belong to keys that broke: they fell indeed
_ENOUGH: Final = 10  # keys, to say that most have fallen at once
_DUE: Final = 60.0  # calls a day: of fewer, chance alone makes half or none
_NORMAL: Final = 1.4826


def of_days(
    hours: Grid,
    live: npt.NDArray[np.int64],
    known: Mapping[np.datetime64, Level],
    pool: list[np.datetime64],
    *,
    rests: npt.NDArray[np.bool_],
) -> dict[str, Array]:
    """How a day's calls compare with what its hours expect: the spread of the logarithm, its tail, and the lowest.

    The tail is fitted among like keys: those that rest at nights or weekends have holidays, and services have none; of
    these, one that is as busy every day is no measure for one whose work comes in bursts, nor the reverse. A day
    without any call is flatline's matter, and so are those beside it: keys that were retired, or stood still for some
    hours, would say of all others that they fall to nothing.
    """
    fallen = np.full((len(live), max(len(pool), 1)), np.nan, dtype=np.float32)
    still = np.zeros(fallen.shape, dtype=np.bool_)
    for place, day in enumerate(pool):
        expected = np.nansum(squared(known[day].calls.centre[live]), axis=1)
        total = hours.calls[live, hours.span(day, 0, 1)].sum(axis=1)
        still[:, place] = (expected >= _DUE) & (total <= 0)
        due = ~np.isnan(known[day].calls.centre[live]).all(axis=1) & (expected >= _DUE) & (total > 0)
        fallen[due, place] = np.log((expected[due] + 1) / (total[due] + 1))
    fallen -= common_fall(fallen)
    beside = np.zeros_like(still)
    beside[:, 1:] |= still[:, :-1]
    beside[:, :-1] |= still[:, 1:]
    fallen[beside] = np.nan
    spread = np.fmax(_NORMAL * middle(np.abs(fallen - middle(fallen)[:, None])), _CALM)
    rate, mean = np.ones(len(live)), np.ones(len(live))
    calm = spread <= _STEADY
    for alike in (rests, ~rests & calm, ~rests & ~calm):
        tail = fit_each((fallen[alike] / spread[alike, None]).T, spared=_FALLEN)
        rate[alike], mean[alike] = tail.rate, tail.mean
    return {
        "day_spread": spread,
        "day_rate": rate,
        "day_mean": mean,
        "day_fallen": np.where(np.isnan(fallen), -np.inf, fallen).max(axis=1),
        "days": (~np.isnan(fallen)).sum(axis=1),
    }


def common_fall(fallen: Array) -> Array:
    """How far most keys have fallen at once (keys by days or hours): a gap in the log, a holiday, an outage.

    The median of those that are judged, if they are ten at least; 0 when they have not fallen.
    """
    judged = ~np.isnan(fallen)
    usual = middle(np.ascontiguousarray(np.where(judged, fallen, np.nan).T))
    return np.where(judged.sum(axis=0) >= _ENOUGH, np.maximum(np.nan_to_num(usual), 0.0), 0.0)


def middle(values: Array) -> Array:
    """The median along the last axis without NaN; NaN where nothing is left."""
    ordered = np.sort(values, axis=1)
    present = (~np.isnan(values)).sum(axis=1)
    low = np.take_along_axis(ordered, np.maximum(present - 1, 0)[:, None] // 2, axis=1)
    high = np.take_along_axis(ordered, np.minimum(present // 2, values.shape[1] - 1)[:, None], axis=1)
    return np.asarray((low + high)[:, 0] / 2) if values.shape[1] else np.full(len(values), np.nan)
