"""The frames that detectors read: their names, columns and how far before the window each reaches.

A frame is made by the store and handed over by name; `conform` gives its columns the types that detectors rely on, so
that an empty frame or a column of nothing but nulls is no special case in any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import pandas as pd
import pyarrow as pa

from model.errors import DetectorError
from model.window import Window

ColumnKind = Literal["time", "text", "count", "flag", "list", "number", "hours"]


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """The shape of one frame."""

    columns: Mapping[str, ColumnKind]
    """Column to kind; times are aware UTC, counts whole numbers where null means 0, numbers may be missing,
    `hours` are 24 float32 a row, packed by Arrow."""
    lookback: timedelta = timedelta(0)
    """How far before the window it is read, at the least."""
    whole: bool = False
    """Hours of which only those that are over are looked at: it is not read for a window in which none ends."""

    @property
    def clock(self) -> str | None:
        """The column that it is bucketed by: minute, hour or day; None when it has no buckets."""
        return next((column for column in _BUCKETS if column in self.columns), None)

    def reach(self, window: Window) -> timedelta:
        """How far before the window to read the store: to the beginning of the bucket in which the lookback ends."""
        if self.clock is None:
            return self.lookback
        first = pd.Timestamp(window.since - self.lookback).floor(_BUCKETS[self.clock])
        return window.since - first.to_pydatetime()


_BUCKETS: Final = {"minute": "min", "hour": "h", "day": "D"}


def _columns(
    *,
    time: str = "",
    text: str = "",
    count: str = "",
    flag: str = "",
    items: str = "",
    number: str = "",
    hours: str = "",
) -> dict[str, ColumnKind]:
    kinds: dict[ColumnKind, str] = {
        "time": time,
        "text": text,
        "count": count,
        "flag": flag,
        "list": items,
        "number": number,
        "hours": hours,
    }
    return {column: kind for kind, names in kinds.items() for column in names.split()}


HOURS: Final = 24
PACKED: Final = pd.ArrowDtype(pa.list_(pa.float32(), HOURS))

_MONTH: Final = timedelta(days=31)
_SEEN: Final = "first_seen last_seen"
_LISTED: Final = _columns(time=f"hour {_SEEN}", text="key_ref ip route", count="ok slow addresses")
_NUMBERED: Final = "requests ok forbidden client_error addresses numbers slow lowest highest"
_WALKED: Final = _columns(time=f"hour {_SEEN}", text="key_ref ip route", count=_NUMBERED)

FRAMES: Final[dict[str, FrameSpec]] = {
    "auth_minutes": FrameSpec(
        _columns(
            time=f"minute {_SEEN}",
            text="key_ref ip network",
            count="requests ok unauthenticated forbidden throttled refs",
        ),
        # Three hours from an attack to its success, four in which the slowest of them crossed its line.
        timedelta(hours=8),
    ),
    # When keys had succeeded where, as far as the failures of auth_minutes ask; days before those as their last one.
    "worked": FrameSpec(_columns(time="at", text="key_ref network"), timedelta(hours=8, minutes=1)),
    # network_days of the keys and the networks that auth_minutes and auth_hours tell of.
    "attacked_days": FrameSpec(
        _columns(time=f"day {_SEEN}", text="key_ref network", count="requests ok"),
        timedelta(days=31),
    ),
    # The day that a bucket lies in and the one before, whole; `baselines` tell of the time before.
    "key_hours": FrameSpec(
        _columns(
            time="hour",
            text="key_ref",
            count="requests ok unauthenticated forbidden throttled client_error server_error bytes_out",
        ),
        timedelta(days=2),
    ),
    # A day, so that a bucket in the middle of an hour or of a day is read whole.
    "origin_hours": FrameSpec(
        _columns(
            time=f"hour {_SEEN}",
            text="key_ref ip network asn country client",
            count="requests ok unauthenticated forbidden",
        ),
        timedelta(days=1),
    ),
    "network_days": FrameSpec(_columns(time=f"day {_SEEN}", text="key_ref network", count="requests ok"), _MONTH),
    "client_days": FrameSpec(_columns(time=f"day {_SEEN}", text="key_ref client", count="requests ok"), _MONTH),
    "keys": FrameSpec(
        _columns(
            time="created_at expires_at revoked_at rotated_at removed_at source_last_used_at telemetry_since pulled_at "
            "last_success status_since " + _SEEN,
            text="key_id name hint owner team environment timezone status successor source",
            items="scopes labels key_refs",
        ),
    ),
    "key_refs": FrameSpec(_columns(text="key_ref key_id name owner environment status timezone")),
    "sources": FrameSpec(
        _columns(time="last_event_at last_read_at lost_at", text="name", count="bytes_lost", flag="late reads_keys")
    ),
    "telemetry": FrameSpec(_columns(time="since until")),
    "auth_hours": FrameSpec(
        _columns(
            time=f"hour {_SEEN}", text="key_ref ip network asn client", count="requests ok unauthenticated forbidden"
        ),
        timedelta(days=8),
    ),
    # As far as auth_minutes, and the minutes that an outage's end is told by.
    "platform_minutes": FrameSpec(
        _columns(time="minute", count="active failing erring requests unauthenticated forbidden server_error"),
        timedelta(hours=8, minutes=30),
    ),
    # What the 43 days before a day say about it (usual/baselines.py): of the day of a bucket and the one before.
    "baselines": FrameSpec(
        _columns(
            time="day",
            text="key_ref",
            count="keys days",
            hours="centre scale sent_centre sent_scale due open",
            number="rate mean twice_rate twice_mean highest sent_rate sent_mean sent_highest sent_highest_day "
            "sent_a_call called failed day_spread day_rate day_mean day_fallen due_missed due_hours worst_missing "
            "worst_due worst_hours silent_missing silent_due silent_hours open_share open_hours outside_worst age",
        ),
        timedelta(days=1),
    ),
    # Three buckets of five minutes; an hour more, for keys with few refusals an hour are left out hour by hour.
    "refused_minutes": FrameSpec(
        _columns(time="minute", text="key_ref method route outcome", count="requests"), timedelta(hours=2)
    ),
    "asn_days": FrameSpec(_columns(time=f"day {_SEEN}", text="key_ref asn", count="requests ok"), _MONTH),
    "country_days": FrameSpec(_columns(time=f"day {_SEEN}", text="key_ref country", count="requests ok"), _MONTH),
    "route_days": FrameSpec(
        _columns(
            time=f"day {_SEEN} first_ok",
            text="key_ref route",
            count="requests ok unauthenticated forbidden client_error",
        ),
        timedelta(days=31),
    ),
    # Minutes of both are the beginnings of five; two of them make the span of ten, and one more is read whole.
    "breadth": FrameSpec(
        _columns(
            time=f"minute {_SEEN}",
            text="key_ref ip network",
            count="requests ok unauthenticated forbidden client_error refused_routes forbidden_routes missing_routes",
        ),
        timedelta(minutes=20),
    ),
    "walks": FrameSpec(
        _columns(
            time=f"minute {_SEEN}",
            text="key_ref ip network route",
            count="requests ok forbidden client_error addresses paths numbers lowest highest rising",
        ),
        timedelta(minutes=20),
    ),
    # Of whom that walks in the hours that are judged, a week and the six hours of a stretch before.
    "walk_hours": FrameSpec(_WALKED, whole=True),
    "walked_hours": FrameSpec(_WALKED, timedelta(days=8), whole=True),
    "list_hours": FrameSpec(_LISTED, timedelta(hours=2), whole=True),
    # The six hours that end with one that is judged, and those of the hour before it.
    "probed_hours": FrameSpec(
        _columns(time=f"hour {_SEEN}", text="ip route", count="requests"), timedelta(hours=7), whole=True
    ),
    # The key's life. A day, so that what is told once a day looks back over the day.
    "host_hours": FrameSpec(
        _columns(time=f"hour {_SEEN}", text="key_ref host", count="requests ok forbidden"), timedelta(days=1)
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
        timedelta(days=45),
    ),
    # By the hour in which events happened: three weeks, so that each weekend and each night is in it twice at least,
    # and a silence before the window that may be as long as one is told.
    "event_hours": FrameSpec(_columns(time=f"hour {_SEEN}", text="source", count="events rejects"), timedelta(days=66)),
    # Deliveries that wait or that died in the last day; times are those of the oldest of each.
    "outbox": FrameSpec(_columns(time="oldest died", text="target last_error", count="waiting dead")),
    # The inventory's sources; failed_since is the first failure after the last complete pull.
    "inventory": FrameSpec(
        _columns(time="tried_at complete_at failed_since", text="name last_error", count="keys failures")
    ),
    # What people excused keys from and did not take back: of one key, or of those with a label.
    "exceptions": FrameSpec(
        _columns(time="since until", text="key_id label reason approver", items="rules", count="id")
    ),
    # The engine's own: what the detectors told and how long they took.
    "told": FrameSpec(_columns(time="opened", text="detector severity subject")),
    "runs": FrameSpec(_columns(text="detector", count="milliseconds window_seconds")),
}

DERIVED: Final = frozenset({"worked", "attacked_days"})
"""Frames that the engine makes of network_days and origin_hours where they are not handed over."""

OWN: Final = frozenset({"told", "runs"})
"""Frames that the engine makes itself; no store is asked for them."""

CALLS: Final = frozenset(
    name for name, spec in FRAMES.items() if spec.clock in {"minute", "hour"} or "first_ok" in spec.columns
) - {"source_hours", "event_hours"}
"""Frames of what was called in the buckets that are judged, and just before."""


def conform(name: str, frame: pd.DataFrame | None) -> pd.DataFrame:
    """The frame `name` with exactly its columns and their types; None becomes an empty one.

    A key without an id is none. Times become `datetime64[us, UTC]`, text `str` (null where missing), counts `int64`,
    flags `bool`.
    Raises DetectorError when a column is missing or does not hold what it should.
    """
    spec = FRAMES[name]
    if frame is None:
        frame = pd.DataFrame({column: [] for column in spec.columns})
    if missing := [column for column in spec.columns if column not in frame.columns]:
        msg = f"The frame {name} lacks {', '.join(missing)}."
        raise DetectorError(msg, hint="Compare store/queries/frames.py with detectors/frames.py.")
    try:
        made = pd.DataFrame({column: _cast(frame[column], kind) for column, kind in spec.columns.items()})
        return made.dropna(subset=["key_id"], ignore_index=True) if name == "keys" else made
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
    since = pd.Timestamp(window.since - spec.lookback).floor(_BUCKETS[spec.clock])
    near = (frame[spec.clock] >= since) & (frame[spec.clock] < window.until)
    return frame if near.all() else frame[near]


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
        case "number":
            return pd.to_numeric(column).astype("float64")
        case "list" | "hours":
            lists = column.astype("object") if kind == "list" or column.dtype != PACKED else column
            return lists if kind == "list" else lists.astype(PACKED)
