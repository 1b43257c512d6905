"""source-rejecting: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.arrivals import Arrivals, arrivals
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How many lines may be rejected."""

    share: float = 0.05
    """So large a share of the lines of the last hours,"""
    times: float = 3.0
    """and so many times the share of the 14 days before."""
    rejects: int = 20
    """And at least so many lines."""
    grave: float = 0.5
    """From this share it is medium: the source is half blind."""
    span: timedelta = timedelta(hours=6)
    """The last hours."""


@detector(
    id="source-rejecting",
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
    """Many lines of a source cannot be read.

    In the last 6 hours of the reader's clock no event could be made of 5 % of the lines (20 at least), and that is
    three times the share of the 14 days before, or half of the lines. Medium from half of the lines
    if that is new.

    Why it matters: a line that is rejected is a request that nobody sees.

    False alarms: a client that writes rubbish into a log of errors; a source that holds two formats.

    What to do: `keywatch formats test` on the lines that `keywatch store status` shows; a new version of the gateway
    may have changed its format.
    """
    rows = []
    for each in arrivals(frames["source_hours"], window.until):
        now, before = each.within(settings.span), each.before(settings.span)
        rejects, lines = int(now["rejects"].sum()), max(1, int(now["lines"].sum()))
        usual = int(before["rejects"].sum()) / max(1, int(before["lines"].sum()))
        line = max(settings.share, settings.times * usual)
        if rejects >= settings.rejects and rejects / lines >= min(line, settings.grave):
            rows.append(_row(each, rejects, lines, usual, settings))
    return to_frame(rows)


def _row(source: Arrivals, rejects: int, lines: int, usual: float, settings: Settings) -> Scored:
    now = source.within(settings.span)
    began = moment(now.loc[now["rejects"] > 0, "hour"].min())
    share = rejects / lines
    return Scored(
        bucket=began,
        subject=f"source:{source.source}",
        severity=Severity.MEDIUM if share >= settings.grave and usual < settings.grave else None,
        score=round(share / settings.share, 1),
        count=rejects,
        first_seen=began,
        last_seen=max(began, source.at.replace(minute=0, second=0, microsecond=0)),
        title=f"{share:.0%} of the lines of {source.source} cannot be read",
        summary=f"No event could be made of {rejects:,} of {lines:,} lines of the last hours (usually {usual:.1%}).",
        detail={"rejects": rejects, "lines": lines, "usual_share": round(usual, 4)},
    )
