"""bytes-lost: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long it is told."""

    open: timedelta = DAY
    """How long after the last loss the finding stays open."""


@detector(
    id="bytes-lost",
    severity=Severity.MEDIUM,
    kind="standing",
    frames=("sources",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1070", "T1562"),
    owasp=("API9:2023",),
    controls=("CC7.2", "A1.1"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """Log lines vanished before they were read.

    A file that was known to hold more than had been read was truncated, overwritten or deleted, and no copy of it was
    found at the next two looks. What was written after the last look and went away with it is not in the count. It
    resolves a day after the last loss.

    Why it matters: requests are missing from every count and every detector of that time, and somebody who covers
    their tracks truncates the log.

    False alarms: a log that somebody emptied by hand on purpose.

    What to do: let the rotation rename or keep a copy inside the source's path (no `copytruncate` without one), and
    read more often than logs are rotated: `keywatch run`. If nobody rotated the log, find out who truncated it.
    """
    sources = frames["sources"]
    recent = (sources["lost_at"] > window.until - settings.open) & (sources["lost_at"] <= window.until)
    lost = sources[(sources["bytes_lost"] > 0) & recent]
    return to_frame(_row(row) for row in lost[["name", "bytes_lost", "lost_at"]].itertuples(index=False, name=None))


def _row(row: tuple[Any, ...]) -> Scored:
    name, count, at = str(row[0]), int(row[1]), moment(row[2])
    return Scored(
        bucket=at,
        subject=f"source:{name}",
        score=1.0,
        count=1,
        first_seen=at,
        last_seen=at,
        title=f"The log {name} lost lines before they were read",
        summary=f"{count:,} bytes in all vanished before they were read, the last ones by {at:%Y-%m-%d %H:%M} UTC.",
        detail={"bytes_lost": count},
    )
