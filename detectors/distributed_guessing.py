"""distributed-guessing: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.bursts import Burst, bursts, calls, counting, listed, over_the_line
from detectors.shared.lifetimes import dead_refs
from detectors.shared.remember import remembered
from detectors.shared.tried import FRAMES, tried
from detectors.shared.windows import sliding_distinct, sliding_sums
from model.finding import Severity
from model.window import Window

_BEFORE: Final = 3 * HOUR
"""What a cluster is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines, all within `span`."""

    span: timedelta = timedelta(minutes=30)
    failures: int = 10
    """Failed calls with one key."""
    networks: int = 5
    """Different networks that failed with one key."""
    share: float = 0.5
    """Failed calls as a share of the key's calls from networks that are not its own."""
    cluster_failures: int = 40
    """Failed calls of all keys together."""
    cluster_networks: int = 20
    """Different networks that failed."""
    cluster_keys: int = 10
    """Different keys that failed."""
    times: float = 4.0
    """So many times what failed in the three hours before, by the same measure, as a mean of such spans."""
    slow_span: timedelta = timedelta(hours=3)
    """A patient cluster is looked for within so long; it is medium,"""
    slow_failures: int = 100
    """and has so many failed calls,"""
    slow_networks: int = 40
    """of so many networks,"""
    slow_keys: int = 30
    """with so many keys."""


