"""The days of a window as arrays of keys by 24 hours, beside their baselines: what the detectors of use work on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from detectors.baseline import Array, roots
from detectors.calibration import Tail
from detectors.columns import unpacked
from detectors.declare import Frames
from detectors.frames import FRAMES, HOURS
from detectors.shared.remember import remembered
from detectors.usual.baselines import days_of
from detectors.usual.grid import Grid, grid
from model.window import Window

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One UTC day of the keys that have a baseline for it; a key without one has no history to be judged by."""

    day: np.datetime64
    keys: list[str]
    passed: int
    """How many of its hours have passed; what is after them is not to be read."""
    calls: Array
    """Requests without those answered 401: keys by hours, 0 where none have passed."""
    sent: Array
    """Bytes."""
    failed: Array
    """The client's errors."""
    before: Array
    """The scores of calls in the last two hours of the day before."""
    rows: pd.DataFrame
    """The rows of `baselines`, in the order of `keys`."""

    def of(self, name: str) -> Array:
        """A column of the baselines: one number a key, or 24."""
        if FRAMES["baselines"].columns[name] == "hours":
            return unpacked(self.rows[name])
        return self.rows[name].to_numpy(dtype=np.float64)

    def each(self, name: str) -> Array:
        """A column of one number a key, to be compared with hours."""
        return self.of(name)[:, None]

    def tail(self, prefix: str = "") -> Tail:
        """The tail of each key's scores."""
        return Tail(self.each(f"{prefix}rate"), self.each(f"{prefix}mean"))

    @property
    def tests(self) -> float:
        """How many buckets are tested that day over all keys."""
        return 24.0 * max(1.0, float(self.rows["keys"].max()))

    def hour(self, place: int) -> datetime:
        """The beginning of an hour."""
        return datetime.fromisoformat(f"{self.day}T{place:02d}:00:00").replace(tzinfo=UTC)


def days(frames: Frames, window: Window, *, before: int = 0) -> Iterator[Day]:
    """The days of the window, from the one that it begins in; from the frames key_hours and baselines.

    With `before` the day before that comes first.
    """
    since = days_of(window)[0] + (1 - before) * _DAY
    yield from (day for day in _days(frames["key_hours"], frames["baselines"], window) if day.day >= since)


@remembered
def _days(key_hours: pd.DataFrame, baselines: pd.DataFrame, window: Window) -> list[Day]:
    """Those of the window, and the one before."""
    wanted = days_of(window)
    end = np.datetime64(pd.Timestamp(window.until).floor("h").tz_convert("UTC").tz_localize(None), "h")
    # An hour that has not passed is no bucket yet.
    use = grid(
        [key_hours[key_hours["hour"] < pd.Timestamp(window.until).floor("h")]], wanted[0] - _DAY, wanted[-1] + _DAY
    )
    dates = baselines["day"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    rows = {day: baselines[dates == day] for day in wanted}
    passed = {day: int(np.clip((end - day) / np.timedelta64(1, "h"), 0, HOURS)) for day in wanted}
    nothing = baselines.iloc[:0]
    return [_day(use, day, rows[day], rows.get(day - _DAY, nothing), passed[day]) for day in wanted if len(rows[day])]


def _day(use: Grid, day: np.datetime64, rows: pd.DataFrame, before: pd.DataFrame, passed: int) -> Day:
    places = pd.Index(use.keys, dtype=object).get_indexer(pd.Index(rows["key_ref"].astype(object)))
    calls, sent, failed = (_placed(array, places, use.span(day, 0, 1)) for array in (use.calls, use.sent, use.failed))
    yesterday = _placed(use.calls, places, use.span(day, -1, 0))[:, -2:]
    same = pd.Index(before["key_ref"].astype(object)).get_indexer(pd.Index(rows["key_ref"].astype(object)))
    centre, scale = (
        _placed(unpacked(before[name]), same, slice(HOURS - 2, HOURS), np.nan) for name in ("centre", "scale")
    )
    return Day(
        day=day,
        keys=[str(key) for key in rows["key_ref"]],
        passed=passed,
        calls=calls,
        sent=sent,
        failed=failed,
        before=(roots(yesterday) - centre) / scale,
        rows=rows,
    )


def _placed(array: Array, places: Array, columns: slice, missing: float = 0.0) -> Array:
    """The rows of an array at `places`, `missing` where there is none (-1)."""
    found = np.full((len(places), columns.stop - columns.start), missing, dtype=np.float64)
    found[places >= 0] = array[places[places >= 0], columns]
    return found


def with_yesterday(day: Day, before: Day | None, of: Callable[[Day], Array]) -> Array:
    """What `of` gives of a day (keys by 24 hours) after that of the day before; 0 for keys that this does not have."""
    today = of(day)
    if before is None:
        return np.hstack([np.zeros_like(today), today])
    places = pd.Index(before.keys, dtype=object).get_indexer(pd.Index(day.keys, dtype=object))
    return np.hstack([_placed(np.nan_to_num(of(before)), places, slice(0, HOURS)), today])


def lately(values: Array, hours: int) -> Array:
    """Sums of so many hours up to each of the last 24 of `values`; of fewer where these begin."""
    total = values.cumsum(axis=1)
    return np.asarray((total - np.pad(total, ((0, 0), (hours, 0)))[:, : total.shape[1]])[:, -HOURS:])
