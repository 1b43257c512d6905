"""auth-burst-key: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from detectors.bursts import Burst, bursts, over_the_line, top, with_failures
from detectors.declare import DAY, MINUTE, Frames, detector
from detectors.lifetimes import dead_refs
from detectors.scores import Scored, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    failures: int = 10
    """Failed calls within `span`."""
    span: timedelta = timedelta(minutes=5)
    share: float = 0.5
    """Failed calls as a share of the key's calls within `span`."""
    others: int = 5
    """So many other keys that fail at their usual places within `span` are an outage."""
    theirs: int = 3
    """Calls answered 401, and no fewer than the successful ones, that another key must have there."""


@detector(
    id="auth-burst-key",
    severity=Severity.HIGH,
    kind="rule",
    frames=("auth_minutes", "keys", "key_refs"),
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.001",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Burst of failed calls with one key.

    At least 10 calls answered 401 or 403 within five minutes (sliding by minutes) that are at least half of the
    key's calls. The line is Elastic's "GKE API Request Failure Burst" (10 in 5 min); Panther's BruteForceByUser has
    20 in 60.

    Why it matters: somebody tries a key that the service does not accept, or tries what the key may not do. A key
    that worked until now and suddenly fails in bulk is being guessed at, abused, or was just cut off.

    False alarms: a job that was left behind after a rotation, a key whose permissions changed. The bursts of a key
    that is revoked or expired are low, since they are a retry loop and revoked-or-expired-key-used tells where it
    comes from. Low too are those of minutes in which 5 other keys fail at places where they had succeeded within
    hours: that is the service's outage, not an attack on a key.

    What to do: look at the address in the finding. If it is the owner's own, ask the owner whether something was
    deployed or rotated. If it is not, block the address, check whether a call succeeded afterwards, and rotate the
    key.
    """
    minutes = with_failures(frames["auth_minutes"])
    over = over_the_line(minutes, "key_ref", at_least=settings.failures, span=settings.span, share=settings.share)
    dead = dead_refs(frames)
    dead_at = dict(zip(dead["key_ref"], dead["dead_at"], strict=True))
    home = _at_home(minutes)
    return to_frame(
        _row(burst, settings, dead_at.get(burst.subject), _others(home, burst, settings))
        for burst in bursts(minutes, "key_ref", over, settings.span)
    )


def _at_home(minutes: pd.DataFrame) -> pd.DataFrame:
    """The rows of auth_minutes of a key at a network where it had succeeded in an earlier minute, by minute."""
    rows = minutes.dropna(subset=["key_ref", "network"])
    first = rows[rows["ok"] > 0].groupby(["key_ref", "network"], as_index=False).agg(worked=("minute", "min"))
    met = rows.merge(first, on=["key_ref", "network"])
    return met[met["worked"] < met["minute"]].sort_values("minute", kind="stable")


def _others(home: pd.DataFrame, burst: Burst, settings: Settings) -> int:
    """How many other keys fail at their usual places within the span of the burst."""
    ends = pd.DatetimeIndex([burst.minute - settings.span, burst.minute])
    low, high = pd.DatetimeIndex(home["minute"]).searchsorted(ends, side="right")
    near = home.iloc[low:high]
    sums = near[near["key_ref"] != burst.subject].groupby("key_ref")[["unauthenticated", "ok"]].sum()
    failing = (sums["unauthenticated"] >= settings.theirs) & (sums["unauthenticated"] >= sums["ok"])
    return int(failing.sum())


def _row(burst: Burst, settings: Settings, dead_at: datetime | None, others: int) -> Scored:
    ip = top(burst.failed, "ip")
    addresses = burst.failed["ip"].nunique()
    span = int(settings.span.total_seconds() // 60)
    outage = others >= settings.others
    low = outage or (dead_at is not None and dead_at <= burst.minute)
    note = f" {others} other keys failed at their usual places then: look at the service first." if outage else ""
    return Scored(
        bucket=burst.minute,
        subject=f"key:{burst.subject}",
        key_ref=burst.subject,
        ip=ip,
        severity=Severity.LOW if low else None,
        score=burst.failures / settings.failures,
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title="{count} failed calls with key {key}" + (f" from {ip}" if ip and addresses == 1 else ""),
        summary=f"At its peak {burst.failures} of {burst.requests} calls within {span} minutes failed "
        f"({burst.share:.0%}), from {addresses} address{'' if addresses == 1 else 'es'}"
        f"{f', most from {ip}' if ip else ''}.{note}",
        detail={"failures": burst.failures, "requests": burst.requests, "addresses": int(addresses)},
    )
