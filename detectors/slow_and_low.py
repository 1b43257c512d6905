"""slow-and-low: see the docstring of `score`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.bursts import Burst, bursts, calls, listed, top
from detectors.shared.lifetimes import dead_refs, known_refs
from detectors.shared.remember import remembered
from detectors.shared.tried import by_day, roams
from detectors.shared.windows import sliding_distinct, sliding_sums
from model.finding import Severity
from model.window import Window

FRAMES: Final = ("auth_hours", "attacked_days", "key_refs", "keys")
REACH: Final = timedelta(days=22)
"""How long a success makes a place usual: what the lookback of attacked_days holds before each row of auth_hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    hourly: int = 8
    """A subject's hours with more failures are bursts, and left to those who tell of them."""
    failures: int = 8
    """Failed calls within a day."""
    hours: int = 6
    """Different hours of that day with one."""
    keys: int = 4
    """Different keys of an address or a network."""
    networks: int = 8
    """Different networks that failed with one key; and of an ASN."""
    weekly: float = 1.5
    """Within a week everything must be so much more, and in three days."""
    owned: int = 2
    """At a network that other keys succeed from, so many times the keys."""


_WEEK: Final = 7 * DAY


class Kind(NamedTuple):
    """What can be slow: a column of auth_hours, and what must be many in it."""

    column: str
    spread: str
    spread_least: int
    times: float
    """The lines of failures and keys, times this."""


_OF_KEY: Final = Kind("key_ref", "network", 2, 1)
_MANY: Final = ("several", "many")


