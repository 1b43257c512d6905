"""volume-spike: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array, Levels
from detectors.calibration import POOL_DAYS, fit_each
from detectors.declare import HOUR, Frames, detector
from detectors.hourly import Hourly, hourly, keys_a_day
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    times: float = 3.0
    """How many times the expected calls an hour must have."""
    more: int = 50
    """How many calls beyond the expected it and the two hours before it must have together."""
    alone: float = 10.0
    """How many times the expected calls make one hour enough by itself."""


class _Hours(NamedTuple):
    """Arrays of hours by keys."""

    p: Array
    """How likely a harmless hour is to be this high; 1 without the minimum effect."""
    tests: Array
    """By hour: how many buckets are tested that day."""


@detector(
    id="volume-spike",
    severity=Severity.MEDIUM,
    kind="statistical",
    frames=("key_hours",),
    settings=Settings,
    quiet=timedelta(hours=3),
    bucket=HOUR,
    attack=("T1499.003", "T1078.004"),
    owasp=("API4:2023",),
    controls=("CC7.2", "A1.1"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key is used far more than usual.

    The calls of an hour (without those answered 401) against the key's own baseline, in two of three hours, at the
    p-value that the budget allows, at least 3 times the expected and 50 more. One hour is enough by itself if it is
    10 times the expected, twice the key's highest hour of 28 days, and a thousandth as likely. How likely is said by
    such scores of all keys over two weeks; a key that often bursts is judged by its own.

    Why it matters: a stolen key is used in bulk, a loop runs wild, or somebody copies everything that the key can
    read.

    False alarms: a backfill, a launch, a load test; a key whose work comes in bursts, until it has shown a few of
    them; one with rare big batches, until four weeks have shown them.

    What to do: see which routes and addresses the calls come from. If they are the usual ones, ask the owner; if
    not, treat it as a leaked key: rotate it, and list what was read.
    """
    hours = hourly(frames["key_hours"], window)
    if hours is None:
        return to_frame([])
    usual = hours.levels()
    judged = _judge(hours, usual, settings)
    places = zip(*np.nonzero(judged.p < 1), strict=True)
    return to_frame(_row(hours, usual, judged, int(t), int(k)) for t, k in places)


def _judge(hours: Hourly, usual: Levels, settings: Settings) -> _Hours:
    calls, expected = hours.calls, np.nan_to_num(usual.expected, nan=np.inf)
    enough = (calls >= settings.times * expected) & (_three_hours(calls - expected) >= settings.more)
    alone = enough & (calls >= settings.alone * expected) & (calls >= 2 * _highest_before(hours))
    twice = _two_of_three(np.where(enough, usual.score, np.nan))
    p, tests = np.ones_like(calls), np.ones(len(calls))
    for day in np.unique(hours.days):
        today, past = hours.span(day, 0, 1), usual.score[hours.span(day, -POOL_DAYS, 0)]
        single = np.where(alone[today], fit_each(past).p(usual.score[today]) * 1000, 1.0)
        p[today] = np.minimum(single, fit_each(_two_of_three(past)).p(twice[today]))
        tests[today] = keys_a_day(hours, day) * 24
    return _Hours(p, tests)


def _two_of_three(scores: Array) -> Array:
    """By hour the score that it and one of the two hours before it reach; NaN where there is none.

    Its tail is fitted by itself: two such hours are far rarer than one, and the line is for what is judged.
    """
    earlier = np.fmax(_shifted(scores, 1), _shifted(scores, 2))
    return np.minimum(scores, earlier)


def _three_hours(excess: Array) -> Array:
    """By hour the calls beyond the expected, of it and the two hours before it; an hour with fewer counts as none."""
    beyond = np.maximum(excess, 0.0)
    return beyond + np.nan_to_num(_shifted(beyond, 1)) + np.nan_to_num(_shifted(beyond, 2))


def _shifted(values: Array, by: int) -> Array:
    """The values of `by` hours before; NaN where there are none."""
    return np.vstack([np.full((min(by, len(values)), values.shape[1]), np.nan), values[:-by]])


def _highest_before(hours: Hourly) -> Array:
    """By hour and key the most calls that an hour of the 28 days before its day had."""
    highest = np.zeros_like(hours.calls)
    for day in np.unique(hours.days):
        past: npt.NDArray[np.float64] = hours.calls[hours.span(day, -MEMORY.days, 0)]
        highest[hours.span(day, 0, 1)] = past.max(axis=0, initial=0.0)
    return highest


def _row(hours: Hourly, usual: Levels, judged: _Hours, t: int, k: int) -> Scored:
    calls, expected = hours.calls[t, k], usual.expected[t, k]
    times = f"{calls / expected:.0f} times as many as usual" if expected >= 1 else "where there are usually none"
    bucket = moment(hours.index[t])
    return Scored(
        bucket=bucket,
        subject=f"key:{hours.keys[k]}",
        key_ref=hours.keys[k],
        score=float(usual.score[t, k]),
        p=float(judged.p[t, k]),
        tests=float(judged.tests[t]),
        count=int(calls),
        first_seen=bucket,
        last_seen=bucket + HOUR,
        title="{count} calls with key {key}, far more than usual",
        summary=f"In the hour from {bucket:%Y-%m-%d %H:%M} UTC it made {calls:,.0f} calls, {times} "
        f"(expected {expected:,.0f}, at most {usual.high[t, k]:,.0f}).",
        detail={"calls": int(calls), "expected": round(float(expected), 1), "high": round(float(usual.high[t, k]), 1)},
    )
