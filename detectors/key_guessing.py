"""key-guessing: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.bursts import with_failures
from detectors.declare import DAY, MINUTE, Frames, detector
from detectors.lifetimes import known_refs
from detectors.scores import Scored, looked_up, moment, to_frame
from detectors.windows import sliding_distinct
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    keys: int = 5
    """Different unknown keys within `span`."""
    span: timedelta = timedelta(minutes=10)


@detector(
    id="key-guessing",
    severity=Severity.HIGH,
    kind="rule",
    frames=("auth_minutes", "network_days", "key_refs"),
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.001", "T1589"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """One address tries keys that do not exist.

    At least 5 different unknown keys that failed within ten minutes from one address (CrowdSec's ssh-bf_user-enum
    has 5 distinct users). Unknown is a key that the inventory does not list; without an inventory, one that never
    succeeded.

    Why it matters: nobody has five wrong keys by accident. Somebody guesses, or goes through a list of keys from
    elsewhere.

    False alarms: a penetration test; a load test with made-up keys; an inventory that lacks keys which also fail.

    What to do: block the address. Look for a successful call from it (burst-then-success tells by itself), and for
    the same network trying again from a neighbouring address.
    """
    lines = over(frames, settings)
    failed = _unknown_failures(frames)
    minutes = failed[failed["ip"].isin(set(lines["ip"]))].groupby(["ip", "minute"], as_index=False)
    sums = minutes.agg(failures=("failures", "sum"), first_seen=("first_seen", "min"), last_seen=("last_seen", "max"))
    counted = _since_the_last(sums, lines, settings.span)
    return to_frame(_row(row, settings) for row in counted.itertuples(index=False, name=None))


def over(frames: Frames, settings: Settings) -> pd.DataFrame:
    """The minutes at which an address is over the line: ip, minute, distinct (unknown keys within the span)."""
    tried = sliding_distinct(_unknown_failures(frames), by="ip", at="minute", value="key_ref", span=settings.span)
    return tried[tried["distinct"] >= settings.keys]


def _unknown_failures(frames: Frames) -> pd.DataFrame:
    """The rows of auth_minutes with failures of unknown keys.

    Without an inventory a key is known from the minute after its first success on, and from the day after one.
    """
    minutes = with_failures(frames["auth_minutes"])
    failed = minutes[(minutes["failures"] > 0) & minutes["ip"].notna() & minutes["key_ref"].notna()]
    if known := known_refs(frames):
        return failed[~failed["key_ref"].isin(known)]
    days = frames["network_days"]
    tomorrow = days.loc[days["ok"] > 0].groupby("key_ref")["day"].min() + timedelta(days=1)
    later = minutes.loc[minutes["ok"] > 0].groupby("key_ref")["minute"].min()
    since = pd.concat([tomorrow, later]).groupby(level=0).min()
    worked = looked_up(failed["key_ref"], since)
    return failed[~(worked <= failed["minute"])]


def _since_the_last(sums: pd.DataFrame, lines: pd.DataFrame, span: timedelta) -> pd.DataFrame:
    """The minutes over the line with what came since the last one, within the span.

    Returns ip, minute, distinct, failures, first_seen, last_seen.
    """
    groups = dict(iter(sums.groupby("ip")))
    rows = []
    before: tuple[object, pd.Timestamp] = (None, pd.Timestamp(0, tz="UTC"))
    for ip, minute, distinct in lines[["ip", "minute", "distinct"]].itertuples(index=False, name=None):
        start = max(minute - span, before[1]) if before[0] == ip else minute - span
        group = groups[ip]
        new = group[(group["minute"] > start) & (group["minute"] <= minute)]
        rows.append((ip, minute, distinct, new["failures"].sum(), new["first_seen"].min(), new["last_seen"].max()))
        before = (ip, minute)
    return pd.DataFrame(rows, columns=["ip", "minute", "distinct", "failures", "first_seen", "last_seen"])


def _row(row: tuple[Any, ...], settings: Settings) -> Scored:
    ip, minute, distinct, failures, first_seen, last_seen = row
    keys = int(distinct)
    span = int(settings.span.total_seconds() // 60)
    return Scored(
        bucket=moment(minute),
        subject=f"ip:{ip}",
        ip=str(ip),
        score=keys / settings.keys,
        count=int(failures),
        first_seen=moment(minute if pd.isna(first_seen) else first_seen),
        last_seen=moment(minute if pd.isna(last_seen) else last_seen),
        title=f"{ip} guesses keys: {{count}} failed calls with unknown ones",
        summary=f"At its peak {keys} different keys that do not exist were tried within {span} minutes from {ip}.",
        detail={"keys": keys},
    )