@detector(
    id="slow-and-low",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=FRAMES,
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1110.001", "T1110.003"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Failed calls so slow that no burst is seen.

    Within a day 8 failed calls in 6 different hours, none with more than 8, with 4 different keys: from one address,
    from a network (4 addresses, none with most of it), or from an ASN (8 networks, twice as much). Or with one key
    from 8 networks; or, so many beyond what one network failed, with one key that is alive, which no forgotten job
    does. Within a week half as much again on three days, without those told by the day. Failures at a network where the
    key had succeeded on an earlier day do not count, nor those where the key succeeded as often. CrowdSec's
    ssh-time-based-bf asks for 4 failures 10 minutes apart, fail2ban's recidive looks back a day. One key that fails so
    from one network is low: a forgotten job, told once as that key's trouble (dead keys are
    revoked-or-expired-key-used's).

    Why it matters: patience is cheap. Three guesses an hour are seventy a day, and no limit by the minute sees them.

    False alarms: a company's egress behind which many people mistype keys; where other keys succeed, twice as many
    keys are asked for. A key of an app in thousands of hands fails from everywhere: keys that find new networks every
    week are not told of by key.

    What to do: block the address or the network, and look for calls from it that succeeded. For one key: ask its
    owner which job still has it.
    """
    rows = _hours(frames["auth_hours"], frames["attacked_days"])
    found = _patient(rows, frames["attacked_days"], settings)
    told = {(burst.subject, burst.minute) for _, burst in found}
    jobs = (row for burst, row in _jobs(frames, rows, settings) if (burst.subject, burst.minute) not in told)
    return to_frame([*(_row(kind, burst, settings) for kind, burst in found), *jobs])


@remembered
def _hours(auth_hours: pd.DataFrame, attacked_days: pd.DataFrame) -> pd.DataFrame:
    """auth_hours, oldest first, with `minute` (the hour), `failures`, and `home` and `place` by earlier days."""
    rows = auth_hours.rename(columns={"hour": "minute"}).dropna(subset=["key_ref", "minute"])
    rows = rows.sort_values("minute", kind="stable", ignore_index=True)
    rows = rows.assign(failures=rows["unauthenticated"] + rows["forbidden"])
    return by_day(attacked_days, rows, REACH)


def lines(frames: Frames, settings: Settings) -> Iterator[tuple[str, Burst]]:
    """The bursts, each with what it is of: ip, network, asn or key_ref."""
    days = frames["attacked_days"]
    for kind, burst in _patient(_hours(frames["auth_hours"], days), days, settings):
        yield kind.column, burst


@remembered
def _patient(rows: pd.DataFrame, days: pd.DataFrame, settings: Settings) -> list[tuple[Kind, Burst]]:
    strange = rows[~rows["home"]]
    kinds = (
        Kind("ip", "key_ref", settings.keys, 1),
        Kind("network", "ip", settings.keys, 1),
        Kind("asn", "network", settings.networks, 2),
        Kind("key_ref", "network", settings.networks, 1),
    )
    return [
        (kind, burst)
        for kind in kinds
        for burst in _bursts(strange, kind, settings)
        if _grave(kind, burst, settings)
        and not (kind.column == "key_ref" and roams(days, burst.subject, pd.Timestamp(burst.minute), REACH))
    ]


def _bursts(strange: pd.DataFrame, kind: Kind, settings: Settings) -> list[Burst]:
    """The hours at which a subject is over the line of a day or of a week."""
    rows = strange[strange[kind.column].notna()]
    hourly = rows.groupby([kind.column, "minute"])["failures"].transform("sum")
    rows = rows[hourly <= settings.hourly * (1 if kind.column == "ip" else 2)]
    total = rows.groupby(kind.column)["failures"].sum()
    rows = rows[rows[kind.column].isin(total.index[total >= settings.failures * kind.times])]
    if rows.empty:
        return []
    found: list[pd.DataFrame] = []
    for span, times, least in ((DAY, 1.0, 1), (_WEEK, settings.weekly, 3)):
        over = _over(rows, kind, settings, span, times)
        if least > 1:
            days = rows.assign(date=rows["minute"].dt.floor("D"))
            dates = sliding_distinct(days, by=kind.column, at="minute", value="date", span=span)
            over = over.merge(
                dates.loc[dates["distinct"] >= least, [kind.column, "minute"]], on=[kind.column, "minute"]
            )
            lines = (settings.failures * kind.times * times, least)
            untold = [_untold(rows, one, kind, found[0], lines) for _, one in over.iterrows()]
            over = over[np.array(untold, dtype=np.bool_)]
        found.append(over.assign(span=span))
    both = pd.concat(found).drop_duplicates([kind.column, "minute"]).sort_values([kind.column, "minute"])
    both["before"] = both.groupby(kind.column)["minute"].shift(1)
    parts = [(span, both[both["span"] == span].drop(columns="span")) for span in (DAY, _WEEK)]
    return [burst for span, part in parts for burst in bursts(rows, kind.column, part, span)]


def _untold(
    rows: pd.DataFrame, over: "pd.Series[Any]", kind: Kind, told: pd.DataFrame, least: tuple[float, int]
) -> bool:
    """Whether a week is over its line (failures, days) without what was told by the day: or each failure tells it."""
    subject, minute = over[kind.column], over["minute"]
    mine = rows[(rows[kind.column] == subject) & (rows["minute"] <= minute) & (rows["minute"] > minute - _WEEK)]
    for day in told.loc[(told[kind.column] == subject) & (told["minute"] <= minute), "minute"]:
        mine = mine[(mine["minute"] > day) | (mine["minute"] <= day - DAY)]
    failures, days = least
    return bool(mine["failures"].sum() >= failures and mine["minute"].dt.floor("D").nunique() >= days)


def _over(rows: pd.DataFrame, kind: Kind, settings: Settings, span: timedelta, times: float) -> pd.DataFrame:
    by, more = kind.column, kind.times * times
    hourly = rows.groupby([by, "minute"], as_index=False)[["failures", "requests"]].sum().assign(hours=1)
    sums = sliding_sums(hourly, by=by, at="minute", of=["failures", "requests", "hours"], span=span)
    over = sums[(sums["failures"] >= settings.failures * more) & (sums["hours"] >= settings.hours * times)]
    placed, least = rows.dropna(subset=[kind.spread]), math.ceil(kind.spread_least * times)
    spread = sliding_distinct(placed, by=by, at="minute", value=kind.spread, span=span, least=least)
    return over.merge(spread[[by, "minute"]], on=[by, "minute"])[[by, "minute", "failures", "requests"]]


def _grave(kind: Kind, burst: Burst, settings: Settings) -> bool:
    """Whether keys and places are as many as it takes, and no part is told better by itself."""
    failed = burst.failed
    if kind.column == "key_ref":
        return True
    keys = settings.keys * kind.times * (settings.owned if failed["place"].any() else 1)
    if kind.column == "ip":
        return bool(failed["key_ref"].nunique() >= keys)
    largest = failed.groupby(kind.spread)["failures"].sum().max()
    return bool(failed["key_ref"].nunique() >= keys and largest * 2 <= burst.failures)


def _jobs(frames: Frames, rows: pd.DataFrame, settings: Settings) -> Iterator[tuple[Burst, Scored]]:
    """One key that fails on and on: its owner's forgotten job where it is one network, else somebody who tries it."""
    dead = dead_refs(frames)
    dead_at = dict(zip(dead["key_ref"], dead["dead_at"], strict=True))
    total, every = rows.groupby("key_ref")["failures"].sum(), rows
    rows = rows[rows["key_ref"].isin(total.index[total >= settings.failures])]
    over = _over(rows, Kind("key_ref", "ip", 1, 1), settings, DAY, 1)
    over = over.assign(before=over.groupby("key_ref")["minute"].shift(1))
    listed_ones = known_refs(frames)
    for burst in bursts(rows, "key_ref", over, DAY):
        died = dead_at.get(burst.subject)
        if died is not None and died <= burst.minute:
            continue
        if len(burst.failed["network"].unique()) == 1:
            yield burst, _job(burst, known=not listed_ones or burst.subject in listed_ones)
        elif burst.subject in listed_ones and _tried(frames["attacked_days"], burst, every, settings):
            yield burst, _row(_OF_KEY, burst, settings)


def _tried(days: pd.DataFrame, burst: Burst, every: pd.DataFrame, settings: Settings) -> bool:
    """Whether a key that has its places fails at others, and so often beyond the one where it fails most.

    Hours of a burst are left to those who tell of it, and addresses with several keys to those who tell of addresses.
    """
    strange = burst.failed[~burst.failed["home"]].dropna(subset=["network"])
    strange = strange[strange.groupby("minute")["failures"].transform("sum") <= 2 * settings.hourly]
    day = every[every["ip"].isin(set(strange["ip"])) & every["minute"].between(burst.minute - DAY, burst.minute)]
    keys = day.groupby("ip")["key_ref"].nunique()
    strange = strange[~strange["ip"].isin(set(keys.index[keys >= settings.keys]))]
    sums = strange.groupby("network")["failures"].sum()
    often = bool(sums.sum() >= settings.failures + sums.max())
    return often and not roams(days, burst.subject, pd.Timestamp(burst.minute), REACH)


def _job(burst: Burst, *, known: bool) -> Scored:
    ip = top(burst.failed, "ip")
    return Scored(
        bucket=burst.minute,
        subject=f"key:{burst.subject}",
        key_ref=burst.subject,
        ip=ip,
        severity=Severity.LOW,
        score=1.0,
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"Key {{key}} fails again and again: {{count}} calls from {ip}",
        summary=f"{calls(burst.failures)} within a day, all from one network; it looks like a job that has "
        f"{'a key which is refused' if known else 'a wrong key'}.",
        detail={"failures": burst.failures},
    )


def _row(kind: Kind, burst: Burst, settings: Settings) -> Scored:
    keys, addresses = int(burst.failed["key_ref"].nunique()), int(burst.failed["ip"].nunique())
    of_key = kind.column == "key_ref"
    name = {"key_ref": "key", "asn": "network"}.get(kind.column, kind.column)
    whom = f"with key {{key}} from {_MANY[kind is not _OF_KEY]} addresses" if of_key else f"from {burst.subject}"
    return Scored(
        bucket=burst.minute,
        subject=f"{name}:{burst.subject}",
        key_ref=burst.subject if of_key else None,
        ip=burst.subject if kind.column == "ip" else None,
        score=max(1.0, burst.failures / settings.failures),
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls {whom}, slow and low",
        summary=f"At its peak {calls(burst.failures)} in {burst.failed['minute'].nunique()} different hours with "
        f"{keys} key{'' if keys == 1 else 's'} from {addresses} address{'' if addresses == 1 else 'es'}.",
        detail={"failures": burst.failures, "keys": keys, "addresses": addresses}
        | ({} if kind.column == "ip" else {"attackers": listed(burst.failed["ip"])}),
    )
