"""auth-burst-address: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.bursts import Burst, bursts, over_the_line, with_failures
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.lifetimes import known_refs
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
    spray_span: timedelta = timedelta(minutes=15)
    """Within so long `failures` are enough if they were of many keys."""
    spray_keys: int = 5
    """Different keys that are many."""
    high_failures: int = 100
    """Failed calls within an hour that make it high."""
    high_keys: int = 5
    """Different keys tried within an hour that make it high."""


@detector(
    id="auth-burst-address",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("auth_minutes", "key_refs"),
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
    judged by minutes. A list that is tried slowly: 15 failures with 5 different keys of the inventory within 15
    minutes (Elastic's "Okta Password Spray" has 5 users and 15 failures); unknown ones are left to key-guessing. It
    is high with 100 failures or 5 different keys within the hour.

    Why it matters: somebody at that address guesses keys, tries a list of leaked ones, or probes what is protected.

    False alarms: many customers behind one address (a proxy, a company's egress) where one has a broken job; the
    share of half guards against it, and an address that fails with one key only is left to auth-burst-key.
    A monitor that calls without a key.

    What to do: look at which keys were tried and whether any call succeeded. Block the address at the edge if it is
    nobody's you know. If it is a customer's, tell them that their job fails.
    """
    minutes = with_failures(frames["auth_minutes"])
    lines = over(minutes, settings, known_refs(frames))
    failed = minutes[(minutes["failures"] > 0) & minutes["ip"].isin(set(lines["ip"]))]
    hours = sliding_sums(failed, by="ip", at="minute", of=["failures"], span=HOUR)
    keys = sliding_distinct(failed.dropna(subset=["key_ref"]), by="ip", at="minute", value="key_ref", span=HOUR)
    levels = hours.merge(keys, on=["ip", "minute"], how="left").sort_values(["ip", "minute"])
    # A minute without a key keeps the number of the minute before, if that is within the hour's bursts anyway.
    levels["distinct"] = levels.groupby("ip")["distinct"].ffill().fillna(0)
    wide = lines[["ip", "minute"]].merge(levels, on=["ip", "minute"], how="left")
    found = bursts(minutes, "ip", lines, settings.spray_span)
    return to_frame(
        _row(burst, settings, int(failures), int(distinct))
        for burst, failures, distinct in zip(found, wide["failures"], wide["distinct"], strict=True)
        if not _of_one_key(burst)
    )


def over(minutes: pd.DataFrame, settings: Settings, known: set[str]) -> pd.DataFrame:
    """The minutes over any line, as `over_the_line` has them (numbers of the first line here where several are).

    `known` are the key_refs of the inventory; without any, each key counts as known.
    """
    span, share = settings.span, settings.share
    sprayed = _sprayed(minutes, settings, known)
    paced = over_the_line(minutes, "ip", at_least=settings.failures, span=span, share=share)
    sharp = over_the_line(minutes, "ip", at_least=settings.at_once, span=MINUTE, share=share)
    lines = pd.concat([paced, sharp, sprayed]).drop_duplicates(["ip", "minute"])
    lines = lines.sort_values(["ip", "minute"], ignore_index=True)
    return lines.assign(before=lines.groupby("ip")["minute"].shift(1))


def _sprayed(minutes: pd.DataFrame, settings: Settings, known: set[str]) -> pd.DataFrame:
    """The minutes over the line of a slow list: enough failures, and of enough different keys."""
    span = settings.spray_span
    paced = over_the_line(minutes, "ip", at_least=settings.failures, span=span, share=settings.share)
    failed = minutes[(minutes["failures"] > 0) & minutes["ip"].isin(set(paced["ip"]))].dropna(subset=["key_ref"])
    failed = failed[failed["key_ref"].isin(known)] if known else failed
    keys = sliding_distinct(failed, by="ip", at="minute", value="key_ref", span=span)
    many = keys.loc[keys["distinct"] >= settings.spray_keys, ["ip", "minute"]]
    return paced.merge(many, on=["ip", "minute"])


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
