"""source-late: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.arrivals import Arrivals, arrivals, lags, told, zone_behind
from model.finding import Severity
from model.window import Window

_SKEWED, _NEAR = 3, timedelta(minutes=3)
"""As the detector clock-skewed has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When lines are late."""

    after: timedelta = timedelta(minutes=30)
    """Their newest event is at least so old,"""
    times: float = 3.0
    """and so many times the usual lag of the last 14 days."""
    hours: int = 24
    """In so many hours of the last 14 days lines must have come, or nothing is known of the usual lag."""
    grave: timedelta = timedelta(hours=6)
    """From when it is medium: detectors judge hours that are long gone then."""


@detector(
    id="source-late",
    severity=Severity.LOW,
    kind="standing",
    frames=("source_hours",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1562",),
    owasp=("API9:2023",),
    controls=("CC7.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """The lines of a source come late.

    In the last two hours lines came, and the newest of them was half an hour old and three times the usual lag of the
    last 14 days (the median of hours). Medium from 6 hours. A backfill that is read beside live lines is not late.
    Lines that do not come at all are `source-silent`; a lag that is a whole time zone is `clock-skewed`.

    Why it matters: what comes late is judged late. An attack is told when it is over.

    False alarms: catching up after keywatch itself was down; it resolves by itself.

    What to do: find the step that holds the lines back: the shipper, the queue, the bucket's delivery.
    """
    found = []
    for each in arrivals(frames["source_hours"], window.until):
        usual, now = lags(each.before(2 * HOUR)), lags(each.within(2 * HOUR))
        if len(usual) >= settings.hours and len(now):
            line = max(settings.after, settings.times * timedelta(seconds=max(0.0, float(usual.median()))))
            lag = timedelta(seconds=int(now.min()))
            if lag >= line and zone_behind(each, _SKEWED, _NEAR) is None:
                found.append(_row(each, lag, line, settings))
    return to_frame(found)


def _row(source: Arrivals, lag: timedelta, line: timedelta, settings: Settings) -> Scored:
    began = moment(_since(source, line))
    return Scored(
        bucket=began,
        subject=f"source:{source.source}",
        severity=Severity.MEDIUM if lag >= settings.grave else None,
        score=round(lag / line, 1),
        count=1,
        first_seen=began,
        last_seen=max(began, source.at.replace(minute=0, second=0, microsecond=0)),
        title=f"The lines of {source.source} come {told(lag)} late",
        summary=f"The newest event of the last two hours was {told(lag)} old when it came. The line is {told(line)}.",
        detail={"lag_seconds": int(lag.total_seconds())},
    )


def _since(source: Arrivals, line: timedelta) -> pd.Timestamp:
    """The first hour of the run of late ones that goes on."""
    rows = source.of_events
    in_time = rows.loc[rows["lag_seconds"] < line.total_seconds(), "hour"]
    late = rows if in_time.empty else rows[rows["hour"] > in_time.max()]
    return pd.Timestamp(late["hour"].min() if len(late) else rows["hour"].max())
