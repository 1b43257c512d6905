"""volume-spike: see the docstring of `score`."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import Array, roots, squared
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.usual.baselines import shifted, two_of_three
from detectors.usual.day import Day, days, lately, with_yesterday
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    times: float = 3.0
    """How many times the expected calls an hour must have."""
    more: int = 50
    """How many calls beyond the expected it and the two hours before it must have together."""
    alone: float = 4.0
    """How many times the expected calls make one hour enough by itself."""
    unknown: float = 20.0
    """For a key with less than three days of history, and one at least: how many times its highest hour,"""
    many: int = 200
    """and how many calls."""
    medium: int = 200
    """With fewer calls beyond the expected, of the hour and the two before it, it is low."""
    lasting: float = 2.5
    """Over four hours so many times the expected calls are low,"""
    each: float = 1.5
    """if each of the four has so many times as many,"""
    sigmas: float = 3.0
    """and so far they lie, in the middle, from what the key's own hours spread."""


_HIGHEST: Final = 2.0
_ALONE: Final = 30.0
_BAND: Final = 3.0
_FEWEST: Final = 20  # calls that a new key must have made
_FAR: Final = 1e-9
_FAR_OUT: Final = 20.0
_FOUR: Final = 4
_SURE: Final = 1e-5
"""What is told of by itself under any budget of a few false alarms a day."""


@detector(
    id="volume-spike",
    severity=Severity.MEDIUM,
    kind="statistical",
    frames=("key_hours", "baselines"),
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
    such scores of all keys over two weeks; a key that often bursts is judged by its own. A key of less than three days
    has no baseline yet: 200 calls and 20 times its highest hour are told. Low below 200 calls more than expected in
    three hours, for nobody takes much with so few, and where no hour is above the key's highest of 28 days: so much it
    has done before. Low, too, are four hours with 2.5 times the expected calls together, 1.5
    times in each, and more than half of what four of its highest hours would have.

    Why it matters: a stolen key is used in bulk, a loop runs wild, or somebody copies everything that the key can
    read.

    False alarms: a backfill, a launch, a load test; a key whose work comes in bursts, until it has shown a few of
    them; one with rare big batches, until four weeks have shown them.

    What to do: see which routes and addresses the calls come from. If they are the usual ones, ask the owner; if
    not, treat it as a leaked key: rotate it, and list what was read.
    """
    before, rows = None, []
    for day in days(frames, window, before=1):
        rows += list(_of(day, before, settings))
        before = day
    return to_frame(rows)


def _of(day: Day, before: Day | None, settings: Settings) -> Iterator[Scored]:
    expected, scores = squared(day.of("centre")), _scores(day)
    p = _judge(day, expected, scores, settings)
    # Of a new key its highest hour stands for both.
    highest, new = np.broadcast_to(day.each("highest"), expected.shape), np.isnan(expected)
    high = np.where(new, highest, squared(day.of("centre") + _BAND * day.of("scale")))
    expected, scores = np.where(new, highest, expected), np.where(new, _FAR_OUT, scores)
    few = _three_hours(day.calls - expected) < settings.medium
    few |= ~new & (_of_three(day.calls) <= day.each("highest"))
    lasts = ~new & _lasting(day, before, settings)
    few |= lasts & (p > _SURE)
    p = np.where(lasts, np.minimum(p, _FAR), p)
    for k, t in zip(*np.nonzero(p[:, : day.passed] < 1), strict=True):
        row = _row(day, int(k), int(t), usual=(expected[k, t], high[k, t]), score=scores[k, t], p=p[k, t])
        yield dataclasses.replace(row, severity=Severity.LOW) if few[k, t] else row


def _judge(day: Day, expected: Array, scores: Array, settings: Settings) -> Array:
    """How likely a harmless hour is to be this high: keys by hours; 1 without the minimum effect."""
    calls = np.nan_to_num(expected, nan=np.inf)
    enough = (day.calls >= settings.times * calls) & (_three_hours(day.calls - calls) >= settings.more)
    alone = enough & (day.calls >= settings.alone * calls) & (day.calls >= _HIGHEST * day.each("highest"))
    single = np.where(alone, day.tail().p(scores) * _ALONE, 1.0)
    # The hours before count with their scores, whether or not they have the minimum effect too.
    twice = two_of_three(np.hstack([day.before, scores]))[:, 2:]
    known = np.minimum(single, np.where(enough, day.tail("twice_").p(twice), 1.0))
    new = np.isnan(expected) & (day.each("age") > 1) & (day.each("called") >= _FEWEST)
    new &= (day.calls >= settings.many) & (day.calls >= settings.unknown * day.each("highest"))
    return np.where(new, _FAR, known)


def _scores(day: Day) -> Array:
    return np.asarray((roots(day.calls) - day.of("centre")) / day.of("scale"))


def _lasting(day: Day, before: Day | None, settings: Settings) -> npt.NDArray[np.bool_]:
    """Where the calls have been many for four hours, and none of these by itself is beyond the line."""
    calls = with_yesterday(day, before, lambda each: each.calls)
    due = np.nan_to_num(with_yesterday(day, before, lambda each: squared(each.of("centre"))))
    far = np.nan_to_num(with_yesterday(day, before, _scores))
    many = lately((due > 0) & (calls >= settings.each * due), _FOUR) >= _FOUR
    calls, due = lately(calls, _FOUR), lately(due, _FOUR)
    enough = (
        (calls >= settings.lasting * due) & (calls - due >= settings.more) & (calls > _FOUR / 2 * day.each("highest"))
    )
    return np.asarray(many & enough & (lately(far, _FOUR) >= _FOUR * settings.sigmas))


def _three_hours(excess: Array) -> Array:
    """By hour the calls beyond the expected, of it and the two hours of the day before it."""
    beyond = np.maximum(excess, 0.0)
    return np.asarray(beyond + np.nan_to_num(shifted(beyond, 1)) + np.nan_to_num(shifted(beyond, 2)))


def _of_three(calls: Array) -> Array:
    """By hour the most calls of it and the two hours of the day before it."""
    return np.fmax(calls, np.fmax(shifted(calls, 1), shifted(calls, 2)))


def _row(day: Day, k: int, t: int, *, usual: tuple[float, float], score: float, p: float) -> Scored:
    (expected, high), calls, bucket = usual, float(day.calls[k, t]), day.hour(t)
    times = f"{calls / expected:.0f} times as many as usual" if expected >= 1 else "where there are usually none"
    return Scored(
        bucket=bucket,
        subject=f"key:{day.keys[k]}",
        key_ref=day.keys[k],
        score=float(score),
        p=float(p),
        tests=day.tests,
        count=int(calls),
        first_seen=bucket,
        last_seen=bucket + HOUR,
        title="{count} calls with key {key}, far more than usual",
        summary=f"In the hour from {bucket:%Y-%m-%d %H:%M} UTC it made {calls:,.0f} calls, {times} "
        f"(expected {expected:,.0f}, at most {high:,.0f}).",
        detail={"calls": int(calls), "expected": round(float(expected), 1), "high": round(float(high), 1)},
    )
