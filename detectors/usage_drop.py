"""usage-drop: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import Array, squared
from detectors.declare import DAY, HOUR, Frames, detector
from detectors.frames import HOURS
from detectors.scores import Scored, to_frame
from detectors.shared.reached import told_until
from detectors.usual.baselines import RESTLESS
from detectors.usual.day import Day, days, lately, with_yesterday
from detectors.usual.falls import common_fall
from detectors.usual.peers import many_at_once
from model.finding import Severity
from model.window import Window

_HALF: Final = 10.0
_LONE: Final = 0.01  # of the expected calls: with fewer a key is silent, whatever came now and then
_EXPECTS: Final = 0.5  # calls an hour
_SPREAD: Final = 0.6  # of the hours that so many calls would fall into
_INDEPENDENT: Final = 3  # tests a day: sums of 24 hours that slide by one are much alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    part: float = 0.4
    """To which part of the expected calls those of 24 hours, and of the last 12, must have fallen."""
    missing: int = 60
    """How many expected calls must be missing."""
    days: int = 10
    """How many days its history must have;"""
    young: int = 4
    """of a key with so many, besides the first three,"""
    wide: float = 0.2
    """its days are taken to differ by so much at least: few days are no proof of calm ones."""
    half: float = 0.2
    """The last 12 hours are enough by themselves if they have fallen to this part."""


@detector(
    id="usage-drop",
    severity=Severity.LOW,
    kind="statistical",
    frames=("key_hours", "baselines", "keys", "key_refs", "sources", "telemetry"),
    settings=Settings,
    quiet=timedelta(hours=12),
    bucket=HOUR,
    waits=True,
    attack=("T1489", "T1562"),
    owasp=("API2:2023",),
    controls=("A1.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key's use has fallen to a part and stays there.

    The calls of 24 hours are at most 40 % of what these hours expect, those of the last 12 too, and 60 are missing; or
    those of the last 12 are at most 20 %. How likely that is says the spread of the logarithm of the key's own days
    over two weeks (at least 0.15, and 0.2 while fewer than ten are known), with a tail fitted over all keys; by how
    much most keys fell at once (a gap in the log) is taken off. A key that stood still for part of the day only is told
    by flatline. Of a key that rests at nights or weekends it is a remark: it may be a holiday.

    Why it matters: part of a system has stopped or moved to another key, a limit or a block bites, or somebody took a
    share of the traffic elsewhere.

    False alarms: holidays and ends of campaigns. A fall of three like keys and a third of all at once is none of a
    single key, and while a source is late nothing is judged.

    What to do: ask the owner what changed. Look which addresses and routes are missing, and whether another key
    took them over.
    """
    told, before, rows = told_until(frames), None, []
    for day in days(frames, window, before=1):
        if before is not None and told is not None:
            rows += list(_of(day, before, frames, told, settings))
        before = day
    return to_frame(rows)


class _Fallen(NamedTuple):
    """Keys by hours."""

    expected: Array
    """What the 24 hours to an hour's end expect."""
    calls: Array
    spread: npt.NDArray[np.bool_]
    """Whether they are spread over the day, as after a fall, and do not stand beside a silence."""
    by: Array
    """The logarithm of expected by calls; the lesser of that of 24 hours and of 12, or what 12 say by themselves."""


def _of(day: Day, before: Day, frames: Frames, told: pd.Timestamp, settings: Settings) -> Iterator[Scored]:
    fallen = _fallen(day, before, settings)
    least = np.log(1 / settings.part)
    regular = (fallen.expected >= settings.missing) & (day.each("days") >= settings.young)
    spread = np.where(day.each("days") >= settings.days, 0.0, settings.wide)
    by = fallen.by - common_fall(np.where(regular, fallen.by, np.nan))
    many = many_at_once(day, hit=by >= least / 2, regular=regular, frames=frames)
    missing = fallen.expected - fallen.calls >= settings.missing
    fires = (by >= least) & fallen.spread & missing & regular & ~many
    p = day.tail("day_").p(by / np.maximum(day.each("day_spread"), spread))
    replaced = _replaced(frames)
    for k, t in zip(*np.nonzero((fires & (p < 1))[:, : day.passed]), strict=True):
        if day.hour(t) + HOUR <= told and day.keys[k] not in replaced:
            yield _row(day, fallen, int(k), int(t), float(p[k, t]))


def _replaced(frames: Frames) -> set[str]:
    """The references of keys that have a successor: it is right that they are used less."""
    ended = frames["keys"].loc[frames["keys"]["successor"].notna(), "key_id"]
    return set(frames["key_refs"].loc[frames["key_refs"]["key_id"].isin(set(ended.dropna())), "key_ref"].dropna())


def _fallen(day: Day, before: Day, settings: Settings) -> _Fallen:
    expected = np.nan_to_num(with_yesterday(day, before, lambda each: squared(each.of("centre"))))
    calls = with_yesterday(day, before, lambda each: each.calls)
    (due, had), (due_half, half) = ((lately(expected, hours), lately(calls, hours)) for hours in (24, 12))
    by = np.log((due + 1) / (had + 1))
    # Half a day at which little is due (a night) says nothing of its own.
    by_half = np.where(due_half >= _HALF, np.log((due_half + 1) / (half + 1)), by)
    spread = _spread(expected, calls, 24)
    spread &= (had >= _LONE * due) & ((half > 0) | (due_half < _HALF))
    # So far as half a day's fall goes beyond what is asked of it alone, it goes beyond what is asked of both.
    lasts = (due_half - half >= settings.missing) & _spread(expected, calls, 12)
    alone = np.where(lasts, by_half - np.log(settings.part / settings.half), -np.inf)
    return _Fallen(due, had, spread, np.maximum(np.minimum(by, by_half), alone))


def _spread(expected: Array, calls: Array, hours: int) -> npt.NDArray[np.bool_]:
    """Whether so many hours have calls as would if these came at random in those that expect some."""
    had, due = lately(calls, hours), np.maximum(lately((expected >= _EXPECTS) * 1.0, hours), 1.0)
    random = due * -np.expm1(-had / due)
    return np.asarray((lately((calls > 0) * 1.0, hours) >= _SPREAD * random) & (had > 0))


def _row(day: Day, fallen: _Fallen, k: int, t: int, p: float) -> Scored:
    bucket, calls, expected = day.hour(t), int(fallen.calls[k, t]), float(fallen.expected[k, t])
    return Scored(
        bucket=bucket,
        subject=f"key:{day.keys[k]}",
        key_ref=day.keys[k],
        score=float(fallen.by[k, t] / day.of("day_spread")[k]),
        p=p,
        tests=day.tests * _INDEPENDENT / HOURS,
        count=int(day.calls[k, t]),
        first_seen=bucket + HOUR - DAY,
        last_seen=bucket + HOUR,
        severity=Severity.INFO if day.of("open_hours")[k] < RESTLESS else None,
        title="Key {key} is used far less than usual",
        summary=f"{calls:,} calls in the 24 hours to {bucket + HOUR:%Y-%m-%d %H:%M} UTC, "
        f"where about {expected:,.0f} were expected.",
        detail={"calls": calls, "expected": round(expected, 1)},
    )
