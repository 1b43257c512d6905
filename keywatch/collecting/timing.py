"""Which hours a block's events are of, and so its rejects: a line that cannot be read has the time of its neighbour."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from model.coded import wide
from store.state.sources import EventHour

_HOUR: Final = 3_600_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def event_hours(events: pa.Table, rejected: npt.NDArray[np.int64] | None) -> tuple[EventHour, ...]:
    """The hours of events (columns ts and line), oldest first; `rejected` are the numbers of the lines left out.

    A reject counts in the hour of the event before it, the first ones in that of the event behind them. A block without
    any event says nothing of time and gives no hour.
    """
    if not events.num_rows:
        return ()
    moments = wide(events["ts"])
    return tuple(_hours(moments, None if rejected is None else (wide(events["line"]), rejected)))


def joined(hours: Iterable[EventHour]) -> list[EventHour]:
    """Those of consecutive blocks as one each."""
    found: dict[datetime, EventHour] = {}
    for one in hours:
        other = found.get(one.hour)
        found[one.hour] = one if other is None else one.added(other)
    return list(found.values())


def _hours(
    moments: npt.NDArray[np.int64], rejected: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None
) -> Iterator[EventHour]:
    hours = moments // _HOUR
    order = None if (np.diff(moments) >= 0).all() else np.argsort(moments, kind="stable")
    ordered, times = (hours, moments) if order is None else (hours[order], moments[order])
    firsts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    lasts = np.append(firsts[1:], len(ordered)) - 1
    lost = np.zeros(len(firsts), dtype=np.int64)
    if rejected is not None:
        line, left_out = rejected
        by_line = np.argsort(line, kind="stable")
        before = np.maximum(np.searchsorted(line[by_line], left_out) - 1, 0)
        np.add.at(lost, np.searchsorted(ordered[firsts], hours[by_line[before]]), 1)
    for first, last, rejects in zip(firsts.tolist(), lasts.tolist(), lost.tolist(), strict=True):
        yield EventHour(
            hour=_moment(int(ordered[first]) * _HOUR),
            events=last - first + 1,
            rejects=rejects,
            first_seen=_moment(int(times[first])),
            last_seen=_moment(int(times[last])),
        )


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
