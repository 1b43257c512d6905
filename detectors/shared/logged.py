"""What each source logged hour by hour, in the time of its events: its pauses, and the silences that are none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from detectors.declare import HOUR, Frames
from model.window import Window

REACH: Final = timedelta(days=21)
"""How far back it is looked for what is usual: each weekend is in it twice."""
READ: Final = 24
"""In so many hours of the last three weeks a source is read that is read all the time."""
FOLLOWED: Final = timedelta(days=1)
"""A source whose newest events were no older than this when they came is followed, and no archive."""
_RARELY: Final = timedelta(days=2)
_OUTAGES: Final = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without events."""

    since: datetime
    """The last event before it."""
    end: datetime | None
    """The first event after it; None while there is none."""
    until: datetime
    """`end`, or the end of what is judged."""

    def open_at(self, bucket: datetime) -> bool:
        """Whether no event had ended it by the end of an hour."""
        return self.end is None or self.end >= bucket + HOUR


class Logged:
    """One source: its hours with events, and those in which it was read, oldest first."""

    def __init__(self, source: str, hours: pd.DataFrame, reads: pd.DataFrame) -> None:
        self.source = source
        self._first = _array(hours["first_seen"].fillna(hours["hour"]))
        self._last = _array(hours["last_seen"].fillna(hours["hour"] + HOUR))
        self._hours = _array(hours["hour"])
        self._reads = _array(reads["hour"])
        self._lags = reads["lag_seconds"].to_numpy(dtype=np.float64)

    def gaps(self, window: Window) -> Iterator[Gap]:
        """The times of an hour and more without events that reach into the window, and the one that its end is in."""
        until = _floor(window.until)
        before = int(np.searchsorted(self._hours, _number(until), side="left"))
        first, last = self._first[:before], self._last[:before]
        wide = np.flatnonzero((first[1:] - last[:-1] >= _US) & (first[1:] >= _number(_floor(window.since) - HOUR)))
        for at in wide:
            yield Gap(_moment(last[at]), _moment(first[at + 1]), _moment(first[at + 1]))
        if before and until - _moment(last[-1]) >= HOUR:
            yield Gap(_moment(last[-1]), None, until)

    def silent(self, since: datetime, until: datetime, least: timedelta) -> bool:
        """Whether there was no event for `least` before `until`, of a source that had logged anything before."""
        low = max(since, until - least)
        begun = bool(len(self._first)) and self._first[0] < _number(since)
        held = (self._last > _number(low)) & (self._first < _number(until))
        return not begun or not held.any()

    def hours_before(self, at: datetime) -> int:
        """In how many hours of the three weeks before a moment there were events."""
        return int(np.diff(np.searchsorted(self._hours, [_number(at - REACH), _number(at)]))[0])

    def age(self, at: datetime) -> timedelta:
        """Since the first event of those weeks."""
        since = int(np.searchsorted(self._hours, _number(at - REACH)))
        return at - _moment(self._first[since]) if since < len(self._first) else timedelta(0)

    def usual_pause(self, at: datetime) -> timedelta:
        """The longest pause that came twice in the three weeks before a moment; once, of a source known for less."""
        low, high = np.searchsorted(self._hours, [_number(at - REACH), _number(at)])
        pauses = np.sort(self._first[low + 1 : high] - self._last[low : high - 1])[::-1]
        rank = 1 if self.age(at) >= REACH - timedelta(days=1) and len(pauses) > 1 else 0
        return timedelta(microseconds=int(max(pauses[rank], 0))) if len(pauses) else timedelta(0)

    def reading(self, at: datetime) -> timedelta:
        """How long nothing usually came of it, by the reader's clock; zero where that was not known then.

        Of a source that is read all the time the third longest pause: keywatch itself was down twice at most. Of one
        that is read rarely the longest, and two days at least.
        """
        low, high = np.searchsorted(self._reads, [_number(at - REACH), _number(at)])
        reads = self._reads[low:high]
        if not len(reads):
            return timedelta(0)
        pauses = np.sort(np.diff(reads))[::-1] - _US
        if len(reads) < READ:
            return max(_RARELY, timedelta(microseconds=int(pauses[0])) if len(pauses) else timedelta(0))
        return timedelta(microseconds=int(max(pauses[min(_OUTAGES, len(pauses)) - 1], 0)))

    def lag(self, at: datetime) -> timedelta:
        """How late its newest events usually were, by the hours in which it was read in the three weeks before."""
        low, high = np.searchsorted(self._reads, [_number(at - REACH), _number(at)])
        lags = self._lags[low:high]
        lags = lags[~np.isnan(lags)]
        return timedelta(seconds=float(max(np.median(lags), 0.0))) if len(lags) >= READ else timedelta(0)

    def followed(self, at: datetime) -> bool:
        """Whether its newest events before a moment came soon after they happened."""
        known = np.flatnonzero((self._reads <= _number(at)) & ~np.isnan(self._lags))
        return bool(len(known)) and self._lags[known[-1]] <= FOLLOWED.total_seconds()


def logged(frames: Frames) -> Iterator[Logged]:
    """Each source that ever had an event, from the frames event_hours and source_hours."""
    hours = frames["event_hours"].dropna(subset=["source"])
    reads = frames["source_hours"].dropna(subset=["source"])
    hours, reads = hours[hours["events"] > 0].sort_values("hour"), reads[reads["events"] > 0].sort_values("hour")
    for source, rows in hours.groupby("source"):
        yield Logged(str(source), rows, reads[reads["source"] == source])


_US: Final = 3_600_000_000


def _array(moments: "pd.Series[Any]") -> "np.ndarray[Any, np.dtype[np.int64]]":
    return np.asarray(moments.dt.as_unit("us").astype("int64").to_numpy(), dtype=np.int64)


def _number(at: datetime) -> int:
    return int(pd.Timestamp(at).timestamp() * 1_000_000)


def _moment(number: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number))


def _floor(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
