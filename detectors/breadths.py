"""What the detectors of breadth share: sums over two buckets of five minutes, and what a key did on its days before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import DAY, Frames
from detectors.lifetimes import identity, known_refs
from detectors.windows import sliding_sums

BUCKET: Final = timedelta(minutes=5)
"""The width of the buckets of `breadth` and `walks` (store/queries/breadth.py)."""
SPAN: Final = 2 * BUCKET
REACH: Final = timedelta(days=30)
_CALLS_A_ROUTE: Final = 2
_SET_UP: Final = timedelta(days=7)
"""While a key is no older, its owner may be trying things out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What the 30 days before a day say about a key's routes."""

    age: timedelta
    """Since the first of them."""
    old: bool
    """Whether the key was made more than a week before: if it is new here, only the log is young."""
    forbidden: int
    """The most routes that were forbidden (403) on one day."""
    missing: int
    """The most routes with client errors on one day."""


class RouteDays:
    """Days of keys by route, from route_days, key_hours and keys; `key` is a key_id, or a key_ref without one."""

    def __init__(self, frames: Frames, refs: set[str]) -> None:
        """Only those of the keys that `refs` belong to are kept."""
        self._keys = identity(frames)
        wanted = {self.key(ref) for ref in refs}
        days, hours = (_keyed(frames[name], self._keys) for name in ("route_days", "key_hours"))
        self._days = {str(key): rows for key, rows in days[days["key"].isin(wanted)].groupby("key")}
        self._hours = {str(key): rows for key, rows in hours[hours["key"].isin(wanted)].groupby("key")}
        made = frames["keys"][["key_id", "created_at"]].dropna()
        self._made = dict(zip(made["key_id"], made["created_at"], strict=True))

    def key(self, key_ref: str) -> str:
        """The key_id of a key_ref, or itself."""
        return self._keys.get(key_ref, key_ref)

    def of(self, key_ref: str, minute: pd.Timestamp) -> Days:
        """The days before the day of `minute`."""
        day = minute.floor("D")
        rows, made = self._before(key_ref, day), self._made.get(self.key(key_ref))
        old = made is not None and minute - made >= _SET_UP
        if rows is None or rows.empty:
            return Days(age=timedelta(0), old=old, forbidden=0, missing=0)
        return Days(
            age=(day - rows["day"].min()).to_pytimedelta(),
            old=old,
            forbidden=_widest(rows[rows["forbidden"] > 0]),
            missing=_widest(rows[rows["client_error"] > 0]),
        )

    def busiest(self, key_ref: str, route: str, minute: pd.Timestamp) -> tuple[int, int]:
        """The most calls of a key to a route on one of its days before, and to all routes in an hour of yesterday."""
        day = minute.floor("D")
        rows = self._before(key_ref, day)
        hours = self._calls(key_ref, day - DAY, day)
        if rows is None or hours is None:
            return 0, 0
        of_route = rows[rows["route"] == route].groupby("day")["requests"].sum()
        return int(of_route.max()) if len(of_route) else 0, int(hours.max()) if len(hours) else 0

    def lately(self, key_ref: str, minute: pd.Timestamp) -> tuple[int, int]:
        """In how many hours of yesterday and of today up to the hour of `minute` a key was used, and the most calls."""
        hours = self._calls(key_ref, minute.floor("D") - DAY, minute.floor("h"))
        return (0, 0) if hours is None or hours.empty else (len(hours), int(hours.max()))

    def _calls(self, key_ref: str, since: pd.Timestamp, until: pd.Timestamp) -> "pd.Series[int] | None":
        hours = self._hours.get(self.key(key_ref))
        if hours is None:
            return None
        return hours[(hours["hour"] >= since) & (hours["hour"] < until)].groupby("hour")["requests"].sum()

    def _before(self, key_ref: str, day: pd.Timestamp) -> pd.DataFrame | None:
        rows = self._days.get(self.key(key_ref))
        return None if rows is None else rows[(rows["day"] < day) & (rows["day"] >= day - REACH)]


def with_subject(rows: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Rows of `breadth` or `walks` with `subject`: `key:…` of a key, `ip:…` where no key of the inventory is used.

    Without an inventory each key counts as one. Rows of neither are left out.
    """
    known = known_refs(frames)
    keyed = rows["key_ref"].isin(known) if known else rows["key_ref"].notna()
    subject = ("key:" + rows["key_ref"]).where(keyed, "ip:" + rows["ip"])
    return rows.assign(subject=subject).dropna(subset=["subject"])


def ten_minutes(rows: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """The sums of the columns `of` over a bucket and the one before it: subject, minute, and the columns `of`.

    What is distinct is added up, though it may be the same in both.
    """
    return sliding_sums(rows, by="subject", at="minute", of=of, span=SPAN)


def widths(rows: pd.DataFrame, distinct: str, calls: str) -> pd.DataFrame:
    """How many different routes over a bucket and the one before it: subject, minute, wide, `calls`, requests.

    `distinct` is the column of routes, `calls` that of the calls to them. The routes of both buckets are added up if
    there are at most two calls a route, as where a list is gone through; else they may be the same ones again, and the
    wider bucket counts.
    """
    single = rows.groupby(["subject", "minute"], as_index=False)[[distinct, calls, "requests"]].sum()
    moved = single[["subject", "minute", distinct]].assign(minute=single["minute"] + BUCKET)
    before = single[["subject", "minute"]].merge(moved, on=["subject", "minute"], how="left")[distinct].fillna(0)
    now = single[distinct]
    sums = ten_minutes(single, [calls, "requests"])
    listed = sums[calls].to_numpy() <= _CALLS_A_ROUTE * (now + before)
    wide = (now + before).where(listed, before.where(before > now, now))
    return sums.assign(wide=wide.astype("int64").to_numpy())


def lines(sums: pd.DataFrame) -> list[Any]:
    """The rows of a frame as named tuples."""
    return list(sums.itertuples(index=False))


def at(rows: pd.DataFrame, subject: str, minute: pd.Timestamp) -> pd.DataFrame:
    """The rows of a subject in the bucket and the one before it."""
    return rows[(rows["subject"] == subject) & (rows["minute"] > minute - SPAN) & (rows["minute"] <= minute)]


def key_of(subject: str) -> str | None:
    """The key_ref of a subject, or None."""
    return subject.removeprefix("key:") if subject.startswith("key:") else None


def place(rows: pd.DataFrame) -> str | None:
    """The one address that all rows come from, or None."""
    ips = set(rows["ip"].dropna())
    return str(next(iter(ips))) if len(ips) == 1 else None


def _keyed(rows: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    rows = rows.dropna(subset=["key_ref"])
    return rows.assign(key=rows["key_ref"].map(keys).fillna(rows["key_ref"]))


def _widest(rows: pd.DataFrame) -> int:
    return int(rows.groupby("day")["route"].nunique().max()) if len(rows) else 0
