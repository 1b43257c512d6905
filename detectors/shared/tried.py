"""Failed calls beside what is usual: was the key known, had it worked from there, did everybody's calls fail then?

Every detector of failed authentication reads `tried`, so that they agree on what an attack is made of.
"""

from datetime import timedelta
from typing import Final

import pandas as pd

from detectors.columns import among
from detectors.declare import DAY, HOUR, MINUTE, Frames
from detectors.shared.lifetimes import known_refs
from detectors.shared.outage import hidden
from detectors.shared.remember import remembered
from model.event import UNKNOWN_PREFIX

FRAMES: Final = ("auth_minutes", "worked", "platform_minutes", "key_refs")
"""What `tried` reads."""
REACH: Final = timedelta(days=29)
"""How long a success makes a place usual (store/queries/attacks.py knows it too)."""

ROOMS: Final = 8
"""A key that succeeded from so many networks has no place of its own."""
_NEARLY_ALL: Final = 0.8

_LEARNING: Final = timedelta(days=3)
_ROAMING: Final = 1 / 7


def tried(frames: Frames) -> pd.DataFrame:
    """auth_minutes, oldest first, with these columns more.

    `failed`: calls answered 401 or 403. `known`: the key stands in the inventory or, when there is none, had succeeded
    before. `refs`: how many keys the row stands for; above 1, or without a key_ref, they are folded. `home`: the key
    had succeeded from that network in an earlier minute of the 29 days before. `place`: some key had. `strange`:
    `failed` where not home, else 0. `usual`: `failed` at home, 0 while the platform refuses everybody. `covered`:
    `failed` of a known key that came to a new place while the platform refuses everybody, from an address that has
    tried no other key and has not failed with it before, while nothing came from the key's usual places for an hour:
    its owner has moved, and it would have been refused anyway, so it is not `strange`. Neither is, while the platform
    refuses everybody, what is `roaming` (the key has ROOMS networks or more, had succeeded within the hour, and next
    to nothing of it succeeds in that minute: serverless callers, an app) or `nowhere` (a known key, no address).
    """
    return _tried(*(frames[name] for name in FRAMES))


@remembered
def _tried(*given: pd.DataFrame) -> pd.DataFrame:
    frames = dict(zip(FRAMES, given, strict=True))
    rows = frames["auth_minutes"].sort_values("minute", kind="stable", ignore_index=True)
    folded = rows["key_ref"].str.startswith(UNKNOWN_PREFIX).fillna(value=False).astype(bool)
    rows["refs"] = rows["refs"].clip(lower=rows["key_ref"].notna().astype(int))
    rows["key_ref"] = rows["key_ref"].mask(folded)
    failed = rows["unauthenticated"] + rows["forbidden"]
    worked = _successes(frames, rows)
    home = _since(rows, worked, ["key_ref", "network"], REACH)
    rows = rows.assign(
        failed=failed,
        known=_known(frames, rows, worked),
        home=home,
        place=_since(rows, worked, ["network"], REACH),
    )
    rows = rows.assign(roaming=_roaming(rows, worked), nowhere=rows["known"] & rows["network"].isna())
    outage = hidden(frames, rows)
    covered = _covered(rows, outage & ~home)
    excused = covered | (outage & (rows["roaming"] | rows["nowhere"]))
    return rows.assign(
        strange=failed.where(~home & ~excused, 0),
        usual=failed.where(home & ~outage, 0),
        covered=failed.where(covered, 0),
    )


def _covered(rows: pd.DataFrame, outage: "pd.Series[bool]") -> "pd.Series[bool]":
    """Which rows `tried` calls covered; by what came before each of them alone."""
    if not outage.any():
        return outage
    failed = rows.loc[(rows["failed"] > 0) & rows["ip"].notna() & rows["key_ref"].notna()]
    near = failed[failed["ip"].isin(set(rows.loc[outage, "ip"]))].assign(outside=~outage)
    keys = (~near.duplicated(["ip", "key_ref"])).groupby(near["ip"]).cumsum()
    before = near.groupby(["ip", "key_ref"])["outside"].cumsum()
    alone = rows.index.isin(near.index[(keys <= 1) & (before == 0)])
    used = rows.loc[rows["home"], ["minute", "key_ref"]].dropna()
    asked = rows.loc[outage & alone, ["minute", "key_ref"]].dropna()
    at_home = _since(asked, used.assign(at=used["minute"]), ["key_ref"], HOUR).reindex(rows.index, fill_value=True)
    return outage & rows["known"] & alone & ~at_home


