"""When a key is due to call, and what a silence had come to at midnight: the part of a baseline that flatline reads.

An hour is **due** when the key had calls in at least 95 % of the same hours of its four weeks (of weekdays, or of
weekends; at least four of them, or two of each kind if it was there on all days of a week), from its first call to
its last: the silence that it may be in is not counted, or nothing would be due any more after two days of it. 95 % is
what chance gives 3 calls an hour; a job that runs once a night is due in one hour of the day. Of a key that called in
95 % of all hours of four days at least, those of its first weekend are due as well.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.baseline import MEMORY, Array
from detectors.calibration import POOL_DAYS
from detectors.usual.grid import Grid

COLUMNS: Final = (
    "due",
    "due_missed",
    "due_hours",
    "worst_missing",
    "worst_due",
    "worst_hours",
    "silent_missing",
    "silent_due",
    "silent_hours",
)
_REGULAR: Final = 0.95
_FEWEST: Final = 4
_TWO: Final = 2
_WEEK: Final = 7
_HOURS: Final = 24
_DAY: Final = np.timedelta64(1, "D")
_SATURDAY: Final = 5


def carried(hours: Grid, live: npt.NDArray[np.int64], day: np.datetime64, expected: Array) -> dict[str, Array]:
    """The columns COLUMNS of a day for the keys `live`; `expected` is what the hours before it did (keys by hours)."""
    past = hours.span(day, -POOL_DAYS, 0)
    calls = hours.calls[live, past]
    today = _due(hours, live, day)
    due = [_due(hours, live, day - before * _DAY) for before in range(calls.shape[1] // _HOURS, 0, -1)]
    flags = np.hstack(due).astype(np.float32) if due else np.zeros_like(calls)
    missing = np.zeros_like(flags)
    reach = min(flags.shape[1], expected.shape[1])
    if reach:
        missing[:, -reach:] = flags[:, -reach:] * np.nan_to_num(expected[:, -reach:])
    # A silence that was there when the two weeks began is of unknown length; of a new key it is none.
    silent = (calls <= 0) & np.logical_or.accumulate(calls > 0, axis=1)
    running = [since_last_call(np.where(silent, each, 0), silent) for each in (missing, flags, silent * 1.0)]
    worst = [_ended(calls, each) for each in running]
    last = [each[:, -1] if each.shape[1] else np.zeros(len(live)) for each in running]
    # What was due by what was known then: hours chosen for having been regular say too little of how regular they are.
    known = flags * np.logical_or.accumulate(calls > 0, axis=1)
    held, missed = known.sum(axis=1) - last[1], (known * (calls <= 0)).sum(axis=1) - last[1]
    # A key that hardly ever rests has all its hours to show, and none of them was chosen.
    count, quiet = _all_hours(hours.calls[live, hours.span(day, -MEMORY.days, 0)])
    restless = (quiet <= (1 - _REGULAR) * count) & (count > held)
    held, missed = np.where(restless, count, held), np.where(restless, quiet, missed)
    columns = [today.astype(np.float32), missed, held, *worst, *last]
    return dict(zip(COLUMNS, columns, strict=True))


def _all_hours(calls: Array) -> tuple[Array, Array]:
    """How many hours there are from a key's first to its last call, and how many of them were silent."""
    number = np.arange(calls.shape[1])
    first = np.argmax(calls > 0, axis=1)
    last = calls.shape[1] - 1 - np.argmax(calls[:, ::-1] > 0, axis=1)
    within = (number >= first[:, None]) & (number <= last[:, None])
    return within.sum(axis=1), (within & (calls <= 0)).sum(axis=1)


def since_last_call(values: Array, silent: npt.NDArray[np.bool_]) -> Array:
    """The running sum along the last axis, begun anew at each hour with calls."""
    total = values.cumsum(axis=1)
    return np.asarray(total - np.maximum.accumulate(np.where(silent, 0.0, total), axis=1))


def _ended(calls: Array, running: Array) -> Array:
    """The most that a silence had come to when calls ended it."""
    before = np.hstack([np.zeros((len(calls), 1)), running[:, :-1]]) if running.shape[1] else running
    return np.asarray(np.where(calls > 0, before, 0.0).max(axis=1, initial=0.0))


def _due(hours: Grid, live: npt.NDArray[np.int64], day: np.datetime64) -> npt.NDArray[np.bool_]:
    """Which hours of a day are due: keys by hours."""
    past = hours.span(day, -MEMORY.days, 0)
    calls = hours.calls[live, past] > 0
    days = calls.shape[1] // _HOURS
    number = np.arange(calls.shape[1])
    last = np.where(calls.any(axis=1), calls.shape[1] - 1 - np.argmax(calls[:, ::-1], axis=1), -1)
    counted = np.maximum.accumulate(calls, axis=1) & (number[None] <= last[:, None])
    like = [_weekend(day - (days - each) * _DAY) == _weekend(day) for each in range(days)]
    by_day, of_day = (each.reshape(len(live), days, _HOURS) for each in (calls, counted))
    present, held = (each[:, like].sum(axis=1, dtype=np.float32) for each in (by_day, of_day))
    present_all, held_all = (each.sum(axis=1, dtype=np.float32) for each in (by_day, of_day))
    due = (held >= _FEWEST) & (present >= _REGULAR * held)
    always = (held_all >= _WEEK) & (present_all >= _REGULAR * held_all)
    due |= always & (held >= _TWO) & (present == held)
    untold = ~np.any(like) | (held.max(axis=1, initial=0) == 0)
    restless = present_all.sum(axis=1) >= _REGULAR * np.maximum(held_all.sum(axis=1), _FEWEST * _HOURS)
    due |= (untold & restless)[:, None]
    return np.asarray(due, dtype=np.bool_)


def _weekend(day: np.datetime64) -> bool:
    return int((day.astype("datetime64[D]").astype(np.int64) + 3) % 7) >= _SATURDAY
