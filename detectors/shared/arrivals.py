"""How the lines of each source came lately, beside how they used to; hours are of the reader's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR

REACH = timedelta(days=14)
"""How far back it is looked for what is usual: weekends are in it twice."""

_ZONE: Final = timedelta(minutes=30)
"""Offsets of time zones are multiples of it,"""
_ZONES: Final = (timedelta(hours=1), timedelta(hours=14))
"""and from -12 to 14 hours. Half an hour alone is no zone's; it is how late a file of half an hour is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The hours in which lines of one source came before a moment, oldest first."""

    source: str
    hours: pd.DataFrame
    """As the frame source_hours, of the REACH before the moment."""
    at: datetime

    @property
    def of_events(self) -> pd.DataFrame:
        """The hours in which events came."""
        return self.hours[self.hours["events"] > 0]

    def within(self, span: timedelta) -> pd.DataFrame:
        """The hours of the last `span` before the moment."""
        return self.hours[self.hours["hour"] > pd.Timestamp(self.at) - span]

    def before(self, span: timedelta) -> pd.DataFrame:
        """The hours before those."""
        return self.hours[self.hours["hour"] <= pd.Timestamp(self.at) - span]

    def longest_pause(self) -> timedelta:
        """The longest time between two hours with events; zero when each hour had some."""
        pauses = self.of_events["hour"].diff().dropna()
        return max(pauses.max().to_pytimedelta() - HOUR, timedelta(0)) if len(pauses) else timedelta(0)


def arrivals(hours: pd.DataFrame, at: datetime) -> Iterator[Arrivals]:
    """Those of each source, from the frame source_hours; nothing later than `at` counts."""
    moment = pd.Timestamp(at)
    near = hours[(hours["hour"] <= moment) & (hours["hour"] > moment - REACH)].dropna(subset=["source"])
    for source, rows in near.sort_values("hour").groupby("source"):
        yield Arrivals(source=str(source), hours=rows.reset_index(drop=True), at=at)


def told(duration: timedelta) -> str:
    """A time in words: `45 minutes`, `5 hours`, `3 days`."""
    minutes = round(duration / timedelta(minutes=1))
    sizes: tuple[tuple[int, str], ...] = ((2 * 1440, "day"), (120, "hour"))
    for least, unit in sizes:
        if minutes >= least:
            return f"{minutes * 2 // least} {unit}s"
    return f"{minutes} minutes"


def lags(rows: pd.DataFrame) -> Any:  # noqa: ANN401 (a series of numbers)
    """Seconds that the newest event of each hour was behind, or ahead of (below zero) the reader's clock."""
    return rows.loc[rows["events"] > 0, "lag_seconds"]


def zone_behind(source: Arrivals, hours: int, near: timedelta) -> timedelta | None:
    """The time zone by which all of the last `hours` with events (within a day) were behind, to `near`; else None."""
    last = lags(source.within(timedelta(days=1))).tail(hours)
    if len(last) < hours:
        return None
    low, high = timedelta(seconds=int(last.min())), timedelta(seconds=int(last.max()))
    zone = round(low / _ZONE) * _ZONE
    fits = _ZONES[0] <= zone <= _ZONES[1] and max(abs(low - zone), abs(high - zone)) <= near
    return zone if fits else None
