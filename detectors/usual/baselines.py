"""The frame `baselines`: what the days before say about each key's day, so that a day is judged without them.

One row for a day and each key that was called in the 28 days before it, made of the 43 days before it and of nothing
later: levels rest on 28 days, the tails of scores on the levels of two weeks more. Whoever holds earlier rows hands
them over, so a new day costs one day's levels; the result is the same without them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array, roots, squared
from detectors.calibration import POOL_DAYS, Tail, fit_each
from detectors.columns import packed
from detectors.frames import HOURS
from detectors.usual import closing, falls, silences
from detectors.usual.grid import Grid, grid
from detectors.usual.levels import BLOCK, Level, level_columns, level_rows, levels, levels_in, live_on
from model.window import Window

HISTORY: Final = MEMORY + timedelta(days=POOL_DAYS + 1)
"""How many days before a day its baseline is made of."""

RESTLESS: Final = 128.0
"""A key that is used in fewer hours of the week than this rests at nights or weekends."""

_DAY: Final = np.timedelta64(1, "D")


def days_of(window: Window) -> list[np.datetime64]:
    """The days whose baselines judge a window: from the one before it begins to the one it ends in."""
    first = np.datetime64(window.since.astimezone(UTC).date(), "D") - _DAY
    last = np.datetime64((window.until.astimezone(UTC) - timedelta(microseconds=1)).date(), "D")
    return list(np.arange(first, last + _DAY))


def baselines_of(key_hours: pd.DataFrame, window: Window, zones: Mapping[str, str]) -> pd.DataFrame:
    """The frame `baselines` that judges a window, from the frame key_hours (conformed), as far as that reaches back."""
    day = key_hours["hour"].dt.floor("D").dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    days = [each for each in days_of(window) if len(day) and day.min() < each <= day.max() + MEMORY.days * _DAY]
    return baselines(key_hours, days, zones=zones)


def baselines(
    key_hours: pd.DataFrame, days: Sequence[np.datetime64], *, zones: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The frame `baselines` of `days` (whole UTC days) from the frame key_hours.

    `zones` says in which IANA time zone a key_ref's owner works; others work in UTC.
    """
    if not len(days):
        return make(grid([], np.datetime64("1970-01-01"), np.datetime64("1970-01-01")), [], zones={})
    first = min(days) - np.timedelta64(HISTORY.days, "D")
    return make(grid([key_hours], first, max(days)), days, zones=zones or {})


class Made(NamedTuple):
    """What was made of one day."""

    day: np.datetime64
    wanted: bool
    """Whether `rows` are those of the frame `baselines`; if not, they are the day's levels alone (`level_rows`)."""
    rows: pd.DataFrame


def make(
    hours: Grid,
    days: Sequence[np.datetime64],
    *,
    zones: Mapping[str, str],
    earlier: Iterable[pd.DataFrame] = (),
) -> pd.DataFrame:
    """As `baselines`, from a grid that begins 43 days before the first of `days`.

    `earlier` are rows made before, from the same use: their levels are not worked out again.
    """
    each = make_each(hours, days, zones=zones, earlier=earlier)
    parts = [made.rows for made in each if made.wanted and len(made.rows)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS])


def make_each(
    hours: Grid,
    days: Sequence[np.datetime64],
    *,
    zones: Mapping[str, str],
    earlier: Iterable[pd.DataFrame] = (),
) -> Iterator[Made]:
    """As `make`, day by day, with the levels of the days before that had to be made for it."""
    known, wanted = levels_in(hours, earlier), set(days)
    for day in sorted(days):
        for before in range(POOL_DAYS, -1, -1):
            each = day - before * _DAY
            if each not in known and (before == 0 or each >= hours.first):
                known[each] = levels(hours, each)
                if each not in wanted:
                    yield Made(each, wanted=False, rows=level_rows(hours, each, known[each]))
        for old in [each for each in known if each < day - POOL_DAYS * _DAY]:
            del known[old]
        yield Made(day, wanted=True, rows=_day(hours, day, known, zones))


def _day(
    hours: Grid, day: np.datetime64, known: Mapping[np.datetime64, Level], zones: Mapping[str, str]
) -> pd.DataFrame:
    """The rows of one day."""
    live = live_on(hours, day)
    if not len(live):
        return pd.DataFrame(columns=[*COLUMNS])
    pool = [day - before * _DAY for before in range(POOL_DAYS, 0, -1) if day - before * _DAY in known]
    blocks = [live[start : start + BLOCK] for start in range(0, len(live), BLOCK)]
    parts = [_alone(hours, day, block, _expected(block, known, pool), zones) for block in blocks]
    alone = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns: dict[str, Any] = {
        "day": pd.Timestamp(day).tz_localize("UTC"),
        "key_ref": [hours.keys[place] for place in live],
        "keys": len(live),
        **level_columns(known[day], live),
        **_tails(hours, live, known, pool),
        **falls.of_days(hours, live, known, pool, rests=alone["open_hours"] < RESTLESS),
        **alone,
    }
    return pd.DataFrame({name: _column(columns[name], len(live)) for name in COLUMNS})


