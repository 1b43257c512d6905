"""new-origin: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.lifetimes import identity
from detectors.places import History, histories, product
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How well a key must be known, and what is much."""

    history: timedelta = timedelta(days=7)
    """How long the key must have been in use."""
    requests: int = 50
    """How many calls it must have made."""
    new_a_day: float = 0.15
    """A key that finds new networks more often than this (a day, learnt) is mobile, and never told of."""
    few: int = 3
    """At most so many known networks make a new one high, together with a new client or many calls."""
    many: int = 100
    """Successful calls from the new network on one day that are many, if they are half of the key's usual day too."""
    shared: int = 2
    """A network that so many other keys were used from before is a place of this company or its customers."""


@detector(
    id="new-origin",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("origin_hours", "network_days", "client_days", "key_refs"),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004", "T1528"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key succeeds from a network it was never used from.

    A /24 (or /48) new to a key in use for 7 days and 50 calls (30 days of history; Elastic's "Long-Term Access Key
    First Seen from Source IP" has new_terms of 10 days and successes only). High if the key has few networks and
    either the client is new too, or the calls are many while the usual networks go on (in this hour or the one
    before). Low if the client is known and two other keys were used from that network before. An address in a known
    network, a client's new version, a network of another key of the same owner, and keys that always find new
    networks are not told.

    Why it matters: this is what a leaked key looks like: it works, from where its owner never was.

    False alarms: the owner moved, changed the provider, or deployed to a second region.

    What to do: ask the owner whether the address is theirs. If not, rotate the key, and list what was called from
    there since the first call. If it is, resolve as expected: the network is learnt with the day.
    """
    keys = identity(frames)
    origin = frames["origin_hours"].dropna(subset=["key_ref", "network"])
    origin = origin[origin["ok"] > 0]
    origin = origin.assign(key=origin["key_ref"].map(keys).fillna(origin["key_ref"]), day=origin["hour"].dt.floor("D"))
    past = histories(frames, keys)
    rows: list[Scored] = []
    unseen = past.unseen(origin[["key", "network", "day"]].drop_duplicates())
    for (key, _), places in unseen.groupby(["key", "day"]):
        day = places["day"].iloc[0]
        known = past.of(str(key), day)
        if _learnt(known, settings):
            today = origin[(origin["key"] == key) & (origin["day"] == day)]
            strange = [network for network in sorted(places["network"]) if not past.of_owner(str(key), network, day)]
            for network in strange:
                shared = past.of_others(str(key), network, day) >= settings.shared
                rows.extend(_rows(today, network, known, settings, shared=shared))
    return to_frame(rows)


def _learnt(known: History, settings: Settings) -> bool:
    """Whether enough is known of the key, and it is not one that is everywhere."""
    return (
        known.age >= settings.history and known.requests >= settings.requests and known.new_a_day <= settings.new_a_day
    )


def _rows(today: pd.DataFrame, network: str, known: History, settings: Settings, *, shared: bool) -> Iterator[Scored]:
    """One row for each hour in which the key succeeded from the new network; severity from the day up to that hour."""
    there = today[today["network"] == network]
    usual = today.loc[today["network"].isin(known.networks), "hour"]
    line = max(settings.many, known.usual_day / 2)
    so_far = 0
    clients: set[str] = set()
    for _, calls in there.sort_values("hour").groupby("hour"):
        hour = calls["hour"].iloc[0]
        so_far += int(calls["ok"].sum())
        clients |= {product(client) for client in calls["client"].dropna()}
        new_client = bool(known.clients) and not clients <= known.clients
        # The owner who moves is here and there for an hour, not all day.
        elsewhere = bool(usual.between(hour - HOUR, hour).any()) and so_far >= line
        high = len(known.networks) <= settings.few and (new_client or elsewhere)
        severity = Severity.HIGH if high else Severity.LOW if shared and not new_client else None
        yield _row(calls, network, known, severity, new_client=new_client)


def _row(calls: pd.DataFrame, network: str, known: History, severity: Severity | None, *, new_client: bool) -> Scored:
    top = calls.sort_values(["ok", "ip"]).iloc[-1]
    ip = None if pd.isna(top["ip"]) else str(top["ip"])
    client = "an unknown client" if pd.isna(top["client"]) else str(top["client"])
    count = int(calls["ok"].sum())
    key_ref = str(top["key_ref"])
    networks = len(known.networks)
    return Scored(
        bucket=moment(top["hour"]),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        ip=ip,
        severity=severity,
        score=(2.0 if severity == Severity.HIGH else 1.0) + min(count, 1000) / 1000,
        count=count,
        first_seen=moment(calls["first_seen"].fillna(calls["hour"]).min()),
        last_seen=moment(calls["last_seen"].fillna(calls["hour"]).max()),
        title=f"Key {{key}} is used from a new network: {{count}} calls from {ip or network}",
        summary=f"{network} was never among the key's {networks} network{'' if networks == 1 else 's'} of "
        f"{known.age.days} days. The calls came from {client}, {'new' if new_client else 'known'} for this key.",
        detail={"network": network, "client": client, "known": sorted(known.networks)[:10]},
    )
