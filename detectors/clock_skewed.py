"""clock-skewed: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.arrivals import Arrivals, arrivals, lags, told, zone_behind
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When a clock is wrong."""

    ahead: timedelta = timedelta(minutes=5)
    """Events that lie so far in the future."""
    near: timedelta = timedelta(minutes=3)
    """How near to a whole time zone a lag must be."""
    hours: int = 3
    """In so many of the last hours with events, all of them."""


@detector(
    id="clock-skewed",
    severity=Severity.LOW,
    kind="standing",
    frames=("source_hours",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1070.006",),
    owasp=("API9:2023",),
    controls=("CC7.2",),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """The clock of a source is wrong.

    In each of the last 3 hours in which events came, the newest of every batch was more than 5 minutes in the future;
    or it was behind by the same multiple of half an hour from 1 hour to 14, to 3 minutes, as a wrong time zone is
    (fail2ban warns of those). One line from the future is not enough.

    Why it matters: windows of minutes are counted by these times. Events from tomorrow are judged tomorrow, and an
    order of events that is wrong hides what followed what.

    False alarms: a shipper that hands over once an hour, on the hour.

    What to do: set the host's clock (NTP), or give the source its `timezone`.
    """
    rows = []
    for each in arrivals(frames["source_hours"], window.until):
        last = lags(each.within(timedelta(days=1))).tail(settings.hours)
        ahead = -timedelta(seconds=int(last.max())) if len(last) == settings.hours else timedelta(0)
        if ahead > settings.ahead:
            rows.append(_row(each, ahead, "ahead", settings))
        elif zone := zone_behind(each, settings.hours, settings.near):
            rows.append(_row(each, zone, "behind", settings))
    return to_frame(rows)


def _row(source: Arrivals, offset: timedelta, side: str, settings: Settings) -> Scored:
    began = moment(source.of_events["hour"].tail(settings.hours).iloc[0])
    return Scored(
        bucket=began,
        subject=f"source:{source.source}",
        score=round(max(1.0, offset / settings.ahead), 1),
        count=1,
        first_seen=began,
        last_seen=max(began, source.at.replace(minute=0, second=0, microsecond=0)),
        title=f"The clock of {source.source} is {told(offset)} {side}",
        summary=f"In the last {settings.hours} hours with events the newest of every batch was {told(offset)} {side}.",
        detail={"offset_seconds": int(offset.total_seconds()) * (1 if side == "ahead" else -1)},
    )
