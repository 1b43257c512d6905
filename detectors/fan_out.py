"""fan-out: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.lifetimes import identity
from detectors.shared.places import HISTORY_FRAMES, History, histories
from detectors.shared.windows import sliding_distinct
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines, and how well a key must be known."""

    networks: int = 4
    """So many networks within two hours are many for a key of one home."""
    more: int = 3
    """And so many more than it ever had on a whole day."""
    times: float = 1.5
    """And so many times as many."""
    high: int = 8
    """New networks within two hours that make it high."""
    asns: int = 3
    """New operators within two hours that make it high."""
    history: timedelta = timedelta(days=7)
    """How long the key must have been in use,"""
    young: timedelta = timedelta(days=3)
    """and how long to be told a step lower."""
    requests: int = 20
    """How many calls it must have made: a weekly job with one home shows it in two weeks."""


@detector(
    id="fan-out",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("origin_hours", *HISTORY_FRAMES),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004", "T1550.001"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key is used from far more networks at once than it ever was.

    Within an hour and the one before it succeeds from at least 4 networks (/24 or /48), 3 more and half as many
    again as on its widest whole day of the last 30: the line lies beyond any quantile of its own hours, for an hour
    is never wider than its day. (Elastic's "AWS Access Token Used from Multiple Addresses" has two operators in
    half an hour.) High with 8 networks or 3 operators new to the key; low if every operator is known of it, or all
    are one. A key that is known for three days and not yet a week is told a step lower.

    Why it matters: a key that was published, or is sold, is used by many at once.

    False alarms: the owner moved to a platform without fixed addresses; a key that was built into an app.

    What to do: see whether the networks belong to one operator: then ask the owner. If they are all over the world,
    rotate the key, and look for where it was published.
    """
    keys = identity(frames)
    rows = frames["origin_hours"].dropna(subset=["key_ref", "network"])
    rows = rows[rows["ok"] > 0]
    rows = rows.assign(key=rows["key_ref"].map(keys).fillna(rows["key_ref"]))
    wide = sliding_distinct(rows, by="key", at="hour", value="network", span=2 * HOUR)
    past = histories(frames)
    found = []
    for key, hour, distinct in wide[wide["distinct"] >= settings.networks].itertuples(index=False, name=None):
        known = past.of(key, hour.floor("D"))
        if distinct >= _line(known, settings) and _learnt(known, settings):
            now = rows[(rows["key"] == key) & (rows["hour"] > hour - 2 * HOUR) & (rows["hour"] <= hour)]
            found.append(_row(hour, now, known, settings))
    return to_frame(found)


def _line(known: History, settings: Settings) -> float:
    most = known.most_networks
    return max(settings.networks, most + settings.more, settings.times * most)


def _learnt(known: History, settings: Settings) -> bool:
    return known.settled(min(settings.young, settings.history), settings.requests)


def _severity(strange: pd.DataFrame, known: History, settings: Settings) -> Severity | None:
    full = _of_settled(strange, known, settings)
    if known.age >= settings.history:
        return full
    return None if full is Severity.HIGH else Severity.LOW


def _of_settled(strange: pd.DataFrame, known: History, settings: Settings) -> Severity | None:
    asns = set(strange["asn"].dropna())
    if asns and strange["asn"].notna().all() and (asns <= known.asns or len(asns) == 1):
        return Severity.LOW
    many = strange["network"].nunique() >= settings.high or len(asns - known.asns) >= settings.asns
    return Severity.HIGH if many else None


def _row(hour: pd.Timestamp, now: pd.DataFrame, known: History, settings: Settings) -> Scored:
    strange = now[~now["network"].isin(known.networks)]
    calls: Any = now[now["hour"] == hour]
    networks, ips = now["network"].nunique(), now["ip"].nunique()
    key_ref = str(calls.sort_values(["ok", "key_ref"])["key_ref"].iloc[-1])
    return Scored(
        bucket=moment(hour),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        severity=_severity(strange, known, settings),
        score=max(1.0, networks / _line(known, settings)),
        count=int(calls["ok"].sum()),
        first_seen=moment(calls["first_seen"].fillna(calls["hour"]).min()),
        last_seen=moment(calls["last_seen"].fillna(calls["hour"]).max()),
        title=f"Key {{key}} is used from {networks} networks at once",
        summary=f"{ips} addresses in {networks} networks within two hours, {strange['network'].nunique()} of them new; "
        f"its widest whole day of {known.age.days} had {known.most_networks}.",
        detail={
            "networks": networks,
            "addresses": ips,
            "new": sorted(set(strange["network"]))[:20],
            "most": known.most_networks,
        },
    )