def _roaming(rows: pd.DataFrame, worked: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows `tried` calls roaming; by what came before their minute, and by the minute itself."""
    failing = (rows["failed"] > 0) & rows["known"] & ~rows["home"]
    mine = worked[worked["key_ref"].isin(rows.loc[failing, "key_ref"].dropna().unique())]
    first: pd.DataFrame = mine.groupby(["key_ref", "network"])["at"].min().reset_index()
    first = first.sort_values("at", kind="stable")
    rooms = first.assign(rooms=first.groupby("key_ref").cumcount() + 1, minute=first["at"]).drop(columns="network")
    asked = rows.loc[failing, ["minute", "key_ref"]].dropna()
    if rooms.empty or asked.empty:
        return pd.Series(data=False, index=rows.index)
    met = pd.merge_asof(asked, rooms[["minute", "key_ref", "rooms"]], on="minute", by="key_ref")
    many = pd.Series((met["rooms"] >= ROOMS).to_numpy(), index=asked.index).reindex(rows.index, fill_value=False)
    sums = rows.groupby(["key_ref", "minute"])[["failed", "requests"]].transform("sum")
    lately = _since(rows, mine, ["key_ref"], HOUR)
    return failing & many & lately & (sums["failed"] >= _NEARLY_ALL * sums["requests"])


def usual_at(frames: Frames, rows: pd.DataFrame, at: "pd.Series[pd.Timestamp]") -> "pd.Series[bool]":
    """Whether the key of each row of `tried` had succeeded from the row's network in the 29 days before `at`."""
    moved = rows[["key_ref", "network"]].assign(minute=at).sort_values("minute", kind="stable")
    return _since(moved, _successes(frames, rows), ["key_ref", "network"], REACH).reindex(rows.index)


def worked_of(network_days: pd.DataFrame, origin_hours: pd.DataFrame) -> pd.DataFrame:
    """The frame `worked` from all days and hours, which hold more than it has to."""
    found = [_ended(network_days, "day", DAY), _ended(origin_hours, "hour", HOUR)]
    return pd.concat(found).drop_duplicates(ignore_index=True)


def by_day(attacked_days: pd.DataFrame, rows: pd.DataFrame, reach: timedelta) -> pd.DataFrame:
    """`rows` (key_ref, network, minute; by minute) with `home` and `place` as in `tried`, by earlier days only."""
    worked = _of_interest(_ended(attacked_days, "day", DAY), rows).sort_values("at", kind="stable")
    home = _since(rows, worked, ["key_ref", "network"], reach)
    return rows.assign(home=home, place=_since(rows, worked, ["network"], reach))


def roams(attacked_days: pd.DataFrame, key_ref: str, at: pd.Timestamp, reach: timedelta) -> bool:
    """Whether a key finds a new network more often than every week (a phone, an app in many hands).

    Of the days within `reach` before the day of `at` that it succeeded on, the first three are its learning.
    """
    day = at.floor("D")
    mine = attacked_days[(attacked_days["key_ref"] == key_ref) & (attacked_days["ok"] > 0)]
    mine = mine[(mine["day"] < day) & (mine["day"] >= day - reach)]
    if mine.empty:
        return False
    first, since = mine.groupby("network")["day"].min(), mine["day"].min()
    learnt = since + _LEARNING
    return bool((first >= learnt).sum() / max((day - learnt).days, 1) > _ROAMING)


def _known(frames: Frames, rows: pd.DataFrame, worked: pd.DataFrame) -> "pd.Series[bool]":
    if listed := known_refs(frames):
        return among(rows["key_ref"], listed)
    return _since(rows, worked, ["key_ref"], REACH)


def _successes(frames: Frames, rows: pd.DataFrame) -> pd.DataFrame:
    """When key_refs or networks of `rows` had succeeded: key_ref, network, at (the end of that minute, hour or day).

    Only a moment that is over counts, so that no row is judged by what came after it.
    """
    found = pd.concat([frames["worked"], _ended(frames["auth_minutes"], "minute", MINUTE)])
    return _of_interest(found, rows).sort_values("at", kind="stable", ignore_index=True)


def _of_interest(worked: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Those of a key or at a network of `rows`."""
    key, network = (among(worked[name], rows[name].dropna().unique()) for name in ("key_ref", "network"))
    return worked[key | network]


def _ended(frame: pd.DataFrame, clock: str, length: timedelta) -> pd.DataFrame:
    good = frame.loc[frame["ok"] > 0, ["key_ref", "network", clock]].dropna()
    return good.assign(at=good[clock] + length)[["key_ref", "network", "at"]].drop_duplicates()


def _since(rows: pd.DataFrame, worked: pd.DataFrame, by: list[str], reach: timedelta) -> "pd.Series[bool]":
    """Whether there was a success of the same `by` in (minute - reach, minute]; `rows` are sorted by minute."""
    worked = worked.drop_duplicates([*by, "at"])
    asked = rows[["minute", *by]].dropna()
    last = worked[[*by, "at"]].assign(minute=worked["at"])
    met = pd.merge_asof(asked, last, on="minute", by=by, direction="backward", tolerance=pd.Timedelta(reach))
    return pd.Series(met["at"].notna().to_numpy(), index=asked.index).reindex(rows.index, fill_value=False)
