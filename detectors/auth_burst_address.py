"""auth-burst-address: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors import auth_burst_network, credential_stuffing, key_guessing
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.bursts import Burst, bursts, counting, over_the_line, recent
from detectors.shared.remember import remembered
from detectors.shared.tried import FRAMES, tried
from detectors.shared.windows import sliding_distinct, sliding_sums
from model.finding import Severity
from model.window import Window

_SEVERAL = 2
_MOSTLY = 0.8
"""When keys make up so much of a burst, the detector of guessing or stuffing tells all of it."""


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
    paced: int = 20
    """Failed calls with two keys or more within an hour, at a pace that the others do not see."""
    paced_keys: int = 4
    """More keys than this are key-spraying's."""
    high_failures: int = 100
    """Failed calls within an hour that make it high."""
    high_keys: int = 5
    """Different keys tried within an hour that make it high."""


@detector(
    id="auth-burst-address",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=FRAMES,
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
    judged by minutes. Or 20 within an hour with two to four keys (Panther's BruteForceByIP has 20 in 60). Failures of a
    key at a network where it had succeeded do not count. It is high with 100 failures or 5 different keys within the
    hour, and low without any key from a network that keys succeed from. Silent where
    one key alone failed (auth-burst-key), where key-guessing or credential-stuffing tells four fifths of it, and
    where the whole network takes part (auth-burst-network).

    Why it matters: somebody at that address guesses keys, tries a list of leaked ones, or probes what is protected.

    False alarms: many customers behind one address (a proxy, a company's egress) where one has a broken job; the
    share of half guards against it, and an address that fails with one key only is left to auth-burst-key.
    A monitor that calls without a key.

    What to do: look at which keys were tried and whether any call succeeded. Block the address at the edge if it is
    nobody's you know. If it is a customer's, tell them that their job fails.
    """
    minutes = tried(frames)
    counted = counting(minutes, "strange")
    lines = over(minutes, settings)
    failed = counted[(counted["failures"] > 0) & counted["ip"].isin(set(lines["ip"]))]
    hours = sliding_sums(failed, by="ip", at="minute", of=["failures"], span=HOUR)
    keys = sliding_distinct(failed.dropna(subset=["key_ref"]), by="ip", at="minute", value="key_ref", span=HOUR)
    levels = hours.merge(keys, on=["ip", "minute"], how="left").sort_values(["ip", "minute"])
    # A minute without a key keeps the number of the minute before, if that is within the hour's bursts anyway.
    levels["distinct"] = levels.groupby("ip")["distinct"].ffill().fillna(0)
    wide = lines[["ip", "minute"]].merge(levels, on=["ip", "minute"], how="left")
    told = _told(minutes, lines)
    found = bursts(counted, "ip", lines, settings.span)
    rows = [
        _row(burst, settings, int(failures), int(distinct))
        for burst, failures, distinct, better in zip(found, wide["failures"], wide["distinct"], told, strict=True)
        if not _of_one_key(burst) and not (better and _with_keys(burst))
    ]
    slow = bursts(_with_a_key(minutes), "ip", paced(minutes, settings), HOUR)
    rows += [
        _row(burst, settings, burst.failures, burst.failed["key_ref"].nunique())
        for burst in slow
        if not _of_a_job(burst)
    ]
    return to_frame(rows)


@remembered
def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes over any line, as `over_the_line` has them, without those that auth-burst-network tells of.

    `minutes` are `tried`.
    """
    rows, share = counting(minutes, "strange"), settings.share
    paced = over_the_line(rows, "ip", at_least=settings.failures, span=settings.span, share=share)
    sharp = over_the_line(rows, "ip", at_least=settings.at_once, span=MINUTE, share=share)
    lines = pd.concat([paced, sharp]).drop_duplicates(["ip", "minute"])
    networks = minutes[["ip", "network"]].dropna().drop_duplicates("ip")
    lines = lines.merge(networks, on="ip", how="left").sort_values(["ip", "minute"], ignore_index=True)
    network = auth_burst_network.over(minutes, auth_burst_network.Settings())
    lines = lines[~recent(network, lines, "network", timedelta(minutes=15))].reset_index(drop=True)
    return lines.assign(before=lines.groupby("ip")["minute"].shift(1)).drop(columns="network")


@remembered
def paced(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at the pace of an hour with two keys or more, as `over`; without those that others tell of."""
    rows = _with_a_key(minutes)
    lines = over_the_line(rows, "ip", at_least=settings.paced, span=HOUR, share=settings.share)
    if lines.empty:
        return lines
    lines = lines.drop(columns="before")
    failed = rows[(rows["failures"] > 0) & rows["ip"].isin(set(lines["ip"]))]
    keys = sliding_distinct(failed, by="ip", at="minute", value="key_ref", span=HOUR, least=_SEVERAL)
    lines = lines.merge(
        keys[keys["distinct"].between(_SEVERAL, settings.paced_keys)][["ip", "minute"]], on=["ip", "minute"]
    )
    sharper = [over(minutes, settings), key_guessing.over(minutes, key_guessing.Settings())]
    told = recent(pd.concat([each[["ip", "minute"]] for each in sharper]), lines, "ip", HOUR)
    lines = lines[~told].sort_values(["ip", "minute"], ignore_index=True)
    return lines.assign(before=lines.groupby("ip")["minute"].shift(1))


def _with_a_key(minutes: pd.DataFrame) -> pd.DataFrame:
    rows = counting(minutes, "strange")
    return rows[rows["key_ref"].notna()]


def _told(minutes: pd.DataFrame, lines: pd.DataFrame) -> "pd.Series[bool]":
    """Whether key-guessing or credential-stuffing tells of the address, too."""
    sharper = [
        key_guessing.over(minutes, key_guessing.Settings()),
        credential_stuffing.over(minutes, credential_stuffing.Settings()),
    ]
    return recent(pd.concat([each[["ip", "minute"]] for each in sharper]), lines, "ip", timedelta(minutes=15))


def _of_one_key(burst: Burst) -> bool:
    """Whether the address failed with one credential only: that is the key's own burst, told by auth-burst-key."""
    tried = burst.failed["key_ref"]
    return bool(tried.notna().all() and (tried == tried.iloc[0]).all())


def _of_a_job(burst: Burst) -> bool:
    """Whether one key makes up more than half of it: a job's, with company."""
    return bool(burst.failed.groupby("key_ref")["failures"].sum().max() * 2 > burst.failures)


def _with_keys(burst: Burst) -> bool:
    """Whether most of it was with a key, so that who tells of the keys tells it."""
    keyed = burst.failed.loc[burst.failed["refs"] > 0, "failures"].sum()
    return bool(keyed >= _MOSTLY * burst.failed["failures"].sum())


def _row(burst: Burst, settings: Settings, failures: int, keys: int) -> Scored:
    high = failures >= settings.high_failures or keys >= settings.high_keys
    monitor = not high and keys == 0 and bool(burst.failed["place"].all())
    return Scored(
        bucket=burst.minute,
        subject=f"ip:{burst.subject}",
        ip=burst.subject,
        severity=Severity.HIGH if high else Severity.LOW if monitor else None,
        score=max(1.0, burst.failures / settings.failures),
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls from {burst.subject}",
        summary=f"At its peak {burst.failures} of {burst.requests} calls failed ({burst.share:.0%}) within minutes; "
        f"{failures} within the hour, with {keys or 'no'} key{'' if keys == 1 else 's'}.",
        detail={"failures": burst.failures, "requests": burst.requests, "hour": failures, "keys": keys},
    )