def _alone(
    hours: Grid,
    day: np.datetime64,
    block: npt.NDArray[np.int64],
    expected: Array,
    zones: Mapping[str, str],
) -> dict[str, Array]:
    """The columns of a day that tell of each key by itself, of some keys; `expected` as in `silences.carried`."""
    past = hours.span(day, -MEMORY.days, 0)
    calls, sent, failed = (array[block, past] for array in (hours.calls, hours.sent, hours.failed))
    return {
        "highest": calls.max(axis=1),
        "sent_highest": sent.max(axis=1),
        "sent_highest_day": _by_day(sent).max(axis=1),
        "sent_a_call": _middle(calls, sent),
        "called": calls.sum(axis=1),
        "failed": failed.sum(axis=1),
        **silences.carried(hours, block, day, expected),
        **closing.learnt(hours, block, day, [zones.get(hours.keys[place], "UTC") for place in block]),
    }


def _column(value: Any, size: int) -> Any:  # noqa: ANN401 (a scalar, a list, or an array of one or two axes)
    if isinstance(value, np.ndarray) and value.ndim > 1:
        return packed(value)
    return value if isinstance(value, (list, np.ndarray)) else [value] * size


def _tails(
    hours: Grid, live: npt.NDArray[np.int64], known: Mapping[np.datetime64, Level], pool: list[np.datetime64]
) -> dict[str, Array]:
    """The tails of one hour's scores, of two hours of three, and of bytes; from the scores of the days `pool`."""
    called, sent = (_scores(hours, live, known, pool, which) for which in (0, 1))
    tails = {"": fit_each(called.T), "twice_": fit_each(two_of_three(called).T), "sent_": fit_each(sent.T)}
    return {f"{name}{part}": getattr(tail, part) for name, tail in tails.items() for part in Tail._fields}


def _scores(
    hours: Grid,
    live: npt.NDArray[np.int64],
    known: Mapping[np.datetime64, Level],
    pool: list[np.datetime64],
    which: int,
) -> Array:
    """The scores of calls (0) or bytes (1) over the days `pool`: keys by hours."""
    values = (hours.calls, hours.sent)[which]
    parts = []
    for day in pool:
        usual = known[day][which]
        parts.append((roots(values[live, hours.span(day, 0, 1)]) - usual.centre[live]) / usual.scale[live])
    return np.hstack(parts) if parts else np.empty((len(live), 0), dtype=np.float32)


def two_of_three(scores: Array) -> Array:
    """By hour the score that it and one of the two hours before it reach; NaN where there is none.

    Its tail is fitted by itself: two such hours are far rarer than one, and the line is for what is judged.
    """
    return np.asarray(np.fmin(scores, np.fmax(shifted(scores, 1), shifted(scores, 2))) + 0 * scores)


def shifted(values: Array, by: int) -> Array:
    """The values of `by` hours before (last axis); NaN where there are none."""
    missing = np.full((len(values), min(by, values.shape[1])), np.nan, dtype=values.dtype)
    return np.hstack([missing, values[:, : values.shape[1] - missing.shape[1]]])


def _expected(live: npt.NDArray[np.int64], known: Mapping[np.datetime64, Level], pool: list[np.datetime64]) -> Array:
    """The calls that the hours of the days `pool` expected: keys by hours."""
    parts = [squared(known[day].calls.centre[live]) for day in pool]
    return np.hstack(parts) if parts else np.empty((len(live), 0), dtype=np.float32)


def _middle(calls: Array, sent: Array) -> Array:
    """The median of the bytes a call of a key's hours with calls."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(falls.middle(np.where(calls > 0, sent / calls, np.nan)))


def _by_day(values: Array) -> Array:
    """Sums of each whole day, counted from the end."""
    whole = values.shape[1] // HOURS * HOURS
    days = values[:, values.shape[1] - whole :].reshape(len(values), -1, HOURS).sum(axis=2)
    return days if days.shape[1] else np.zeros((len(values), 1), dtype=values.dtype)


COLUMNS: Final = (
    "day",
    "key_ref",
    "keys",
    "centre",
    "scale",
    "rate",
    "mean",
    "twice_rate",
    "twice_mean",
    "highest",
    "sent_centre",
    "sent_scale",
    "sent_rate",
    "sent_mean",
    "sent_highest",
    "sent_highest_day",
    "sent_a_call",
    "called",
    "failed",
    "day_spread",
    "day_rate",
    "day_mean",
    "day_fallen",
    "days",
    *silences.COLUMNS,
    *closing.COLUMNS,
)
