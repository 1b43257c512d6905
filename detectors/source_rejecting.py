"""source-rejecting: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window

_REACH: Final = 14 * 24
_SPANS: Final = (1, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How many lines may be rejected."""

    share: float = 0.05
    """So large a share of the lines of an hour, or of the last 6,"""
    times: float = 3.0
    """and so many times the share of the 14 days before."""
    rejects: int = 20
    """And at least so many lines."""
    grave: float = 0.5
    """From this share it is medium: the source is half blind."""


@detector(
    id="source-rejecting",
    severity=Severity.LOW,
    kind="rule",
    frames=("event_hours",),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=HOUR,
    attack=("T1562",),
    owasp=("API9:2023",),
    controls=("CC7.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """Many lines of a source cannot be read.

    No event could be made of 5 % of the lines of an hour, or of the 6 hours to its end (20 at least), and that is three
    times the share of the 14 days before, or half of the lines. Hours are those of the events: a line that cannot be
    read belongs to the hour of the line before it. Medium from half of the lines if that is new.

    Why it matters: a line that is rejected is a request that nobody sees.

    False alarms: a client that writes rubbish into a log of errors; a source that holds two formats.

    What to do: `keywatch formats test` on the lines that `keywatch store status` shows; a new version of the gateway
    may have changed its format.
    """
    rows = frames["event_hours"].dropna(subset=["source"])
    rows = rows[rows["hour"] + HOUR <= pd.Timestamp(window.until)]
    rejecting = set(rows.loc[rows["rejects"] > 0, "source"])
    rows = rows[rows["source"].isin(rejecting)]
    return to_frame(
        row for source, hours in rows.groupby("source") for row in _rows(str(source), hours, window, settings)
    )


class _Share(NamedTuple):
    """What was rejected over a span that ends with a bucket."""

    span: int
    """Hours."""
    rejects: int
    lines: int
    usual: float
    """The share of the 14 days before."""


def _rows(source: str, hours: pd.DataFrame, window: Window, settings: Settings) -> Iterator[Scored]:
    first = hours["hour"].min()
    place = ((hours["hour"] - first) // HOUR).to_numpy(dtype=np.int64)
    rejects, lines = (np.zeros(int(place.max()) + 1, dtype=np.int64) for _ in range(2))
    rejects[place] = hours["rejects"].to_numpy()
    lines[place] = rejects[place] + hours["events"].to_numpy()
    lost, all_lines = (np.concatenate([[0], values.cumsum()]) for values in (rejects, lines))
    for at in np.flatnonzero(rejects).tolist():
        bucket = first + at * HOUR
        if bucket + HOUR <= pd.Timestamp(window.since):
            continue
        best: Scored | None = None  # of both spans the one that is worse
        for span in _SPANS:
            low = max(0, at + 1 - span)
            early = max(0, at + 1 - _REACH)
            count, of = int(lost[at + 1] - lost[low]), int(all_lines[at + 1] - all_lines[low])
            usual = float((lost[low] - lost[early]) / max(1, all_lines[low] - all_lines[early]))
            line = min(max(settings.share, settings.times * usual), settings.grave)
            if count >= settings.rejects and count >= line * of:
                share = _Share(span=span, rejects=count, lines=of, usual=usual)
                row = _row(source, moment(bucket), int(rejects[at]), share, settings)
                best = row if best is None or row.score > best.score else best
        if best is not None:
            yield best


def _row(source: str, bucket: datetime, own: int, of: _Share, settings: Settings) -> Scored:
    share = of.rejects / of.lines
    hours = "the hour" if of.span == 1 else f"{of.span} hours"
    return Scored(
        bucket=bucket,
        subject=f"source:{source}",
        severity=Severity.MEDIUM if share >= settings.grave and of.usual < settings.grave else None,
        score=round(share / settings.share, 2),
        count=own,
        first_seen=bucket,
        last_seen=bucket + HOUR,
        title=f"{share:.0%} of the lines of {source} cannot be read",
        summary=f"No event could be made of {of.rejects:,} of {of.lines:,} lines of {hours} to "
        f"{bucket + HOUR:%Y-%m-%d %H:%M} UTC (usually {of.usual:.1%}).",
        detail={"rejects": of.rejects, "lines": of.lines, "usual_share": round(of.usual, 4)},
    )
