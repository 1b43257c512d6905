"""source-silent: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.arrivals import Arrivals, arrivals, told
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window

_WEEK = timedelta(days=8)
"""Holds a whole weekend, on whatever day it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When silence is unusual."""

    after: timedelta = timedelta(hours=2)
    """At least so long,"""
    times: float = 2.0
    """and so many times the longest pause of the last 14 days."""
    hours: int = 24
    """In so many hours of the last 14 days lines must have come, or nothing is known of the rhythm."""
    night: timedelta = timedelta(hours=3)
    """A source that pauses so long has nights, and may have weekends:"""
    weekend: timedelta = timedelta(days=4)
    """until it was known for 8 days, so long a silence (a long weekend) is usual."""
    blind: timedelta = timedelta(hours=6)
    """When all sources are silent and it is so long: high."""


@detector(
    id="source-silent",
    severity=Severity.MEDIUM,
    kind="standing",
    frames=("source_hours",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1562",),
    owasp=("API9:2023",),
    controls=("CC7.1", "CC7.2", "A1.1"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A source has gone silent.

    No event came for 2 hours that are twice the longest pause of the last 14 days too, of a source that was read in 24
    different hours at least (nights and weekends are in the pauses; of a source with nights that is known for less
    than 8 days, 4 days are usual). High when every source is silent for 6 hours:
    then nothing is watched.

    Why it matters: a silent monitor is the worst failure. Whoever attacks now is not seen, and whoever covers their
    tracks stops the log.

    False alarms: a service that was switched off on purpose; a rotation that moved the file.

    What to do: look at the source's file or bucket: is it written, and can keywatch read it (`keywatch doctor`)? If
    the service is gone, remove the source.
    """
    known = [each for each in arrivals(frames["source_hours"], window.until) if len(each.of_events) >= settings.hours]
    silent = [each for each in known if _silence(each) >= _line(each, settings)]
    blind = len(silent) == len(known) and all(_silence(each) >= settings.blind for each in silent)
    return to_frame(_row(each, blind=blind) for each in silent)


def _line(source: Arrivals, settings: Settings) -> timedelta:
    """How long a silence is unusual."""
    pause = source.longest_pause()
    young = source.at - moment(source.of_events["hour"].iloc[0]) < _WEEK
    return max(settings.after, settings.times * pause, settings.weekend if young and pause >= settings.night else HOUR)


def _silence(source: Arrivals) -> timedelta:
    """Since the end of the last hour in which an event came."""
    return source.at - moment(source.of_events["hour"].iloc[-1]) - HOUR


def _row(source: Arrivals, *, blind: bool) -> Scored:
    last = moment(source.of_events["hour"].iloc[-1])
    return Scored(
        bucket=last + HOUR,
        subject=f"source:{source.source}",
        severity=Severity.HIGH if blind else None,
        score=round(max(1.0, _silence(source) / max(source.longest_pause(), HOUR)), 1),
        count=max(1, int(_silence(source) / HOUR)),
        first_seen=last + HOUR,
        last_seen=max(last + HOUR, source.at.replace(minute=0, second=0, microsecond=0)),
        title=f"The source {source.source} is silent for {told(_silence(source))}"
        + (", as all sources are" if blind else ""),
        summary=f"The last events came before {last + HOUR:%Y-%m-%d %H:%M} UTC; its longest pause in 14 days was "
        f"{told(source.longest_pause())}.",
        detail={"last_hour": last.isoformat(), "all_silent": blind},
    )
