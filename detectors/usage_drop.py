"""usage-drop: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from detectors.baseline import Array, squared
from detectors.calibration import Tail
from detectors.day import Day, days
from detectors.declare import DAY, HOUR, Frames, detector
from detectors.peers import many_at_once
from detectors.scores import Scored, to_frame
from detectors.reached import told_until
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    part: float = 0.35
    """To which part of the expected calls the day and the one before must have fallen."""
    missing: int = 100
    """How many expected calls must be missing in the day."""
    days: int = 10
    """How many days its history must have."""


@detector(
    id="usage-drop",
    severity=Severity.LOW,
    kind="statistical",
    frames=("key_hours", "baselines", "key_refs", "sources", "telemetry"),
    settings=Settings,
    quiet=timedelta(days=3),
    bucket=DAY,
    attack=("T1489", "T1562"),
    owasp=("API2:2023",),
    controls=("A1.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key's use has fallen to a part and stays there.

    The calls of a day are at most 35 % of what its hours expect, those of the day before too, and 100 are missing. How
    likely that is says the spread of the logarithm of the key's own days over two weeks (at least 0.15), with a
    tail fitted over all keys; it must be the lowest of those days by far. A key that is wholly silent is told by
    flatline.

    Why it matters: part of a system has stopped or moved to another key, a limit or a block bites, or somebody took a
    share of the traffic elsewhere.

    False alarms: holidays and ends of campaigns. A fall of three like keys and a third of all at once is none of a
    single key, and while a source is late nothing is judged.

    What to do: ask the owner what changed. Look which addresses and routes are missing, and whether another key took
    them over.
    """
    told, before = told_until(frames), None
    rows = []
    for day in days(frames, window, before=1):
        if before is not None and day.passed == day.calls.shape[1] and told is not None and day.hour(23) + HOUR <= told:
            rows += list(_of(day, before, frames, settings))
        before = day
    return to_frame(rows)


def _of(day: Day, before: Day, frames: Frames, settings: Settings) -> Iterator[Scored]:
    expected, total, fallen = _fallen(day)
    earlier = dict(zip(before.keys, _fallen(before)[2], strict=True))
    again = np.array([earlier.get(key, -np.inf) for key in day.keys])
    least = np.log(1 / settings.part)
    low = (fallen >= least) & (total > 0)
    regular = (expected >= settings.missing) & (day.of("days") >= settings.days)
    many = many_at_once(day, hit=(fallen >= least / 2)[:, None], regular=regular[:, None], frames=frames)[:, 0]
    # The days before are in the two weeks: the day before this one may be as low, and none else.
    fires = low & (again >= least) & (expected - total >= settings.missing) & regular & ~many
    p = Tail(day.of("day_rate"), day.of("day_mean")).p(np.minimum(fallen, again) / day.of("day_spread"))
    for k in np.flatnonzero(fires & (p < 1)):
        yield _row(day, int(k), float(expected[k]), float(p[k]))


def _fallen(day: Day) -> tuple[Array, Array, Array]:
    """What the day's hours expect, the calls that it had, and the logarithm of the one by the other."""
    expected = np.nansum(squared(day.of("centre")), axis=1)
    total = day.calls.sum(axis=1)
    return expected, total, np.log((expected + 1) / (total + 1))


def _row(day: Day, k: int, expected: float, p: float) -> Scored:
    calls, bucket = int(day.calls[k].sum()), day.hour(0)
    return Scored(
        bucket=bucket,
        subject=f"key:{day.keys[k]}",
        key_ref=day.keys[k],
        score=float(np.log((expected + 1) / (calls + 1)) / day.of("day_spread")[k]),
        p=p,
        tests=day.tests / 24,
        count=calls,
        first_seen=bucket,
        last_seen=bucket + DAY,
        title="Key {key} is used far less than usual",
        summary=f"{calls:,} calls on {bucket:%Y-%m-%d} (UTC) where about {expected:,.0f} were expected, "
        "and as few the day before.",
        detail={"calls": calls, "expected": round(expected, 1)},
    )
