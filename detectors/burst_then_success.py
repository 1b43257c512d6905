"""burst-then-success: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd

from detectors import auth_burst_address, auth_burst_key, key_guessing
from detectors.bursts import over_the_line, with_failures
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.lifetimes import known_refs
from detectors.scores import Scored, moment, to_frame
from detectors.windows import sliding_sums
from model.finding import Severity
from model.window import Window

_RUN_UP: Final = timedelta(minutes=15)
"""How long before an address is over the line its burst can have begun; the longest span of the inner lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    within: timedelta = timedelta(hours=3)
    """How long after a burst a success counts."""


@detector(
    id="burst-then-success",
    severity=Severity.CRITICAL,
    kind="rule",
    frames=("auth_minutes", "origin_hours", "network_days", "key_refs"),
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110", "T1078.004"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2", "CC7.3"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A burst of failed calls, and then a success.

    After a burst by key or address, or guessing, a key succeeds within three hours from an address that failed in
    the burst, and that key had not succeeded from that address or its network before (Elastic's "Successful Login
    After Credential Attack": any alert, then success within 180 min). The inner detectors run at their default
    lines.

    Why it matters: the guess worked. Whoever it was is in, with the rights of that key.

    False alarms: an owner who sets up a key in a new place and gets it right at the twentieth try. A key that
    recovers at its usual place is not told.

    What to do: revoke the key now and ask afterwards. List every call with it from that address since the first
    success, and what those calls read or changed. Block the address.
    """
    minutes = with_failures(frames["auth_minutes"])
    joined = _successes(minutes, _hot(frames, minutes), settings.within)
    told = joined[~_usual(joined, minutes, frames)].sort_values(["minute", "key_ref", "ok"], kind="stable")
    return to_frame(_row(group) for _, group in told.groupby(["minute", "key_ref"]))


def _hot(frames: Frames, minutes: pd.DataFrame) -> pd.DataFrame:
    """The minutes at which an address was in a burst: ip, hot."""
    guessed = key_guessing.over(frames, key_guessing.Settings())
    address = auth_burst_address.over(minutes, auth_burst_address.Settings(), known_refs(frames))
    hot = pd.concat([guessed, address])[["ip", "minute"]].rename(columns={"minute": "hot"})
    return pd.concat([hot, _hot_by_key(minutes)]).drop_duplicates().sort_values("hot", kind="stable")


def _hot_by_key(minutes: pd.DataFrame) -> pd.DataFrame:
    """Addresses that failed with a key within the span of its burst: ip, hot (the minute it was over the line)."""
    line = auth_burst_key.Settings()
    over = over_the_line(minutes, "key_ref", at_least=line.failures, span=line.span, share=line.share)
    hot = over[["key_ref", "minute"]].assign(hot=over["minute"]).sort_values("minute")
    failed = minutes.loc[minutes["failures"] > 0, ["key_ref", "ip", "minute"]].dropna().sort_values("minute")
    near = pd.merge_asof(
        failed, hot, on="minute", by="key_ref", direction="forward", tolerance=pd.Timedelta(line.span - MINUTE)
    )
    return near.dropna(subset=["hot"])[["ip", "hot"]]


def _successes(minutes: pd.DataFrame, hot: pd.DataFrame, within: timedelta) -> pd.DataFrame:
    """Successes from an address at most `within` after it was hot.

    The rows of auth_minutes with `began` (the first such hot minute) and `failed` (the address's failures by then).
    """
    rows = minutes[(minutes["ok"] > 0) & minutes["key_ref"].notna() & minutes["ip"].isin(set(hot["ip"]))]
    earliest = rows.assign(hot=rows["minute"] - within).sort_values("hot", kind="stable")
    found = pd.merge_asof(earliest, hot.assign(began=hot["hot"]), on="hot", by="ip", direction="forward")
    found = found[found["began"] <= found["minute"]]
    mine = minutes[minutes["ip"].isin(set(found["ip"]))]
    failed = sliding_sums(mine, by="ip", at="minute", of=["failures"], span=within + _RUN_UP)
    return found.merge(failed.rename(columns={"failures": "failed"}), on=["ip", "minute"])


def _usual(joined: pd.DataFrame, minutes: pd.DataFrame, frames: Frames) -> "pd.Series[bool]":
    """Whether the key had succeeded from that network before the burst: on an earlier day, or earlier that day."""
    days = frames["network_days"]
    hours = frames["origin_hours"]
    before = [
        days.loc[days["ok"] > 0, ["key_ref", "network"]].assign(at=days["day"] + timedelta(days=1)),
        hours.loc[hours["ok"] > 0, ["key_ref", "network"]].assign(at=hours["hour"] + HOUR),
        minutes.loc[minutes["ok"] > 0, ["key_ref", "network"]].assign(at=minutes["minute"] + MINUTE),
    ]
    first = pd.concat(before).groupby(["key_ref", "network"])["at"].min().rename("first").reset_index()
    met = joined[["key_ref", "network", "began"]].merge(first, on=["key_ref", "network"], how="left")
    # The burst's own minutes are no history: what is usual was so before its first failures.
    return (met["first"] <= met["began"] - _RUN_UP).set_axis(joined.index)


def _row(group: pd.DataFrame) -> Scored:
    lead = group.iloc[-1]
    ip, failed, calls = str(lead["ip"]), int(group["failed"].max()), int(group["ok"].sum())
    return Scored(
        bucket=moment(lead["minute"]),
        subject=f"key:{lead['key_ref']}",
        key_ref=str(lead["key_ref"]),
        ip=ip,
        score=max(1.0, failed / auth_burst_key.Settings().failures),
        count=calls,
        first_seen=moment(group["first_seen"].fillna(group["minute"]).min()),
        last_seen=moment(group["last_seen"].fillna(group["minute"]).max()),
        title=f"{failed} failed calls from {ip}, then {{count}} successful ones with key {{key}}",
        summary=f"After a burst of failed calls from {ip} at {lead['began']:%Y-%m-%d %H:%M} UTC, the key {{key}} "
        "succeeded from there, where it had not been used before.",
        detail={"failed": failed, "network": None if pd.isna(lead["network"]) else str(lead["network"])},
    )
