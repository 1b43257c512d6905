"""The routes that are new to a key, and which of them are privileged."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pandas as pd

from detectors.declare import HOUR, Frames
from detectors.scores import looked_up
from detectors.shared.lifetimes import identity
from detectors.shared.past import Past, keyed, number
from detectors.shared.places import owners
from detectors.shared.remember import remembered
from model.window import Window

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""

_PRIVILEGED: Final = re.compile(
    r"(?:^|[/_.:-])(?:admins?|users?|keys?|api-?keys?|tokens?|secrets?|credentials?|roles?|permissions?|billing|"
    r"invoices?|payouts?|exports?|audit|settings|members|internal|debug|iam|policies)(?:$|[/_.:-])",
    re.IGNORECASE,
)
_METHOD: Final = re.compile(r"([A-Z]{3,10}) (.*)", re.DOTALL)
_LEARNING: Final = timedelta(days=3)


class Fresh(NamedTuple):
    """A route that a key succeeded on for the first time in 30 days."""

    route: str
    """With its method, where the log has it."""
    first_ok: pd.Timestamp
    key_ref: str
    owned: bool
    """Whether another key of the same owner had succeeded on it."""
    others: int
    """How many keys of others had."""

    @property
    def method(self) -> str | None:
        """GET, POST …; None when the log has none."""
        return method_of(self.route)

    @property
    def privileged(self) -> bool:
        """Whether it deletes, or is about keys, people, money, exports, or the service itself."""
        return self.method == "DELETE" or privileged(self.route)

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method is not None and self.method not in READING


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the 30 days before a day say about the routes of a key."""

    routes: frozenset[str]
    age: timedelta
    requests: int
    """On days with a success."""
    new_a_day: float
    """On how many of the days after its first three a route was new to it, with half a day added."""

    @property
    def methods(self) -> frozenset[str]:
        """The methods that it succeeded with."""
        return frozenset(method for method in map(method_of, self.routes) if method)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was new on a key's routes in one hour, with its habits before that day."""

    key: str
    hour: pd.Timestamp
    fresh: tuple[Fresh, ...]
    """At least one; in the order of their first success."""
    habits: Habits


def steps(frames: Frames, window: Window) -> list[Step]:
    """The hours in which a route was new to a key of at least three days, by key and hour.

    Of route_days, on the days in which buckets of the window lie.
    """
    return _told(frames["route_days"], frames["key_refs"], pd.Timestamp(window.since - HOUR).floor("D"))


@remembered
def _told(route_days: pd.DataFrame, key_refs: pd.DataFrame, judged: pd.Timestamp) -> list[Step]:
    refs = {"key_refs": key_refs}
    keys, owned_by = identity(refs), owners(refs)
    days = keyed(route_days, keys)
    days = days.assign(first_ok=days["first_ok"].fillna(days["first_seen"])).dropna(subset=["first_ok"])
    past = Past(days, "route")
    first = days.sort_values("first_ok", kind="stable").drop_duplicates(["key", "route", "day"])
    begun = days.groupby("key")["day"].min()
    lately = first[first["day"] >= judged]
    unseen = past.unseen(lately[lately["day"] - looked_up(lately["key"], begun) >= _LEARNING])
    used = first[first["route"].isin(set(unseen["route"]))]
    users = Past(used, "key", by="route")
    today = {str(route): rows for route, rows in used[used["day"].isin(set(unseen["day"]))].groupby("route")}
    return list(_steps(unseen, past, users, today, owned_by))


def _steps(
    unseen: pd.DataFrame, past: Past, users: Past, used: Mapping[str, pd.DataFrame], owned_by: Mapping[str, str]
) -> Iterator[Step]:
    hours = unseen["first_ok"].dt.floor("h")
    for (key, _), rows in unseen.assign(hour=hours).sort_values("first_ok").groupby(["key", "hour"]):
        day, hour = rows["day"].iloc[0], rows["hour"].iloc[0]
        habits = _habits(past, str(key), day)
        fresh = tuple(
            _fresh(row, str(key), users.of(row["route"], day) | _today(used[row["route"]], day, hour), owned_by)
            for row in rows.to_dict("records")
        )
        yield Step(key=str(key), hour=hour, fresh=fresh, habits=habits)


def _habits(past: Past, key: str, day: pd.Timestamp) -> Habits:
    days = past.stretch(key, day)
    return Habits(
        routes=past.of(key, day),
        age=timedelta(days=number(day) - int(days.days[0])) if len(days.days) else timedelta(0),
        requests=int(days.requests.sum()),
        new_a_day=past.new_a_day(key, day, days=True),
    )


def _today(used: pd.DataFrame, day: pd.Timestamp, hour: pd.Timestamp) -> frozenset[str]:
    """Who succeeded on a route that day by the end of that hour: a deploy gives it to many at once."""
    return frozenset(used.loc[(used["day"] == day) & (used["first_ok"] < hour + HOUR), "key"])


def _fresh(row: dict[Any, Any], key: str, users: frozenset[str], owned_by: Mapping[str, str]) -> Fresh:
    others, mine = users - {key}, owned_by.get(key)
    owned = mine is not None and any(owned_by.get(other) == mine for other in others)
    return Fresh(
        route=str(row["route"]), first_ok=row["first_ok"], key_ref=str(row["key_ref"]), owned=owned, others=len(others)
    )


def method_of(route: str) -> str | None:
    """The method that a route of route_days begins with."""
    found = _METHOD.match(route)
    return found[1] if found else None


def privileged(route: str) -> bool:
    """Whether a route is about keys, people, money, exports, or the service itself."""
    found = _METHOD.match(route)
    return _PRIVILEGED.search(found[2] if found else route) is not None
