"""Visits of keys from places where they never were: what new-origin tells, and the other novelties leave to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import HOUR, Frames
from detectors.shared.clients import product
from detectors.shared.lifetimes import identity
from detectors.shared.places import HISTORY_FRAMES, Histories, History, histories

VISIT_FRAMES = ("origin_hours", *HISTORY_FRAMES)
"""What `visits` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How well a key must be known before anything about it is new."""

    history: timedelta = timedelta(days=7)
    """How long the key must have been in use."""
    young: timedelta = timedelta(days=3)
    """In use for so long, it is told of only for a network with a new client, and low."""
    requests: int = 50
    """How many calls it must have made, unless it was used on seven days."""
    new_a_day: float = 0.15
    """A key that finds new networks more often than this (a day, learnt) is mobile, and never told of for a network."""
    asns: int = 5
    """A mobile key with at most so many operators is told of for a new operator instead."""
    many: int = 100
    """Successful calls from new networks on one day that are many, if they are half of the key's usual day too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One hour in which a key succeeded from networks that are new to it, and what that day said up to its end."""

    key: str
    hour: pd.Timestamp
    calls: pd.DataFrame
    """The rows of origin_hours from new networks."""
    known: History
    clients: frozenset[str]
    """Products used from there that the key never used."""
    elsewhere: bool
    """Whether the calls are many while the usual networks go on, in this hour or the one before."""
    shared: int
    """How many other keys were used from the least shared of these networks before."""
    asns: frozenset[str]
    """Operators of these networks that the key never used; empty too when nothing is known of operators."""
    same_asn: bool
    """Whether all operators of these networks are known of this key."""
    countries: frozenset[str]
    """Countries that the key never was in; empty too when nothing is known of countries."""
    young: bool
    """Whether the key is in use for less than `history`."""


def visits(frames: Frames, settings: Settled) -> list[Visit]:
    """The visits of settled keys, in no order; of networks that no other key of the same owner was used from."""
    keys = identity(frames)
    origin = frames["origin_hours"].dropna(subset=["key_ref", "network"])
    origin = origin[origin["ok"] > 0]
    origin = origin.assign(key=origin["key_ref"].map(keys).fillna(origin["key_ref"]), day=origin["hour"].dt.floor("D"))
    past = histories(frames)
    unseen = past.networks.unseen(origin[["key", "network", "day"]].drop_duplicates())
    of_keys = dict(iter(origin[origin["key"].isin(set(unseen["key"]))].groupby(["key", "day"])))
    found: list[Visit] = []
    for (key, _), places in unseen.groupby(["key", "day"]):
        day = places["day"].iloc[0]
        known = past.of(str(key), day)
        if _learnt(known, settings):
            today = of_keys[key, day]
            new = [name for name in places["network"] if not past.of_owner(str(key), name, day)]
            there = today[today["network"].isin(new)]
            hours = _of_day(today, there, known, past, settings)
            found.extend(visit for visit in hours if visit.clients or not visit.young)
    return found


def _learnt(known: History, settings: Settled) -> bool:
    """Whether enough is known of the key, and it has a home: few new networks, or few operators."""
    home = known.new_a_day <= settings.new_a_day or (known.at_once and known.age < settings.history)
    return known.settled(min(settings.young, settings.history), settings.requests) and (
        home or 0 < len(known.asns) <= settings.asns
    )


def first_visits(frames: Frames, settings: Settled) -> dict[tuple[str, pd.Timestamp], pd.Timestamp]:
    """Key and day to the hour of the day's first visit."""
    found: dict[tuple[str, pd.Timestamp], pd.Timestamp] = {}
    for visit in visits(frames, settings):
        at = (visit.key, visit.hour.floor("D"))
        found[at] = min(found.get(at, visit.hour), visit.hour)
    return found


def _of_day(
    today: pd.DataFrame, there: pd.DataFrame, known: History, past: Histories, settings: Settled
) -> Iterator[Visit]:
    """`today` are a key's rows of origin_hours of one day, `there` those from new networks."""
    if known.new_a_day > settings.new_a_day and not (known.at_once and known.age < settings.history):
        there = there[there["asn"].notna() & ~there["asn"].isin(known.asns)]
    usual = today.loc[today["network"].isin(known.networks), "hour"]
    line = max(settings.many, known.usual_day / 2)
    so_far = 0
    clients: set[str] = set()
    for _, calls in there.groupby("hour"):
        at, key = calls["hour"].iloc[0], str(calls["key"].iloc[0])
        so_far += int(calls["ok"].sum())
        clients |= {product(client) for client in calls["client"].dropna()}
        yield Visit(
            key=key,
            hour=at,
            calls=calls,
            known=known,
            clients=frozenset(clients - known.clients if known.clients else ()),
            elsewhere=bool(usual.between(at - HOUR, at).any()) and so_far >= line,
            shared=min(past.of_others(key, str(name), at.floor("D")) for name in set(calls["network"])),
            asns=_new(calls["asn"], known.asns),
            same_asn=bool(known.asns) and bool(calls["asn"].isin(known.asns).all()),
            countries=_new(calls["country"], known.countries),
            young=known.age < settings.history,
        )


def _new(values: "pd.Series[str]", known: frozenset[str]) -> frozenset[str]:
    return frozenset(str(value) for value in values.dropna()) - known if known else frozenset()
