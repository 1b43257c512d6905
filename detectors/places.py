"""Where each key is usually used from, and with which clients, as it was before a given day."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd

from detectors.declare import Frames

REACH: Final = timedelta(days=30)
_LEARNING: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the 30 days before a day say about a key; only days with successes count."""

    networks: frozenset[str]
    clients: frozenset[str]
    """Products, without versions."""
    age: timedelta
    """Since the first of those days."""
    requests: int
    usual_day: float
    """The median of a day's calls, of days with any."""
    new_a_day: float
    """How often a network is new to it: of the days after its first three, with half a network added, so that a short
    history is no proof of a fixed abode."""


_NOTHING: Final = History(
    networks=frozenset(), clients=frozenset(), age=timedelta(0), requests=0, usual_day=0.0, new_a_day=1.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Where an owner's other keys were used from before a day."""

    networks: frozenset[str]
    clients: frozenset[str]
    requests: int


class Histories:
    """Histories of all keys; `key` is a key_id, or the key_ref of a key that the inventory does not know."""

    def __init__(self, networks: pd.DataFrame, clients: pd.DataFrame, owners: dict[str, str]) -> None:
        self._all = networks[["key", "network"]].assign(before=networks["day"])
        self._networks = {str(key): days for key, days in networks.groupby("key")}
        self._clients = {str(key): days for key, days in clients.groupby("key")}
        self._owners = owners
        self._places = {str(network): days for network, days in networks.groupby("network")}
        owned = networks.assign(owner=networks["key"].map(owners)).dropna(subset=["owner"])
        self._owned = dict(iter(owned.groupby(["owner", "network"])))
        self._of_owners = {str(owner): days for owner, days in owned.groupby("owner")}

    def unseen(self, used: pd.DataFrame) -> pd.DataFrame:
        """The rows of `used` (key, network, day) whose network the key was not seen in for 30 days before the day."""
        seen = used.merge(self._all, on=["key", "network"])
        seen = seen[(seen["before"] < seen["day"]) & (seen["before"] >= seen["day"] - REACH)]
        known = pd.MultiIndex.from_frame(seen[["key", "network", "day"]])
        return used[~pd.MultiIndex.from_frame(used[["key", "network", "day"]]).isin(known)]

    def of(self, key: str, day: pd.Timestamp) -> History:
        """The history of a key before a day."""
        days = _before(self._networks.get(key), day)
        if days is None or days.empty:
            return _NOTHING
        first, since = days.groupby("network")["day"].min(), days["day"].min()
        new, seen = int((first >= since + _LEARNING).sum()), (day - since - _LEARNING).days
        clients = _before(self._clients.get(key), day)
        return History(
            networks=frozenset(str(network) for network in first.index),
            clients=frozenset() if clients is None else frozenset(product(name) for name in clients["client"]),
            age=(day - since).to_pytimedelta(),
            requests=int(days["requests"].sum()),
            usual_day=float(days.groupby("day")["requests"].sum().median()),
            new_a_day=(new + 0.5) / (max(seen, 0) + 1),
        )

    def of_owner(self, key: str, network: str, day: pd.Timestamp) -> bool:
        """Whether another key of the same owner succeeded from that network before the day."""
        days = _before(self._owned.get((self._owners.get(key), network)), day)
        return days is not None and bool((days["key"] != key).any())

    def owner_of(self, key: str, day: pd.Timestamp) -> "Others":
        """What is known, before the day, of the other keys of the key's owner."""
        owner = self._owners.get(key)
        days = _before(self._of_owners.get(owner), day) if owner is not None else None
        if days is None:
            return Others(networks=frozenset(), clients=frozenset(), requests=0)
        days = days[days["key"] != key]
        seen = [_before(self._clients.get(str(other)), day) for other in days["key"].unique()]
        named = {product(client) for each in seen if each is not None for client in each["client"]}
        networks = frozenset(str(network) for network in days["network"].unique())
        return Others(networks=networks, clients=frozenset(named), requests=int(days["requests"].sum()))

    def firsts(self, key: str, day: pd.Timestamp) -> list[str]:
        """The networks that a key succeeded from before the day, in the order in which it came to them."""
        days = _before(self._networks.get(key), day)
        if days is None:
            return []
        return [str(network) for network in days.sort_values(["first_seen", "network"])["network"].unique()]

    def has_places(self, key: str, day: pd.Timestamp) -> bool:
        """Whether it is known from where the owner's other keys were used before the day."""
        owner = self._owners.get(key)
        days = _before(self._of_owners.get(owner), day) if owner is not None else None
        return days is not None and bool((days["key"] != key).any())

    def of_others(self, key: str, network: str, day: pd.Timestamp) -> int:
        """How many other keys succeeded from that network before the day."""
        days = _before(self._places.get(network), day)
        return 0 if days is None else int(days.loc[days["key"] != key, "key"].nunique())


def histories(frames: Frames, keys: dict[str, str]) -> Histories:
    """From network_days, client_days and key_refs; `keys` is key_ref to key_id."""
    refs = frames["key_refs"].dropna(subset=["key_id", "owner"])
    owners = dict(zip(refs["key_id"], refs["owner"], strict=True))
    return Histories(_keyed(frames["network_days"], keys), _keyed(frames["client_days"], keys), owners)


def product(client: object) -> str:
    """A client without its version: `curl/8` and `curl/9` are the same."""
    return str(client).partition("/")[0].strip().lower()


def _keyed(days: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    value = "network" if "network" in days.columns else "client"
    rows = days[days["ok"] > 0].dropna(subset=["key_ref", value])
    return rows.assign(key=rows["key_ref"].map(keys).fillna(rows["key_ref"]))


def _before(days: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame | None:
    return None if days is None else days[(days["day"] < day) & (days["day"] >= day - REACH)]
