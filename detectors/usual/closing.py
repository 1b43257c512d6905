"""The hours that a key is used in, by its owner's clock: the part of a baseline that off-hours reads.

Of the hours of a working day, of Saturday and of Sunday those are **open** in which the key was used on at least a
tenth of such days of four weeks and on two at least, and the hour before and after each. Clocks are those of the
owner's zone, so an office keeps its hours when daylight saving begins. While a key is known for less than ten days it
has hardly had weekends, and an hour is open on any day when it is on one of them.
"""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array
from detectors.usual.grid import Grid

COLUMNS: Final = ("open", "open_share", "open_hours", "outside_worst", "age")
_KINDS: Final = 3  # working day, Saturday, Sunday
_DAYS_OF: Final = np.array([5.0, 1.0, 1.0])
_HOURS: Final = 24
_TENTH: Final = 0.1
_TWICE: Final = 2
_FRIDAY: Final = 4
_SETTLED: Final = 10  # days


def learnt(hours: Grid, live: npt.NDArray[np.int64], day: np.datetime64, zones: Sequence[str]) -> dict[str, Array]:
    """The columns COLUMNS of a day for the keys `live`, whose owners work in `zones`."""
    size = len(live)
    found: dict[str, Array] = {name: np.zeros(size, dtype=np.float32) for name in COLUMNS[1:]}
    found["open"] = np.zeros((size, _HOURS), dtype=np.float32)
    past = hours.span(day, -MEMORY.days, 0)
    names = np.asarray(zones, dtype=object)
    for zone in sorted(set(zones)):
        on = np.flatnonzero(names == zone)
        part = _learnt(hours.calls[live[on], past], hours.clock(past), day, zone)
        for name, values in zip(COLUMNS, part, strict=True):
            found[name][on] = values
    return {name: found[name] for name in COLUMNS}


def _learnt(calls: Array, clock: npt.NDArray[np.datetime64], day: np.datetime64, zone: str) -> tuple[Array, ...]:
    slots, dates = _local(clock, zone)
    used, times = _sums((calls > 0).astype(np.float32), slots, _KINDS * _HOURS), np.bincount(slots, minlength=72)
    often = (used >= _TWICE) & (used >= _TENTH * times)
    around = often.reshape(len(calls), _KINDS, _HOURS)
    around = around | np.roll(around, 1, axis=2) | np.roll(around, -1, axis=2)
    flags = around.reshape(len(calls), -1)
    total, outside = calls.sum(axis=1), np.where(flags[:, slots], 0, calls)
    share = 1 - outside.sum(axis=1) / np.maximum(total, 1)
    week = (around.sum(axis=2) * _DAYS_OF).sum(axis=1)
    first = np.argmax(calls > 0, axis=1)
    age = (len(clock) - first) / _HOURS
    today, _ = _local(day.astype("datetime64[s]") + np.arange(_HOURS) * np.timedelta64(1, "h"), zone)
    young = np.asarray(age < _SETTLED, dtype=np.bool_)[:, None]
    return (
        np.where(young, np.asarray(around.any(axis=1))[:, today % _HOURS], flags[:, today]).astype(np.float32),
        share,
        week,
        _sums(outside, dates, int(dates.max(initial=0)) + 1).max(axis=1),
        age,
    )


def _sums(values: Array, groups: npt.NDArray[np.int64], size: int) -> Array:
    """The sums of the columns of each group; 0 for a group without any."""
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    sums = np.zeros((len(values), size), dtype=values.dtype)
    sums[:, present] = np.add.reduceat(values[:, order], starts, axis=1)
    return sums


def _local(clock: npt.NDArray[np.datetime64], zone: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The slot of each hour by the zone's clock, and the number of its local day; an unheard-of zone is UTC."""
    try:
        local = pd.DatetimeIndex(clock).tz_localize("UTC").tz_convert(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local = pd.DatetimeIndex(clock).tz_localize("UTC")
    kind = np.maximum(local.day_of_week.to_numpy() - _FRIDAY, 0)
    dates = local.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
    return (kind * _HOURS + local.hour.to_numpy()).astype(np.int64), dates - dates.min(
        initial=dates[0] if len(dates) else 0
    )
