"""auth-burst-address: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.bursts import Burst, bursts, over_the_line, with_failures
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.windows import sliding_distinct, sliding_sums
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    failures: int = 15
    """Failed calls within `span`."""
    span: timedelta = timedelta(minutes=5)
    at_once: int = 11
    """Failed calls within one minute."""
    share: float = 0.5
    """Failed calls as a share of the address's calls within `span`."""
    high_failures: int = 100
    """Failed calls within an hour that make it high."""
    high_keys: int = 5
    """Different keys tried within an hour that make it high."""


@detector(
    id="auth-burst-address",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("auth_minutes",),
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Burst of failed calls from one address.

    More than 10 calls answered 401 or 403 within a minute, or 15 within five minutes, that are at least half of the
    address's calls: what overflows CrowdSec's http-generic-401-bf with a bucket of 10 that leaks one in 10 s,
    judged by minutes. It is high with 100 failures or 5 different keys within the hour.

    Why it matters: somebody at that address guesses keys, tries a list of leaked ones, or probes what is protected.

    False alarms: many customers behind one address (a proxy, a company's egress) where one has a broken job; the
    share of half guards against it, and an address that fails with one key only is left to auth-burst-key.
    A monitor that calls without a key.

    What to do: look at which keys were tried and whether any call succeeded. Block the address at the edge if it is
    nobody's you know. If it is a customer's, tell them that their job fails.
    """
    minutes = with_failures(frames["auth_minutes"])
    lines = over(minutes, settings)
    failed = minutes[(minutes["failures"] > 0) & minutes["ip"].isin(set(lines["ip"]))]
    hours = sliding_sums(failed, by="ip", at="minute", of=["failures"], span=HOUR)
    keys = sliding_distinct(failed.dropna(subset=["key_ref"]), by="ip", at="minute", value="key_ref", span=HOUR)
    levels = hours.merge(keys, on=["ip", "minute"], how="left").sort_values(["ip", "minute"])
    # A minute without a key keeps the number of the minute before, if that is within the hour's bursts anyway.
    levels["distinct"] = levels.groupby("ip")["distinct"].ffill().fillna(0)
    wide = lines[["ip", "minute"]].merge(levels, on=["ip", "minute"], how="left")
    found = bursts(minutes, "ip", lines, settings.span)
    return to_frame(
        _row(burst, settings, int(failures), int(distinct))
        for burst, failures, distinct in zip(found, wide["failures"], wide["distinct"], strict=True)
        if not _of_one_key(burst)
    )


def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes over either line, as `over_the_line` has them (numbers of the longer span where both are)."""
    span, share = settings.span, settings.share
    paced = over_the_line(minutes, "ip", at_least=settings.failures, span=span, share=share)
    sharp = over_the_line(minutes, "ip", at_least=settings.at_once, span=MINUTE, share=share)
    both = pd.concat([paced, sharp]).drop_duplicates(["ip", "minute"]).sort_values(["ip", "minute"], ignore_index=True)
    return both.assign(before=both.groupby("ip")["minute"].shift(1))


def _of_one_key(burst: Burst) -> bool:
    """Whether the address failed with one credential only: that is the key's own burst, told by auth-burst-key."""
    tried = burst.failed["key_ref"]
    return bool(tried.notna().all() and (tried == tried.iloc[0]).all())


def _row(burst: Burst, settings: Settings, failures: int, keys: int) -> Scored:
    high = failures >= settings.high_failures or keys >= settings.high_keys
    return Scored(
        bucket=burst.minute,
        subject=f"ip:{burst.subject}",
        ip=burst.subject,
        severity=Severity.HIGH if high else None,
        score=max(1.0, burst.failures / settings.failures),
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls from {burst.subject}",
        summary=f"At its peak {burst.failures} of {burst.requests} calls failed ({burst.share:.0%}) within minutes; "
        f"{failures} within the hour, with {keys or 'no'} key{'' if keys == 1 else 's'}.",
        detail={"failures": burst.failures, "requests": burst.requests, "hour": failures, "keys": keys},
    )
