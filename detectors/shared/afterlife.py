"""The use of keys after their end: what was tried and what succeeded, and whether from where the key used to be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd

from detectors.declare import Frames
from detectors.scores import moment
from detectors.shared.places import Histories, histories

Place = Literal["usual", "new", "foreign", "unknown"]
"""Where calls came from: networks of the key, its owner or several others; elsewhere; of a key whose own place is not
known, where none of its owner's other keys was; nothing is known."""

WHERE: Final[dict[Place, str]] = {
    "usual": "from where it was used before",
    "new": "from a network it was not used from before",
    "foreign": "from a network that none of its owner's keys was used from",
    "unknown": "from a place of which nothing is known",
}

_MOBILE: Final = 0.15
"""A key that found new networks more often than this a day is everywhere (as in new-origin)."""
_SHARED: Final = 2
"""A network that so many other keys were used from is a place of this company or its customers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One hour of a key after its end."""

    hour: datetime
    key_ref: str
    key_id: str
    state: str
    dead_at: datetime
    dated: bool
    surely: bool
    """Whether it was over for certain: its end has a date, or the calls are later than the inventory."""
    won: int
    """Successes."""
    tried: int
    """Failures, after the grace."""
    ip: str | None
    place: Place
    watched: bool
    """Whether telemetry goes back long enough to say that the key was silent before."""
    first: datetime
    last: datetime


def uses(
    frames: Frames, dead: pd.DataFrame, *, grace: Mapping[str, timedelta], skew: timedelta, history: timedelta
) -> Iterator[Use]:
    """The hours in which dead keys were used, from origin_hours, network_days, client_days, keys and telemetry.

    `dead` has key_ref, key_id, dead_at, state, dated; `grace` is by state. An hour that began before the end counts
    for its failures only: its successes may have been before. `history` is how long telemetry must have watched.
    """
    rows = frames["origin_hours"].merge(dead, on="key_ref")
    first, last = rows["first_seen"].fillna(rows["hour"]), rows["last_seen"].fillna(rows["hour"])
    won = rows["ok"].where(first > rows["dead_at"] + skew, 0)
    patience = rows["state"].map(dict(grace)).astype("timedelta64[us]")
    tried = (rows["unauthenticated"] + rows["forbidden"]).where(last > rows["dead_at"] + patience, 0)
    rows = rows.assign(won=won, tried=tried, first=first, last=last)[(won > 0) | (tried > 0)]
    rows = rows.merge(frames["keys"][["key_id", "pulled_at"]], on="key_id", how="left")
    rows = rows.assign(surely=rows["dated"].astype(bool) | (rows["first"] >= rows["pulled_at"]))
    if rows.empty:
        return
    past, begun = histories(frames), frames["telemetry"]["since"].min()
    for _, group in rows.sort_values(["hour", "ip"]).groupby(["key_ref", "hour"]):
        day = group["hour"].iloc[0].floor("D")
        watched = not pd.isna(begun) and day - begun >= history
        yield _use(group, _place(frames, past, group, day), watched=watched)


def _use(group: pd.DataFrame, place: Place, *, watched: bool) -> Use:
    lead: Any = group.sort_values(["won", "tried", "ip"]).iloc[-1]
    return Use(
        hour=moment(lead["hour"]),
        key_ref=str(lead["key_ref"]),
        key_id=str(lead["key_id"]),
        state=str(lead["state"]),
        dead_at=moment(lead["dead_at"]),
        dated=bool(lead["dated"]),
        surely=bool(lead["surely"]),
        won=int(group["won"].sum()),
        tried=int(group["tried"].sum()),
        ip=None if pd.isna(lead["ip"]) else str(lead["ip"]),
        place=place,
        watched=watched,
        first=moment(group["first"].min()),
        last=moment(group["last"].max()),
    )


def _place(frames: Frames, past: Histories, group: pd.DataFrame, day: pd.Timestamp) -> Place:
    key = str(group["key_id"].iloc[0])
    known = past.of(key, day)
    own = set(known.networks)
    mobile = bool(own) and known.new_a_day > _MOBILE
    if not own:
        # Nothing has succeeded for a month: where it was tried from since then is no news.
        days = frames["network_days"]
        own = set(days.loc[(days["key_ref"] == group["key_ref"].iloc[0]) & (days["day"] < day), "network"].dropna())
        if not own:
            theirs = past.owner_of(key, day).networks
            return "foreign" if theirs and _foreign(past, key, group["network"], day) else "unknown"
    strange = group.loc[~group["network"].isin(own), "network"]
    return "new" if _foreign(past, key, strange, day) and not mobile else "usual"


def _foreign(past: Histories, key: str, networks: "pd.Series[str]", day: pd.Timestamp) -> bool:
    """Whether one of these networks is neither the owner's nor that of several others."""
    return any(
        not past.of_owner(key, network, day) and past.of_others(key, network, day) < _SHARED
        for network in networks.dropna().unique()
    )