@detector(
    id="distributed-guessing",
    severity=Severity.HIGH,
    kind="rule",
    frames=(*FRAMES, "keys"),
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.003", "T1110.004"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Failed calls from many addresses that work together.

    One key: 10 failed calls within 30 minutes from 5 networks where it had not succeeded before, at least half of its
    calls from such networks (Elastic's "Okta Brute Force (Multi-Source)": 5 addresses, 10 failures, 30 min); low for a
    key that is revoked or expired. Many keys: 40 failed calls of 10 keys from 20 networks within 30 minutes, all at
    places where these keys had not succeeded, and four times the mean of the three hours before (Elastic's "Password
    Spray (Multi-Source)": 5 addresses, 8 users, 25 failures); or, patiently, 100 of 30 keys from 40 networks within
    three hours, which is medium. A network that alone makes up more than half of it is left to its own detectors, and
    the others are judged without it. Single keys are silent while the cluster is told, and so are addresses and
    networks that made less than a tenth of it.

    Why it matters: somebody rents many addresses so that no limit by address bites. No key and no address stands out;
    only all of them together do.

    False alarms: an app in thousands of hands whose key is replaced: its old copies fail from everywhere. That key is
    revoked then, and low.

    What to do: limits by key or by client (the finding names the busiest addresses; look at what their requests have
    in common) do what limits by address cannot. Rotate keys that succeeded from new places since.
    """
    minutes = tried(frames)
    cluster = _clusters(minutes, settings)
    told = {burst.minute for burst in cluster}
    dead = dead_refs(frames)
    dead_at = dict(zip(dead["key_ref"], dead["dead_at"], strict=True))
    rows = [_cluster_row(burst, settings) for burst in cluster]
    rows += [_slow_row(burst, settings) for burst in _slowly(minutes, settings, told)]
    for burst in _keys(minutes, settings):
        over = dead_at.get(burst.subject)
        if burst.minute not in told:
            rows.append(_key_row(burst, settings, dead=over is not None and over <= burst.minute))
    return to_frame(rows)


def attackers(minutes: pd.DataFrame, settings: Settings) -> Iterator[Burst]:
    """All bursts, of clusters and of keys; their `failed` rows name the addresses. `minutes` are `tried`."""
    yield from _clusters(minutes, settings)
    yield from _keys(minutes, settings)


@remembered
def taking_part(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The small parts of clusters: ip, minute, of addresses with less than a tenth of what failed.

    Other detectors are silent about them. `minutes` are `tried`.
    """
    return _parts(minutes, settings, "ip")


@remembered
def networks_taking_part(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """As `taking_part`, of networks: network, minute."""
    return _parts(minutes, settings, "network")


def _parts(minutes: pd.DataFrame, settings: Settings, by: str) -> pd.DataFrame:
    rows = [(one, burst.minute) for burst in _clusters(minutes, settings) for one in _small(burst, by)]
    frame = pd.DataFrame(rows, columns=[by, "minute"])
    return frame.astype({by: minutes[by].dtype, "minute": minutes["minute"].dtype})


def _small(burst: Burst, by: str) -> list[str]:
    sums = burst.failed.groupby(by)["failures"].sum()
    return [str(one) for one in sums.index[sums * 10 < burst.failures]]


@remembered
def keys(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which a key is over the line, as `over_the_line`. `minutes` are `tried`."""
    rows = counting(minutes[~minutes["home"]], "strange")
    paced = over_the_line(rows, "key_ref", at_least=settings.failures, span=settings.span, share=settings.share)
    failed = rows[(rows["failures"] > 0) & rows["key_ref"].isin(set(paced["key_ref"]))].dropna(subset=["network"])
    least, span = settings.networks, settings.span
    many = sliding_distinct(failed, by="key_ref", at="minute", value="network", span=span, least=least)
    lines = paced.drop(columns="before").merge(many[["key_ref", "minute"]], on=["key_ref", "minute"])
    return lines.assign(before=lines.groupby("key_ref")["minute"].shift(1))


@remembered
def _keys(minutes: pd.DataFrame, settings: Settings) -> list[Burst]:
    rows = counting(minutes[~minutes["home"]], "strange")
    return bursts(rows, "key_ref", keys(minutes, settings), settings.span)


@remembered
def _clusters(minutes: pd.DataFrame, settings: Settings) -> list[Burst]:
    rows = _suspect(minutes)
    return _together(rows[~_going_on(rows, settings.span + _BEFORE)], settings)


def _together(rows: pd.DataFrame, settings: Settings) -> list[Burst]:
    rows = rows.assign(all="all")
    lines = _cluster_lines(rows, settings)
    lines = lines.assign(before=lines.groupby("all")["minute"].shift(1))
    spread = bursts(rows, "all", lines, settings.span)
    found = [burst for burst in spread if _alone(burst) is None]
    beside: dict[str, set[datetime]] = {}
    for burst in spread:
        if network := _alone(burst):
            beside.setdefault(network, set()).add(burst.minute)
    for network, at in beside.items():
        near = rows["minute"].between(min(at) - settings.span - _BEFORE, max(at))
        rest = rows[near & (rows["network"] != network).fillna(value=True)]
        over = _cluster_lines(rest, settings)
        over = over[over["minute"].isin(at)]
        told = pd.Series(sorted({*over["minute"], *(pd.Timestamp(burst.minute) for burst in found)}))
        over = over.assign(before=over["minute"].map(dict(zip(told, told.shift(1), strict=True))))
        found += [burst for burst in bursts(rest, "all", over, settings.span) if _alone(burst) is None]
    return sorted(found, key=lambda burst: burst.minute)


def _slowly(minutes: pd.DataFrame, settings: Settings, told: set[datetime]) -> list[Burst]:
    """Clusters over the longer span, where none was told within it."""
    # What went on so long before it could not be told from frames of eight hours; it counts on both sides.
    found = _together(_suspect(minutes), _patient(settings))
    return [one for one in found if not any(one.minute - settings.slow_span <= at <= one.minute for at in told)]


def _patient(settings: Settings) -> Settings:
    return replace(
        settings,
        span=settings.slow_span,
        cluster_failures=settings.slow_failures,
        cluster_networks=settings.slow_networks,
        cluster_keys=settings.slow_keys,
    )


def _cluster_lines(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which the rows together are over each line: all, minute, failures, requests."""
    lines = over_the_line(rows, "all", at_least=settings.cluster_failures, span=settings.span, share=0)
    for value, least in (("network", settings.cluster_networks), ("key_ref", settings.cluster_keys)):
        valued = rows.dropna(subset=[value])
        found = sliding_distinct(valued, by="all", at="minute", value=value, span=settings.span, least=least)
        lines = lines.merge(found[["all", "minute"]], on=["all", "minute"])
    longer = sliding_sums(rows, by="all", at="minute", of=["failures"], span=settings.span + _BEFORE)
    lines = lines.merge(longer.rename(columns={"failures": "longer"}), on=["all", "minute"])
    usual = (lines["longer"] - lines["failures"]) * (settings.span / _BEFORE)
    return lines[lines["failures"] >= settings.times * usual].drop(columns=["longer", "before"])


def _alone(burst: Burst) -> str | None:
    """The network that makes up more than half of it, if any: that is one attacker's, and others are judged without."""
    sums = burst.failed.groupby("network")["failures"].sum()
    return str(sums.idxmax()) if len(sums) and sums.max() * 2 > burst.failures else None


def _suspect(minutes: pd.DataFrame) -> pd.DataFrame:
    """Failures with a key at a place that is not its own, in minutes in which it did not succeed there, too."""
    rows = counting(minutes, "strange")
    return rows[(rows["failures"] > 0) & (rows["refs"] > 0) & (rows["ok"] == 0)]


def _going_on(rows: pd.DataFrame, began: timedelta) -> "pd.Series[bool]":
    """Whether a key failed at the same network so long before, too, or in the hour before that; of rows by minute.

    Two forgotten jobs that fail each quarter of an hour would hide a cluster.
    """
    pair = ["key_ref", "network"]
    named = rows[[*pair, "minute"]].dropna()
    then = named.assign(minute=named["minute"] - began)
    met = pd.merge_asof(then, named.assign(failed=named["minute"]), on="minute", by=pair, tolerance=pd.Timedelta(HOUR))
    return pd.Series(met["failed"].notna().to_numpy(), index=named.index).reindex(rows.index, fill_value=False)


def _key_row(burst: Burst, settings: Settings, *, dead: bool) -> Scored:
    networks, addresses = int(burst.failed["network"].nunique()), int(burst.failed["ip"].nunique())
    minutes = int(settings.span.total_seconds() // 60)
    return Scored(
        bucket=burst.minute,
        subject=f"key:{burst.subject}",
        key_ref=burst.subject,
        severity=Severity.LOW if dead else None,
        score=burst.failures / settings.failures,
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title="{count} failed calls with key {key} from many addresses",
        summary=f"At its peak {calls(burst.failures)} within {minutes} minutes from {addresses} addresses of "
        f"{networks} networks, none of which the key had been used from.",
        detail={"addresses": addresses, "networks": networks, "attackers": listed(burst.failed["ip"])},
    )


def _slow_row(burst: Burst, settings: Settings) -> Scored:
    return replace(_cluster_row(burst, _patient(settings)), severity=Severity.MEDIUM)


def _cluster_row(burst: Burst, settings: Settings) -> Scored:
    networks, addresses = int(burst.failed["network"].nunique()), int(burst.failed["ip"].nunique())
    keys = int(burst.failed["key_ref"].nunique())
    minutes = int(settings.span.total_seconds() // 60)
    return Scored(
        bucket=burst.minute,
        subject="platform:all",
        score=burst.failures / settings.cluster_failures,
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title="{count} failed calls with many keys from many addresses that work together",
        summary=f"At its peak {calls(burst.failures)} within {minutes} minutes from {addresses} addresses of "
        f"{networks} networks with {keys} keys, none of which had been used from there.",
        detail={
            "addresses": addresses,
            "networks": networks,
            "keys": keys,
            "tried": listed(burst.failed["key_ref"]),
            "attackers": listed(burst.failed["ip"]),
        },
    )
