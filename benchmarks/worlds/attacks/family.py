"""What every attack family shares: the registry, and how it finds its subjects and moments."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.worlds.clockwork import DAY, HOUR, MINUTE, local_hours
from benchmarks.worlds.company import Holder
from benchmarks.worlds.labels import STRENGTHS, Expected, Strength
from benchmarks.worlds.world import World

USUAL: Final[dict[Strength, Expected]] = {"weak": "should", "medium": "must", "strong": "must"}
LEARNT: Final = frozenset(
    {
        "volume-spike",
        "drop",
        "flatline",
        "bytes-out",
        "error-ratio",
        "off-hours",
        "new-origin",
        "first-write",
        "fan-out",
        "id-walking",
        "scraping",
    }
)
"""What takes history to tell: planted in the first two weeks, it is `should` at most."""


class NoSubject(Exception):
    """The world has no key that is fit; the family is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of attack."""

    name: str
    plant: "Callable[[Stage], None]"
    times: int
    """How often a world of 250 keys has it."""


FAMILIES: Final[dict[str, Family]] = {}


def family(name: str, *, times: int = 1) -> "Callable[[Callable[[Stage], None]], Callable[[Stage], None]]":
    """Register what plants a family."""

    def register(plant: "Callable[[Stage], None]") -> "Callable[[Stage], None]":
        FAMILIES[name] = Family(name=name, plant=plant, times=times)
        return plant

    return register


class Stage:
    """One plant while it is made."""

    def __init__(self, world: World, name: str, strength: Strength) -> None:
        self.world, self.family, self.strength = world, name, strength
        self.rng, self.number = world.rng, world.next_plant
        self.onset = self._when()

    def pick(self, weak: float, medium: float, strong: float) -> float:
        """A parameter by strength, give or take a tenth."""
        value = (weak, medium, strong)[STRENGTHS.index(self.strength)]
        return value * self.rng.uniform(0.95, 1.1)

    def count(self, weak: int, medium: int, strong: int) -> int:
        """A whole number by strength, never less than said."""
        value = (weak, medium, strong)[STRENGTHS.index(self.strength)]
        return value + int(value * self.rng.uniform(0, 0.15))

    def _when(self) -> int:
        """Mostly after two weeks, some (15 %) from the third day on; in short worlds after two fifths."""
        world, rng = self.world, self.rng
        if world.window != (0, world.length):
            begin, end = world.window
            return int(rng.uniform(begin + 0.1 * (end - begin), begin + 0.5 * (end - begin)))
        learnt = min(14 * DAY, int(0.4 * world.length))
        early = world.days > 20 and rng.random() < 0.15
        low, high = (3 * DAY, learnt) if early else (learnt, world.length - int(min(2 * DAY, 0.25 * world.length)))
        return int(rng.uniform(low, high))

    def holder(
        self,
        *,
        tempers: Iterable[str] = (),
        homes: Iterable[str] = (),
        least: float = 0.0,
        most: float = 1e9,
        environment: str | None = None,
        fit: Callable[[Holder], bool] = lambda _: True,
        alive: bool = True,
    ) -> Holder:
        """A key for this plant alone; raises NoSubject."""
        tempers, homes = set(tempers), set(homes)
        found = [
            h
            for h in self.world.holders
            if not h.taken
            and (not tempers or h.temper in tempers)
            and (not homes or h.home in homes)
            and (environment is None or h.environment == environment)
            and (not alive or h.begin + 2 * DAY < self.onset < h.end)
            and least <= h.per_day <= most
            and fit(h)
        ]
        if not found:
            raise NoSubject
        chosen = found[int(self.rng.integers(len(found)))]
        chosen.taken = True
        return chosen

    def known(self, count: int) -> list[Holder]:
        """Keys whose secrets stand on a leaked list; whatever else happens to them."""
        usable = [h for h in self.world.holders if h.status == "active" and h.environment == "production"]
        if len(usable) < count:
            raise NoSubject
        return [usable[n] for n in self.rng.permutation(len(usable))[:count]]

    def attackers(self, count: int = 1, networks: int = 1) -> np.ndarray:
        """Fresh addresses."""
        return self.world.company.intern(self.world.networks.addresses(count, networks))

    def times(self, count: int, minutes: float, *, after: float = 0.0) -> np.ndarray:
        """`count` sorted moments within so many minutes, from `after` minutes behind the onset; the first at once."""
        span = self.rng.uniform(0, minutes * MINUTE, count)
        span[0] = 0
        return np.sort(self.onset + after * MINUTE + span).astype(np.int64)

    def busy(self, holder: Holder) -> None:
        """Move the onset to an hour in which the key usually works, on the same day or one after."""
        held = self.world.log.table()
        mine = held["t"][held["key"] == holder.number]
        later = mine[(mine >= self.onset) & (mine < self.world.length - DAY)]
        if len(later) == 0:
            raise NoSubject
        self.onset = int(later[min(len(later) - 1, int(self.rng.integers(0, 50)))])

    def local_night(self, holder: Holder) -> None:
        """Move the onset to the next night (1 to 4 o'clock) of the key's own zone."""
        local = local_hours(self.world.start, self.world.days, holder.zone)
        dark = np.flatnonzero((local.hour >= 1) & (local.hour < 4))
        later = dark[dark * HOUR > self.onset]
        if len(later) == 0:
            raise NoSubject
        self.onset = int(later[0]) * HOUR + int(self.rng.integers(0, 40)) * MINUTE

    def _expected(self, expected: Expected) -> Expected:
        early = self.family in LEARNT and self.onset < min(14 * DAY, self.world.length // 2)
        return "should" if early and expected == "must" else expected

    def label(
        self,
        times: np.ndarray,
        *,
        holders: Iterable[Holder] = (),
        unknown: Iterable[str] = (),
        ips: Iterable[int] = (),
        expected: Expected | None = None,
        onset: float | None = None,
        end: float | None = None,
        note: str = "",
    ) -> None:
        """Write the plant down; its time is that of `times` unless told otherwise."""
        self.world.label(
            self.family,
            self.strength,
            self._expected(expected or USUAL[self.strength]),
            since=float(times.min()),
            onset=float(times.min()) if onset is None else onset,
            end=float(times.max()) if end is None else end,
            holders=holders,
            unknown=unknown,
            ips=ips,
            events=len(times),
            note=note,
        )
