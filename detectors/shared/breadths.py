"""What the detectors of breadth share: sums over two buckets of five minutes, and what a key did on its days before."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

import pandas as pd

from detectors.columns import among
from detectors.declare import DAY, Frames
from detectors.shared.lifetimes import identity, known_refs
from detectors.shared.windows import sliding_sums

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
        self._routes, self._calls = days[days["key"].isin(wanted)], hours[hours["key"].isin(wanted)]
        self._days = {str(key): rows for key, rows in self._routes.groupby("key")}
        self._hours = {str(key): rows for key, rows in self._calls.groupby("key")}
        made = frames["keys"][["key_id", "created_at"]].dropna()
        self._made = dict(zip(made["key_id"], made["created_at"], strict=True))
        # A key has many buckets a day, and all of a day are held against the same days before it.
        self._widest, self._busiest = cache(self._measured_widths), cache(self._measured_busiest)
        self._lately = cache(self._measured_lately)

    def key(self, key_ref: str) -> str:
        """The key_id of a key_ref, or itself."""
        return self._keys.get(key_ref, key_ref)

    def of(self, key_ref: str, minute: pd.Timestamp) -> Days:
        """The days before the day of `minute`."""
        made = self._made.get(self.key(key_ref))
        old = made is not None and minute - made >= _SET_UP
        age, forbidden, missing = self._widest(self.key(key_ref), minute.floor("D"))
        return Days(age=age, old=old, forbidden=forbidden, missing=missing)

    def busiest(self, key_ref: str, route: str, minute: pd.Timestamp) -> tuple[int, int]:
        """The most calls of a key to a route on one of its days before, and to all routes in an hour of yesterday."""
        of_routes, of_hours = self._busiest(minute.floor("D"))
        key = self.key(key_ref)
        if key not in self._days or key not in self._hours:
            return 0, 0
        return of_routes.get((key, route), 0), of_hours.get(key, 0)

    def calls(self, key_ref: str, since: pd.Timestamp, until: pd.Timestamp) -> int:
        """All its calls in the hours of [since, until)."""
        rows = self._hours.get(self.key(key_ref))
        return 0 if rows is None else int(rows.loc[(rows["hour"] >= since) & (rows["hour"] < until), "requests"].sum())

    def lately(self, key_ref: str, minute: pd.Timestamp) -> tuple[int, int]:
        """In how many hours of yesterday and of today up to the hour of `minute` a key was used, and the most calls."""
        return self._lately(self.key(key_ref), minute.floor("h"))

    def _measured_widths(self, key: str, day: pd.Timestamp) -> tuple[timedelta, int, int]:
        rows = self._before(key, day)
        if rows is None or rows.empty:
            return timedelta(0), 0, 0
        age = (day - rows["day"].min()).to_pytimedelta()
        return age, _widest(rows[rows["forbidden"] > 0]), _widest(rows[rows["client_error"] > 0])

    def _measured_busiest(self, day: pd.Timestamp) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
        """Of all keys at once: by key and route, and by key."""
        routes = self._routes[(self._routes["day"] < day) & (self._routes["day"] >= day - REACH)]
        hours = self._calls[(self._calls["hour"] < day) & (self._calls["hour"] >= day - DAY)]
        of_routes = routes.groupby(["key", "route", "day"])["requests"].sum().groupby(level=["key", "route"]).max()
        of_hours = hours.groupby(["key", "hour"])["requests"].sum().groupby(level="key").max()
        return (
            dict(zip(of_routes.index.to_list(), of_routes.to_numpy(dtype="int64").tolist(), strict=True)),
            dict(zip(of_hours.index.to_list(), of_hours.to_numpy(dtype="int64").tolist(), strict=True)),
        )

    def _measured_lately(self, key: str, hour: pd.Timestamp) -> tuple[int, int]:
        rows = self._hours.get(key)
        if rows is None:
            return 0, 0
        found = rows[(rows["hour"] >= hour.floor("D") - DAY) & (rows["hour"] < hour)]
        calls = found.groupby("hour")["requests"].sum()
        return (len(calls), int(calls.max())) if len(calls) else (0, 0)

    def _before(self, key: str, day: pd.Timestamp) -> pd.DataFrame | None:
        rows = self._days.get(key)
        return None if rows is None else rows[(rows["day"] < day) & (rows["day"] >= day - REACH)]


def with_subject(rows: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Rows of `breadth` or `walks` with `subject`: `key:…` of a key, `ip:…` where no key of the inventory is used.

    Without an inventory each key counts as one. Rows of neither are left out.
    """
    known = known_refs(frames)
    keyed = among(rows["key_ref"], known) if known else rows["key_ref"].notna()
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
