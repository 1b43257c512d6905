"""unregistered-key: see the docstring of `score`."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.lifetimes import known_refs
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    requests: int = 1
    """Successful calls in an hour."""


@detector(
    id="unregistered-key",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("origin_hours", "key_refs"),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1098.001", "T1078.004"),
    owasp=("API9:2023",),
    controls=("CC6.1", "CC6.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key that the inventory does not list is in use.

    Successful calls with a key that no row of the inventory knows. Silent when there is no inventory.

    Why it matters: a key that nobody lists is rotated by nobody, and revoked by nobody when its owner leaves. It
    may have been made by somebody who should not have.

    False alarms: an inventory that is older than the key; one that lists only some keys, or their ids where the log
    has secrets.

    What to do: pull the inventory again. If the key is still not there, find its owner by the addresses and routes
    of its calls, and register or revoke it.
    """
    known = known_refs(frames)
    rows = frames["origin_hours"].dropna(subset=["key_ref"])
    used = rows[(rows["ok"] > 0) & ~rows["key_ref"].isin(known)]
    if not known or used.empty:
        return to_frame([])
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
    return to_frame(_row(row, settings) for row in enough.itertuples(index=False, name=None))


def _row(row: tuple[Any, ...], settings: Settings) -> Scored:
    key_ref, hour, count, first, last, ip, addresses = row
    calls = int(count)
    return Scored(
        bucket=moment(hour),
        subject=f"key:{key_ref}",
        key_ref=str(key_ref),
        ip=None if pd.isna(ip) else str(ip),
        score=calls / max(settings.requests, 1),
        count=calls,
        first_seen=moment(first),
        last_seen=moment(last),
        title="{count} successful calls with a key that the inventory does not list",
        summary=f"{key_ref} works and is in no row of the inventory; in its busiest hour it made {calls} calls from "
        f"{addresses} address{'' if addresses == 1 else 'es'}.",
        detail={"addresses": int(addresses)},
    )
