"""off-hours: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from detectors.baseline import Array
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.usual.day import Day, days
from detectors.usual.peers import many_at_once
from model.finding import Severity
from model.window import Window

_SPAN: Final = 6
_OWN_WORST: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its thresholds."""

    share: float = 0.95
    """Which share of four weeks' calls must lie within the key's hours."""
    open: int = 110
    """In how many hours of a week, at most, the key may be used."""
    days: int = 4
    """How many days its history must have, to be told as low (the first ten know of no weekends),"""
    settled: int = 21
    """and to be told as medium."""
    requests: int = 20
    """How many calls outside its hours are too many."""
    many: float = 5.0
    """How many times as many are worth a look today."""


@detector(
    id="off-hours",
    severity=Severity.LOW,
    kind="rule",
    frames=("key_hours", "baselines", "key_refs"),
    settings=Settings,
    quiet=timedelta(hours=12),
    bucket=HOUR,
    attack=("T1078.004",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key is used outside its hours.

    A key's hours are those of working days, of Saturday and of Sunday in which it was used on a tenth of such days
    of four weeks (two at least), and an hour around, by its owner's clock. Of four days at least, 95 % of its calls
    lie in them (until ten days are known, in those of any day), and they are at most 110 hours a week. It fires at
    20 calls outside within six hours, three times the most of any day before; five times as many are medium, of a
    key that is known for three weeks.

    Why it matters: who has stolen an office's key uses it at night, when nobody looks.

    False alarms: overtime, a deadline, a job that was moved, somebody on a journey. When three like keys, and a third
    of them, are used outside at once, it is about none of them.

    What to do: ask the owner whether somebody worked then. See whether address and client are the usual ones.
    """
    before, rows = None, []
    for day in days(frames, window, before=1):
        rows += list(_of(day, before, frames, settings))
        before = day
    return to_frame(rows)


def _of(day: Day, before: Day | None, frames: Frames, settings: Settings) -> Iterator[Scored]:
    outside = _outside(day)
    lately = np.hstack([_yesterday(day, before), outside]).cumsum(axis=1)
    lately = (lately - np.pad(lately, ((0, 0), (_SPAN, 0)))[:, :-_SPAN])[:, _SPAN - 1 :]
    limit = np.maximum(settings.requests, _OWN_WORST * day.of("outside_worst"))[:, None]
    tidy = (day.of("open_share") >= settings.share) & (day.of("open_hours") <= settings.open)
    settled = (tidy & (day.of("age") >= settings.days))[:, None]
    scores = np.where(settled & (outside > 0), lately / limit, 0.0)
    alone = ~many_at_once(day, hit=lately >= settings.requests / 2, regular=settled, frames=frames)
    for k, t in zip(*np.nonzero((scores * alone)[:, : day.passed] >= 1), strict=True):
        yield _row(day, int(k), int(t), lately=int(lately[k, t]), score=float(scores[k, t]), settings=settings)


def _outside(day: Day) -> Array:
    return np.where(day.of("open") > 0, 0.0, day.calls)


def _yesterday(day: Day, before: Day | None) -> Array:
    """The calls outside hours in the last hours of the day before."""
    last = np.zeros((len(day.keys), _SPAN - 1))
    if before is not None:
        places = pd.Index(before.keys).get_indexer(pd.Index(day.keys))
        last[places >= 0] = _outside(before)[places[places >= 0], -(_SPAN - 1) :]
    return last


def _row(day: Day, k: int, t: int, *, lately: int, score: float, settings: Settings) -> Scored:
    bucket = day.hour(t)
    return Scored(
        bucket=bucket,
        subject=f"key:{day.keys[k]}",
        key_ref=day.keys[k],
        score=score,
        severity=Severity.MEDIUM if score >= settings.many and day.of("age")[k] >= settings.settled else None,
        count=int(day.calls[k, t]),
        first_seen=bucket,
        last_seen=bucket + HOUR,
        title="Key {key} is used outside its hours",
        summary=f"{lately:,} calls in the six hours to {bucket + HOUR:%Y-%m-%d %H:%M} UTC, outside the hours in which "
        f"{day.of('open_share')[k]:.0%} of its calls of four weeks were made "
        f"({day.of('open_hours')[k]:.0f} hours a week).",
        detail={"outside": lately, "open_hours": int(day.of("open_hours")[k])},
    )
