"""The frames that detectors read: their names, columns and how far before the window each reaches.

A frame is made by the store and handed over by name; `conform` gives its columns the types that detectors rely on, so
that an empty frame or a column of nothing but nulls is no special case in any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import pandas as pd

from model.errors import DetectorError
from model.window import Window

ColumnKind = Literal["time", "text", "count", "flag", "list"]


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """The shape of one frame."""

    columns: Mapping[str, ColumnKind]
    """Column to kind; times are aware UTC, counts whole numbers where null means 0."""
    lookback: timedelta = timedelta(0)
    """How far before the window it is read, at the least."""

    @property
    def clock(self) -> str | None:
        """The column that it is bucketed by: minute, hour or day; None when it has no buckets."""
        return next((column for column in _BUCKETS if column in self.columns), None)

    @property
    def ask(self) -> timedelta:
        """How far before the window to read the store: a bucket more, since the first one may be cut in two."""
        return self.lookback + _BUCKETS[self.clock][1] if self.clock else self.lookback


_BUCKETS: Final = {
    "minute": ("min", timedelta(minutes=1)),
    "hour": ("h", timedelta(hours=1)),
    "day": ("D", timedelta(days=1)),
}


def _columns(
    *, time: str = "", text: str = "", count: str = "", flag: str = "", items: str = ""
) -> dict[str, ColumnKind]:
    kinds: dict[ColumnKind, str] = {"time": time, "text": text, "count": count, "flag": flag, "list": items}
    return {column: kind for kind, names in kinds.items() for column in names.split()}


_SEEN: Final = "first_seen last_seen"

FRAMES: Final[dict[str, FrameSpec]] = {
    "auth_minutes": FrameSpec(
        _columns(
            time=f"minute {_SEEN}",
            text="key_ref ip network",
            count="requests ok unauthenticated forbidden throttled",
        ),
        timedelta(hours=4),
    ),
    # Four weeks for the baseline, two more whose scores the calibration pools, and the day that the window begins in.
    "key_hours": FrameSpec(
        _columns(
            time="hour",
            text="key_ref",
            count="requests ok unauthenticated forbidden throttled client_error server_error bytes_out",
        ),
        timedelta(days=43),
    ),
    # A day, so that a bucket in the middle of an hour or of a day is read whole.
    "origin_hours": FrameSpec(
        _columns(
            time=f"hour {_SEEN}",
            text="key_ref ip network client",
            count="requests ok unauthenticated forbidden",
        ),
        timedelta(days=1),
    ),
    "network_days": FrameSpec(
        _columns(time=f"day {_SEEN}", text="key_ref network", count="requests ok"),
        timedelta(days=31),
    ),
    "client_days": FrameSpec(
        _columns(time=f"day {_SEEN}", text="key_ref client", count="requests ok"),
        timedelta(days=31),
    ),
    "keys": FrameSpec(
        _columns(
            time="created_at expires_at revoked_at rotated_at source_last_used_at pulled_at last_success status_since "
            + _SEEN,
            text="key_id name hint owner team environment timezone status successor source",
            items="scopes labels key_refs",
        ),
    ),
    "key_refs": FrameSpec(_columns(text="key_ref key_id name owner environment status timezone")),
    "sources": FrameSpec(
        _columns(time="last_event_at last_read_at lost_at", text="name", count="bytes_lost", flag="late reads_keys")
    ),
    "telemetry": FrameSpec(_columns(time="since until")),
    # The key's life. A day, so that what is told once a day looks back over the day.
    "host_hours": FrameSpec(
        _columns(time=f"hour {_SEEN}", text="key_ref host", count="requests ok"), timedelta(days=1)
    ),
    "host_days": FrameSpec(_columns(time=f"day {_SEEN}", text="key_ref host", count="requests ok"), timedelta(days=31)),
    "key_days": FrameSpec(_columns(time=f"day {_SEEN}", text="key_ref", count="requests ok"), timedelta(days=181)),
    "rested_networks": FrameSpec(
        _columns(time=f"day {_SEEN}", text="key_ref network", count="requests ok"), timedelta(days=181)
    ),
    "flagged_hours": FrameSpec(
        _columns(time=f"hour {_SEEN}", text="key_ref source ip route flag", count="requests ok"), timedelta(days=1)
    ),
    "carrier_hours": FrameSpec(_columns(time="hour", text="source", count="keys in_url"), timedelta(days=1)),
    "scanner_hours": FrameSpec(
        _columns(time=f"hour {_SEEN}", text="key_ref ip network tool", count="requests ok unauthenticated forbidden"),
        timedelta(days=1),
    ),
    # By the hour in which lines came; times are those of their events, lag is how far behind the newest was.
    "source_hours": FrameSpec(
        _columns(time="hour oldest newest", text="source", count="lines events rejects lag_seconds"),
        timedelta(days=15),
    ),
    # The engine's own: what the detectors told and how long they took.
    "told": FrameSpec(_columns(time="opened", text="detector severity subject")),
    "runs": FrameSpec(_columns(text="detector", count="milliseconds window_seconds")),
}

OWN: Final = frozenset({"told", "runs"})
"""Frames that the engine makes itself; no store is asked for them."""


def conform(name: str, frame: pd.DataFrame | None) -> pd.DataFrame:
    """The frame `name` with exactly its columns and their types; None becomes an empty one.

    Times become `datetime64[us, UTC]`, text `str` (null where missing), counts `int64`, flags `bool`.
    Raises DetectorError when a column is missing or does not hold what it should.
    """
    spec = FRAMES[name]
    if frame is None:
        frame = pd.DataFrame({column: [] for column in spec.columns})
    if missing := [column for column in spec.columns if column not in frame.columns]:
        msg = f"The frame {name} lacks {', '.join(missing)}."
        raise DetectorError(msg, hint="Compare store/queries/frames.py with detectors/frames.py.")
    try:
        return pd.DataFrame({column: _cast(frame[column], kind) for column, kind in spec.columns.items()})
    except (TypeError, ValueError) as error:
        msg = f"The frame {name} cannot be read: {error}."
        raise DetectorError(msg, hint="Compare store/queries/frames.py with detectors/frames.py.") from error


def reaching(name: str, frame: pd.DataFrame, window: Window) -> pd.DataFrame:
    """The rows of a conformed frame that a window may read: from its lookback before the window to the window's end.

    So a score is the same whatever more the store hands over.
    """
    spec = FRAMES[name]
    if spec.clock is None:
        return frame
    since = pd.Timestamp(window.since - spec.lookback).floor(_BUCKETS[spec.clock][0])
    return frame[(frame[spec.clock] >= since) & (frame[spec.clock] < window.until)]


def _cast(column: "pd.Series[Any]", kind: ColumnKind) -> "pd.Series[Any]":
    match kind:
        case "time":
            return pd.to_datetime(column, utc=True).dt.as_unit("us")
        case "text":
            return column.astype("str")
        case "count":
            return pd.to_numeric(column).fillna(0).astype("int64")
        case "flag":
            return column.astype("boolean").fillna(value=False).astype("bool")
        case "list":
            return column.astype("object")
