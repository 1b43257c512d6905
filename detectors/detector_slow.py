"""detector-slow: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from model.finding import Severity
from model.window import Window

_FEW = 5
"""Of fewer detectors there is no middle one to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long a detector may take."""

    after: timedelta = timedelta(seconds=10)
    """So long,"""
    times: float = 20.0
    """so many times the middle one of all detectors too (on a slow machine all of them are slow),"""
    window: timedelta = DAY
    """of a window that is no longer than this: history takes its time."""


@detector(
    id="detector-slow",
    severity=Severity.LOW,
    kind="standing",
    frames=("runs",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1562",),
    controls=("CC7.1",),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A detector takes too long.

    It took 10 seconds or more for a window of at most a day, and 20 times as long as the middle one of all detectors:
    when the machine is slow, all of them are, and no detector is to blame. A cycle has all detectors and is meant to
    take 3 seconds, so that what happens is told within 90.

    Why it matters: the cycle waits for the slowest, and everything is told late.

    False alarms: a machine that was busy with something else; it resolves with the next run that is quick.

    What to do: see whether the store holds many more keys or requests than before (`keywatch store status`). Raise
    this line, or report it with the numbers.
    """
    runs = frames["runs"].dropna(subset=["detector"])
    short = runs["window_seconds"] <= settings.window.total_seconds()
    middle = float(runs["milliseconds"].median()) if len(runs) >= _FEW else 0.0
    line = max(settings.after.total_seconds() * 1000, settings.times * middle)
    slow = runs[short & (runs["milliseconds"] >= line)]
    return to_frame(
        _row(str(name), int(spent), window, settings)
        for name, spent in slow[["detector", "milliseconds"]].itertuples(index=False, name=None)
    )


def _row(name: str, milliseconds: int, window: Window, settings: Settings) -> Scored:
    hour = window.until.replace(minute=0, second=0, microsecond=0)
    return Scored(
        bucket=hour,
        subject=f"source:{name}",
        score=round(milliseconds / max(settings.after.total_seconds() * 1000, 1), 1),
        count=1,
        first_seen=hour,
        last_seen=hour,
        title=f"The detector {name} is slow",
        summary=f"It took {milliseconds / 1000:.0f} s; the line is {settings.after.total_seconds():.0f} s.",
        detail={"seconds": round(milliseconds / 1000, 1)},
    )
