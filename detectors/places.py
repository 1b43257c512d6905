"""Where each key is usually used from, and with which clients, as it was before a given day."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd

from detectors.declare import Frames
from detectors.past import Past, before, keyed

REACH: Final = timedelta(days=30)
_LEARNING: Final = timedelta(days=3)


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
    """How often a network is new to it: of the days after its first three, with half a network added, so that a short
    history is no proof of a fixed abode."""


class Histories:
    """Histories of all keys; `key` is a key_id, or the key_ref of a key that the inventory does not know."""

    def __init__(self, frames: Frames, keys: dict[str, str], owners: dict[str, str]) -> None:
        networks = keyed(frames["network_days"], keys)
        clients = keyed(frames["client_days"], keys)
        self.networks = Past(networks, "network")
        self.clients = Past(clients.assign(client=clients["client"].map(product)), "client")
        self._asns = Past(keyed(frames["asn_days"], keys), "asn")
        self._countries = Past(keyed(frames["country_days"], keys), "country")
        self._owners = owners
        self._places = {str(network): days for network, days in networks.groupby("network")}
        owned = networks.assign(owner=networks["key"].map(owners)).dropna(subset=["owner"])
        self._owned = dict(iter(owned.groupby(["owner", "network"])))

    def of(self, key: str, day: pd.Timestamp) -> History:
        """The history of a key before a day."""
        days = self.networks.days(key, day)
        networks = self.networks.of(key, day)
        if not networks:
            return _NOTHING
        first, since = days.groupby("network")["day"].min(), days["day"].min()
        new, seen = int((first >= since + _LEARNING).sum()), (day - since - _LEARNING).days
        return History(
            networks=networks,
            clients=self.clients.of(key, day),
            asns=self._asns.of(key, day),
            countries=self._countries.of(key, day),
            age=(day - since).to_pytimedelta(),
            requests=int(days["requests"].sum()),
            usual_day=float(days.groupby("day")["requests"].sum().median()),
            most_networks=self.networks.most(key, day),
            most_clients=self.clients.most(key, day),
            new_a_day=(new + 0.5) / (max(seen, 0) + 1),
        )

    def of_owner(self, key: str, network: str, day: pd.Timestamp) -> bool:
        """Whether another key of the same owner succeeded from that network before the day."""
        days = before(self._owned.get((self._owners.get(key), network)), day, REACH)
        return days is not None and bool((days["key"] != key).any())

    def of_others(self, key: str, network: str, day: pd.Timestamp) -> int:
        """How many other keys succeeded from that network before the day."""
        days = before(self._places.get(network), day, REACH)
        return 0 if days is None else int(days.loc[days["key"] != key, "key"].nunique())


_NOTHING: Final = History(
    networks=frozenset(),
    clients=frozenset(),
    asns=frozenset(),
    countries=frozenset(),
    age=timedelta(0),
    requests=0,
    usual_day=0.0,
    most_networks=0,
    most_clients=0,
    new_a_day=1.0,
)

HISTORY_FRAMES: Final = ("network_days", "client_days", "asn_days", "country_days", "key_refs")
"""What `histories` reads."""


def histories(frames: Frames, keys: dict[str, str]) -> Histories:
    """From HISTORY_FRAMES; `keys` is key_ref to key_id."""
    return Histories(frames, keys, owners(frames))


def owners(frames: Frames) -> dict[str, str]:
    """key_id to owner, of keys that have one."""
    refs = frames["key_refs"].dropna(subset=["key_id", "owner"])
    return dict(zip(refs["key_id"], refs["owner"], strict=True))


def product(client: object) -> str:
    """A client without its version: `curl/8` and `curl/9` are the same."""
    return str(client).partition("/")[0].strip().lower()
