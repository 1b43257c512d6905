"""Where each key is usually used from, and with which clients, as it was before a given day."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from detectors.declare import Frames
from detectors.shared.clients import product
from detectors.shared.lifetimes import identity
from detectors.shared.past import Past, keyed, number
from detectors.shared.remember import remembered

_WEEK: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the 30 days before a day say about a key; only days with successes count."""

    networks: frozenset[str]
    clients: frozenset[str]
    """Products, without versions."""
    asns: frozenset[str]
    """Operators (autonomous systems); empty without a GeoIP file."""
    countries: frozenset[str]
    age: timedelta
    """Since the first of those days."""
    requests: int
    usual_day: float
    """The median of a day's calls, of days with any."""
    most_networks: int
    """The most networks of one day."""
    most_clients: int
    """The most products of one day."""
    new_a_day: float
    """How often a network is new to it, as `Past.new_a_day` has it."""
    days: int = 0
    """On how many of those days it was used."""
    at_once: bool = False
    """Whether all its networks were there on the first of those days."""

    def settled(self, history: timedelta, requests: int) -> bool:
        """Whether it is in use for so long, and its ways are known: by so many calls, or by as many days as a week has.

        Three calls a day from one network show a home as well as fifty on one day.
        """
        return self.age >= history and (self.requests >= requests or self.days >= _WEEK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Where an owner's other keys were used from before a day."""

    networks: frozenset[str]
    clients: frozenset[str]
    """Products, without versions."""
    asns: frozenset[str]
    countries: frozenset[str]
    """Operators and countries; empty without a GeoIP file."""
    requests: int
    age: timedelta
    """Since the first of the last 30 days on which one of them was used."""
    together: bool
    """Whether two or more of them are in use, and at least half of those share a network with another."""


class Histories:
    """Histories of all keys; `key` is a key_id, or the key_ref of a key that the inventory does not know."""

    def __init__(self, frames: Frames, keys: dict[str, str], owners: dict[str, str]) -> None:
        networks = keyed(frames["network_days"], keys)
        clients = keyed(frames["client_days"], keys)
        self.networks = Past(networks, "network")
        self.clients = Past(clients.assign(client=clients["client"].map(product)), "client")
        self._asns = Past(keyed(frames["asn_days"], keys), "asn")
        self._countries = Past(keyed(frames["country_days"], keys), "country")
        self._users = Past(networks, "key", by="network")
        self._owners = owners
        self._of_owners: dict[str, list[str]] = {}
        for other, owner in owners.items():
            self._of_owners.setdefault(owner, []).append(other)
        self._told: dict[tuple[str, pd.Timestamp], History] = {}

    def of(self, key: str, day: pd.Timestamp) -> History:
        """The history of a key before a day."""
        if (key, day) not in self._told:
            self._told[key, day] = self._history(key, day)
        return self._told[key, day]

    def _history(self, key: str, day: pd.Timestamp) -> History:
        past = self.networks.stretch(key, day)
        since = int(past.days[0]) if len(past.days) else number(day)
        daily = np.bincount(past.days - since, weights=past.requests) if len(past.days) else np.zeros(1)
        return History(
            networks=self.networks.of(key, day),
            clients=self.clients.of(key, day),
            asns=self._asns.of(key, day),
            countries=self._countries.of(key, day),
            age=timedelta(days=number(day) - since),
            requests=int(past.requests.sum()),
            usual_day=float(np.median(daily[daily > 0])) if daily.any() else 0.0,
            most_networks=self.networks.most(key, day),
            most_clients=self.clients.most(key, day),
            new_a_day=self.networks.new_a_day(key, day),
            days=int((daily > 0).sum()),
            at_once=len(past.days) > 0 and set(past.codes.tolist()) == set(past.codes[past.days == since].tolist()),
        )

    def of_owner(self, key: str, network: str, day: pd.Timestamp) -> bool:
        """Whether another key of the same owner succeeded from that network in the 30 days before the day."""
        mine = self._owners.get(key)
        return mine is not None and any(
            other != key and self._owners.get(other) == mine for other in self._users.of(network, day)
        )

    def owner_of(self, key: str, day: pd.Timestamp) -> Others:
        """What is known, before the day, of the other keys of the key's owner."""
        owner = self._owners.get(key)
        mine = [other for other in self._of_owners.get(owner, ()) if other != key] if owner is not None else []
        places = [networks for other in mine if (networks := self.networks.of(other, day))]
        shared = Counter(network for networks in places for network in networks)
        joined = sum(any(shared[network] > 1 for network in networks) for networks in places)
        return Others(
            networks=frozenset().union(*places),
            clients=frozenset().union(*(self.clients.of(other, day) for other in mine)),
            asns=frozenset().union(*(self._asns.of(other, day) for other in mine)),
            countries=frozenset().union(*(self._countries.of(other, day) for other in mine)),
            requests=sum(int(self.networks.stretch(other, day).requests.sum()) for other in mine),
            age=max((self.of(other, day).age for other in mine), default=timedelta(0)),
            together=joined > 0 and joined * 2 >= len(places),
        )

    def firsts(self, key: str, day: pd.Timestamp) -> list[str]:
        """The networks that a key succeeded from before the day, in the order of the days in which it came to them."""
        return self.networks.firsts(key, day)

    def has_places(self, key: str, day: pd.Timestamp) -> bool:
        """Whether it is known from where the owner's other keys were used before the day."""
        return bool(self.owner_of(key, day).networks)

    def of_others(self, key: str, network: str, day: pd.Timestamp) -> int:
        """How many other keys succeeded from that network in the 30 days before the day."""
        return len(self._users.of(network, day) - {key})


HISTORY_FRAMES: Final = ("network_days", "client_days", "asn_days", "country_days", "key_refs")
"""What `histories` reads."""


def histories(frames: Frames) -> Histories:
    """From HISTORY_FRAMES."""
    return _histories(*(frames[name] for name in HISTORY_FRAMES))


@remembered
def _histories(*given: pd.DataFrame) -> Histories:
    frames = dict(zip(HISTORY_FRAMES, given, strict=True))
    return Histories(frames, identity(frames), owners(frames))


def owners(frames: Frames) -> dict[str, str]:
    """key_id to owner, of keys that have one."""
    refs = frames["key_refs"].dropna(subset=["key_id", "owner"])
    return dict(zip(refs["key_id"], refs["owner"], strict=True))
