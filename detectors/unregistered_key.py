"""unregistered-key: see the docstring of `score`."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from detectors.columns import among
from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.lifetimes import known_refs
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    requests: int = 1
    """Successful calls in an hour."""
    many: int = 10
    """More unlisted keys than this within a day,"""
    share: float = 0.2
    """that are more than this share of the keys that worked, are the inventory's fault."""


@detector(
    id="unregistered-key",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("origin_hours", "key_hours", "keys", "key_refs"),
    by_key=("origin_hours",),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1098.001", "T1078.004"),
    owasp=("API9:2023",),
    controls=("CC6.1", "CC6.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key that the inventory does not list is in use.

    Successful calls with a key that no row of the inventory knows. Medium; low when the calls are newer than the
    inventory, which may list the key with the next pull. When more than 10 such keys, and a fifth of all that worked
    in the 24 hours before, are not listed, that is one low finding: the inventory is incomplete. Silent when there is
    no inventory.

    Why it matters: a key that nobody lists is rotated by nobody, and revoked by nobody when its owner leaves. It
    may have been made by somebody who should not have.

    False alarms: an inventory that is older than the key; one that lists only some keys, or their ids where the log
    has secrets.

    What to do: pull the inventory again. If the key is still not there, find its owner by the addresses and routes
    of its calls, and register or revoke it.
    """
    known = known_refs(frames)
    rows = frames["origin_hours"].dropna(subset=["key_ref"])
    rows = rows[rows["ok"] > 0]
    used = rows[~among(rows["key_ref"], known)]
    if not known or used.empty:
        return to_frame([])
    pulled = frames["keys"]["pulled_at"].max()
    # Of keys in good order, hours alone are read.
    whole_hours = frames["key_hours"][["hour", "key_ref", "ok"]]
    worked = pd.concat([rows[["hour", "key_ref", "ok"]], whole_hours[whole_hours["ok"] > 0]])
    platform = _incomplete(worked, used, settings)
    # The address with most calls is the last of its group.
    used = used.assign(
        first_seen=used["first_seen"].fillna(used["hour"]), last_seen=used["last_seen"].fillna(used["hour"])
    )
    hours = used.sort_values("ok", kind="stable").groupby(["key_ref", "hour"], as_index=False)
    sums = hours.agg(
        count=("ok", "sum"),
        first=("first_seen", "min"),
        last=("last_seen", "max"),
        ip=("ip", "last"),
        ips=("ip", "nunique"),
    )
    enough = sums[sums["count"] >= settings.requests]
    of_keys = enough[~enough["hour"].isin(platform)]
    told = [_row(row, settings, pulled) for row in of_keys.itertuples(index=False, name=None)]
    whole = enough[enough["hour"].isin(platform)].groupby("hour")
    return to_frame([*told, *(_of_platform(group) for _, group in whole)])


def _incomplete(rows: pd.DataFrame, used: pd.DataFrame, settings: Settings) -> set[pd.Timestamp]:
    """The hours by which, in 24 hours, too many unlisted keys had worked."""
    found = set()
    for hour in used["hour"].drop_duplicates():
        unlisted, all_keys = (
            each.loc[(each["hour"] <= hour) & (each["hour"] > hour - DAY), "key_ref"].nunique() for each in (used, rows)
        )
        if unlisted > settings.many and unlisted > settings.share * all_keys:
            found.add(hour)
    return found


def _of_platform(group: pd.DataFrame) -> Scored:
    return Scored(
        bucket=moment(group["hour"].iloc[0]),
        subject="platform:all",
        severity=Severity.LOW,
        score=1.0 + min(len(group), 1000) / 1000,
        count=int(group["count"].sum()),
        first_seen=moment(group["first"].min()),
        last_seen=moment(group["last"].max()),
        title="The inventory does not list many of the keys that work: {count} successful calls",
        summary=f"{len(group)} such keys in its busiest hour. The inventory is incomplete, or lists other references.",
        detail={"keys": sorted(group["key_ref"].astype(str))[:20]},
    )


def _row(row: tuple[Any, ...], settings: Settings, pulled: pd.Timestamp) -> Scored:
    key_ref, hour, count, first, last, ip, addresses = row
    newer = not pd.isna(pulled) and first > pulled
    note = " The inventory is older than these calls: pull it again." if newer else ""
    calls = int(count)
    return Scored(
        bucket=moment(hour),
        subject=f"key:{key_ref}",
        key_ref=str(key_ref),
        ip=None if pd.isna(ip) else str(ip),
        severity=Severity.LOW if newer else None,
        score=calls / max(settings.requests, 1),
        count=calls,
        first_seen=moment(first),
        last_seen=moment(last),
        title="{count} successful calls with a key that the inventory does not list",
        summary=f"{key_ref} works and is in no row of the inventory; in its busiest hour it made {calls} calls from "
        f"{addresses} address{'' if addresses == 1 else 'es'}.{note}",
        detail={"addresses": int(addresses)},
    )
