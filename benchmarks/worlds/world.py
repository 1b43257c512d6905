"""A world while it is made: its books, its keys, its log, and what is known about it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from benchmarks.worlds.addresses import Book, Networks, network
from benchmarks.worlds.clockwork import DAY
from benchmarks.worlds.company import Company, Holder
from benchmarks.worlds.events import Log, columns
from benchmarks.worlds.labels import Expected, Nuisance, Plant, Strength
from benchmarks.worlds.words import ADMIN, ATTACKERS, HOSTS, PRODUCTION, ROUTES

FAILED: Final = 400
_ASKED: Final = (1, 6, 8, 11, 19)
"""Routes that an attack asks for unless it says which: GET and POST."""


class World:
    """Everything that generation needs; times are ms after `start`."""

    def __init__(self, *, seed: int, days: int, size: int, start: datetime) -> None:
        self.seed, self.days, self.size, self.start = seed, days, size, start
        self.length = days * DAY
        self.rng = np.random.default_rng([seed, days, size])
        self.ips, self.agents = Book[str](), Book[str]()
        self.routes = Book[tuple[str, str]]()
        for route in (*ROUTES, *ADMIN):
            self.routes.number((route.method, route.path))
        self.usual_status = np.array([r.status for r in (*ROUTES, *ADMIN)], dtype=np.int16)
        self._usual_size = np.array([r.size for r in (*ROUTES, *ADMIN)], dtype=float)
        self.networks = Networks(self.rng)
        self.company = Company(self.rng, self.networks, self.ips, self.agents, self.length)
        self.log = Log()
        self.strange: list[str] = []
        """Secrets that the inventory does not know; their numbers follow those of the keys."""
        self.plants: list[Plant] = []
        self.nuisances: list[Nuisance] = []
        self.window = (0, self.length)
        """Where plants may lie; a real log is shorter than its days."""
        self.swallowed: set[int] = set()
        """Plants of which a hole in the log has left no line: nobody can find them, so they are no plants."""
        self.broken: list[tuple[int, int, float]] = []
        """From, to, share: lines that come out broken."""

    @property
    def holders(self) -> list[Holder]:
        """The keys of the inventory."""
        return self.company.holders

    def at(self, t: float) -> datetime:
        """A time of the world as a moment."""
        return self.start + timedelta(milliseconds=int(t))

    def host(self, name: str) -> int:
        """The number of a host."""
        return HOSTS.index(name)

    def route(self, method: str, path: str) -> int:
        """The number of a route."""
        return self.routes.number((method, path))

    def strangers(self, secrets: Iterable[str]) -> np.ndarray:
        """Numbers for secrets that nobody issued; below -1 until all keys are there."""
        first = len(self.strange)
        self.strange.extend(secrets)
        return -2 - np.arange(first, len(self.strange), dtype=np.int32)

    def secret(self, number: int) -> str:
        """The secret behind a number of the column `key`; empty for -1."""
        if number == -1:
            return ""
        return self.holders[number].secret if number >= 0 else self.strange[-2 - number]

    def holidays(self, zone: str) -> set[date]:
        """Two or three days off in five weeks, the same for a whole zone."""
        rng = np.random.default_rng([self.seed, sum(zone.encode())])
        days = rng.choice(np.arange(3, max(4, self.days)), min(2, max(0, self.days // 14)), replace=False)
        return {(self.start + timedelta(days=int(day))).date() for day in days}

    def items(self, holder: Holder, count: int, rng: Generator) -> np.ndarray:
        """Identifiers that a key asks for: its own, some much more often than others."""
        return holder.items + np.minimum(rng.geometric(0.01, count), 5_000) * 7 % 5_003

    def sizes(self, route: np.ndarray, status: np.ndarray, factor: float, rng: Generator) -> np.ndarray:
        """Bytes of the answers."""
        usual = self._usual_size[route] * factor * rng.lognormal(0, 0.25, len(route))
        return np.where(status >= FAILED, rng.integers(60, 240, len(route)), usual).astype(np.int64)

    def request(self, plant: int, times: np.ndarray, **given: ArrayLike) -> np.ndarray:
        """Add requests of a plant: by a stranger's client to an ordinary route of production, unless `given` differs.

        Returns the sorted times, those outside of the world left out.
        """
        rng, count = self.rng, len(times)
        times = np.sort(np.asarray(times).astype(np.int64))
        status = np.broadcast_to(np.asarray(given.pop("status", 401), dtype=np.int16), (count,))
        made = columns(
            count,
            t=times,
            plant=plant,
            status=status,
            route=given.pop("route", int(rng.choice(_ASKED))),
            item=given.pop("item", rng.integers(1_000, 9_000_000, count)),
            size=given.pop(
                "size", np.where(status >= FAILED, rng.integers(60, 240, count), rng.lognormal(7.5, 0.8, count))
            ),
            took=given.pop("took", rng.lognormal(3.5, 0.5, count)),
            agent=given.pop("agent", self.agents.number(str(rng.choice(ATTACKERS)))),
            host=given.pop("host", self.host(PRODUCTION)),
            **given,
        )
        inside = (times >= self.window[0]) & (times < self.window[1])
        self.log.add({name: column[inside] for name, column in made.items()})
        return times[inside]

    @property
    def next_plant(self) -> int:
        """The number of the plant that is being made."""
        return len(self.plants)

    def label(
        self,
        family: str,
        strength: Strength,
        expected: Expected,
        *,
        onset: float,
        end: float,
        since: float | None = None,
        holders: Iterable[Holder] = (),
        unknown: Iterable[str] = (),
        ips: Iterable[int] = (),
        events: int = 0,
        note: str = "",
    ) -> None:
        """Write down what was planted."""
        addresses = sorted({self.ips.held[ip] for ip in ips})
        self.plants.append(
            Plant(
                id=self.next_plant,
                family=family,
                strength=strength,
                expected=expected,
                key_ids=tuple(sorted({h.key_id for h in holders} | set(unknown))),
                ips=tuple(addresses),
                networks=tuple(sorted({network(ip) for ip in addresses})),
                since=self.at(onset if since is None else since),
                onset=self.at(onset),
                end=self.at(end),
                events=events,
                note=note,
            ),
        )

    def odd(
        self,
        kind: str,
        start: float,
        end: float,
        *,
        holders: Iterable[Holder] = (),
        ips: Iterable[int] = (),
        excuses: tuple[str, ...] = (),
        note: str = "",
    ) -> None:
        """Write down something harmless."""
        self.nuisances.append(
            Nuisance(
                kind=kind,
                start=self.at(start),
                end=self.at(end),
                key_ids=tuple(h.key_id for h in holders),
                ips=tuple(self.ips.held[ip] for ip in ips),
                excuses=excuses,
                note=note,
            ),
        )
