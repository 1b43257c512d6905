"""key-guessing: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors import auth_burst_network, distributed_guessing
from detectors.declare import DAY, HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.bursts import Burst, bursts, counting, listed, recent
from detectors.shared.remember import remembered
from detectors.shared.tried import FRAMES, tried
from detectors.shared.windows import sliding_distinct, sliding_sums
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    keys: int = 5
    """Different unknown keys within `span`."""
    span: timedelta = timedelta(minutes=10)
    slow_keys: int = 8
    """Different unknown keys within the hour: guessing that takes its time."""
    network_keys: int = 10
    """Different unknown keys of a network's addresses within the hour."""
    addresses: int = 4
    """So many addresses make it the network's."""
    nowhere_keys: int = 10
    """Different unknown keys within `span` of calls without an address in the log, all together."""


@detector(
    id="key-guessing",
    severity=Severity.HIGH,
    kind="rule",
    frames=FRAMES,
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110.001", "T1589"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Somebody tries keys that do not exist.

    At least 5 different unknown keys that failed within ten minutes from one address (CrowdSec's ssh-bf_user-enum
    has 5 distinct users), or 8 within an hour; or 10 within an hour from 4 addresses of one network, none of which is
    enough by itself (auth-burst-network tells when they are many at once). In a log without addresses
    10 within ten minutes of all calls together. Silent about the small parts of a cluster of many networks, which
    distributed-guessing tells as one. Unknown is a key that the inventory does
    not list; without an inventory, one that never succeeded. Half or more of the keys must be unknown; a list with
    more known ones is credential-stuffing.

    Why it matters: nobody has five wrong keys by accident. Somebody guesses, or goes through a list of keys from
    elsewhere.

    False alarms: a penetration test; a load test with made-up keys; an inventory that lacks keys which also fail.

    What to do: block the address. Look for a successful call from it (burst-then-success tells by itself), and for
    the same network trying again from a neighbouring address.
    """
    minutes = tried(frames)
    lines = over(minutes, settings)
    unknown, wide = _unknown(minutes), over_networks(minutes, settings)
    spread = distributed_guessing.Settings()
    lines = lines[~recent(distributed_guessing.taking_part(minutes, spread), lines, "ip", spread.span)]
    wide = wide[~recent(distributed_guessing.networks_taking_part(minutes, spread), wide, "network", spread.span)]
    rows = [_row(burst, "ip", settings.keys) for burst in _bursts(unknown, "ip", lines, HOUR)]
    rows += [_row(burst, "network", settings.network_keys) for burst in _bursts(unknown, "network", wide, HOUR)]
    nowhere = unknown[unknown["ip"].isna()].assign(all="all")
    lines = _distinct(nowhere, "all", settings.span, settings.nowhere_keys)
    # An hour of everybody's slips is not part of it.
    rows += [_row(burst, "platform", settings.nowhere_keys) for burst in _bursts(nowhere, "all", lines, settings.span)]
    return to_frame(rows)


@remembered
def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which an address is over the line: ip, minute, distinct (keys), before. `minutes` are `tried`."""
    unknown = _unknown(minutes)
    fast = _distinct(unknown, "ip", settings.span, settings.keys)
    slow = _distinct(unknown, "ip", HOUR, settings.slow_keys)
    lines = pd.concat([fast, slow]).drop_duplicates(["ip", "minute"])
    known = minutes[(minutes["strange"] > 0) & minutes["known"] & minutes["ip"].isin(set(lines["ip"]))]
    lists = sliding_distinct(known, by="ip", at="minute", value="key_ref", span=HOUR).rename(
        columns={"distinct": "rest"}
    )
    lists = lists.sort_values("minute", kind="stable")
    lines = lines.sort_values("minute", kind="stable")
    lines = pd.merge_asof(lines, lists, on="minute", by="ip", tolerance=pd.Timedelta(HOUR - MINUTE))
    lines = lines[~(lines["rest"] > lines["distinct"])].sort_values(["ip", "minute"], ignore_index=True)
    return lines.assign(before=lines.groupby("ip")["minute"].shift(1))[["ip", "minute", "distinct", "before"]]


def _unknown(minutes: pd.DataFrame) -> pd.DataFrame:
    """The failures of unknown keys, folded ones among them; these count as one more key in `distinct`."""
    rows = counting(minutes, "strange")
    rows = rows[(rows["failures"] > 0) & ~rows["known"] & (rows["refs"] > 0)]
    return rows.assign(tried=rows["key_ref"].fillna("folded"))


def _distinct(unknown: pd.DataFrame, by: str, span: timedelta, keys: int) -> pd.DataFrame:
    rows = unknown[unknown[by].notna()]
    return sliding_distinct(rows, by=by, at="minute", value="tried", span=span, least=keys)


@remembered
def over_networks(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which a network's addresses share the guessing, none over its own line: network, minute."""
    unknown, lines = _unknown(minutes), over(minutes, settings)
    wide = _distinct(unknown, "network", HOUR, settings.network_keys)
    spread = sliding_distinct(
        unknown.dropna(subset=["network", "ip"]), by="network", at="minute", value="ip", span=HOUR
    )
    wide = wide.merge(spread[spread["distinct"] >= settings.addresses][["network", "minute"]], on=["network", "minute"])
    alone = lines.merge(minutes[["ip", "network"]].drop_duplicates(), on="ip")
    told = pd.concat([alone, auth_burst_network.over(minutes, auth_burst_network.Settings())])[["network", "minute"]]
    return wide[~recent(told, wide, "network", HOUR)][["network", "minute"]]


def _bursts(unknown: pd.DataFrame, by: str, lines: pd.DataFrame, span: timedelta) -> list[Burst]:
    """The minutes of `lines` (by, minute) with what failed with unknown keys in the `span` before each."""
    sums = sliding_sums(unknown, by=by, at="minute", of=["failures", "requests"], span=span)
    lines = lines[[by, "minute"]].merge(sums, on=[by, "minute"]).sort_values([by, "minute"], ignore_index=True)
    return bursts(unknown, by, lines.assign(before=lines.groupby(by)["minute"].shift(1)), span)


def _row(burst: Burst, kind: str, line: int) -> Scored:
    folded = int(burst.failed.loc[burst.failed["key_ref"].isna(), "refs"].sum())
    keys = int(burst.failed["key_ref"].nunique()) + folded
    addresses = listed(burst.failed["ip"])
    where = burst.subject if kind == "ip" else f"{burst.subject} ({burst.failed['ip'].nunique()} addresses)"
    source = f" from {burst.subject}"
    if kind == "platform":
        where, source = "nobody knows where: the log has no addresses", ""
    return Scored(
        bucket=burst.minute,
        subject=f"{kind}:{burst.subject}",
        ip=burst.subject if kind == "ip" else None,
        score=max(1.0, keys / line),
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls{source} with keys that do not exist",
        summary=f"At its peak {keys:,}{' or so' if folded else ''} different keys that do not exist were tried within "
        f"the hour from {where}.",
        detail={"keys": keys, "attackers": addresses} if kind == "network" else {"keys": keys},
    )
