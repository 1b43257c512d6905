"""volume-spike: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array, Levels
from detectors.calibration import POOL_DAYS, fit
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
    """How many calls beyond the expected an hour must have."""
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
    10 times the expected, twice the key's highest hour of 28 days, and a thousandth as likely.

    Why it matters: a stolen key is used in bulk, a loop runs wild, or somebody copies everything that the key can
    read.

    False alarms: a backfill, a launch, a load test; a key whose work comes in rare big batches, until four weeks
    have shown them.

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
    p, tests = _calibrated(hours, usual.score)
    calls, expected = hours.calls, np.nan_to_num(usual.expected, nan=np.inf)
    enough = (calls >= settings.times * expected) & (calls >= expected + settings.more)
    p = np.where(enough, p, 1.0)
    earlier = np.minimum(_shifted(p, 1), _shifted(p, 2))
    alone = (calls >= settings.alone * expected) & (calls >= 2 * _highest_before(hours))
    single = np.where(alone, np.minimum(1.0, p * 1000), 1.0)
    return _Hours(np.minimum(np.maximum(p, earlier), single), tests)


def _calibrated(hours: Hourly, scores: Array) -> tuple[Array, Array]:
    """The p-value of each score from the scores of all keys over the two weeks before its day; and the day's tests."""
    p, tests = np.ones_like(scores), np.ones(len(scores))
    for day in np.unique(hours.days):
        today = hours.span(day, 0, 1)
        p[today] = fit(scores[hours.span(day, -POOL_DAYS, 0)]).p(scores[today])
        tests[today] = keys_a_day(hours, day) * 24
    return p, tests


def _shifted(p: Array, by: int) -> Array:
    """The values of `by` hours before; 1 where there are none."""
    return np.vstack([np.ones((min(by, len(p)), p.shape[1])), p[:-by]])


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
