"""The keys of a made-up company's customers: whose, of what temper, from where, with which client, on which routes."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.random import Generator

from benchmarks.worlds.addresses import Book, Networks
from benchmarks.worlds.clockwork import DAY
from benchmarks.worlds.secrets import make_secrets
from benchmarks.worlds.words import COMPANIES, DEVELOPMENT, PRODUCTION, ROUTES, SDKS, SERVICES, ZONES

TEMPERS: Final = {
    "office": 22,
    "service": 24,
    "cron": 13,
    "nightly": 6,
    "webhook": 9,
    "weekly": 3,
    "monthly": 3,
    "heavy": 6,
    "sparse": 6,
    "growing": 4,
    "app": 4,
}
"""Kinds of life and how common each is."""
REGULAR: Final = frozenset({"service", "cron", "growing", "app"})
"""Tempers that are never silent for hours."""
HOMES: Final = {"static": 34, "pool": 24, "cloud": 12, "shared": 10, "office": 14, "sixes": 6}


@dataclass(slots=True, kw_only=True)
class Holder:
    """One key: its row in the inventory, and how it lives. Times are ms after the world's start; None is never."""

    number: int
    key_id: str
    name: str
    owner: str | None
    environment: str
    zone: str
    temper: str
    per_day: float
    created: int
    expires: int | None
    status: str = "active"
    revoked: int | None = None
    rotated: int | None = None
    successor: str | None = None
    last_used: int | None = None
    """What the inventory says beyond the log; None: what the log shows."""
    secret: str
    home: str
    addresses: np.ndarray
    agents: np.ndarray
    routes: np.ndarray
    weights: np.ndarray
    items: int
    """Where its identifiers begin."""
    errors: dict[int, float]
    """Share of each failing status."""
    size: float
    """A factor on the bytes of its answers."""
    begin: int
    """When its life in the log begins."""
    end: int
    clustered: bool
    growth: float = 0.0
    moves: list[tuple[int, np.ndarray]] = field(default_factory=list)
    """From when it calls from elsewhere."""
    upgrades: list[tuple[int, np.ndarray]] = field(default_factory=list)
    """From when it has another client."""
    taken: bool = False
    """A plant has it: no second one."""

    @property
    def host(self) -> str:
        """Where it belongs."""
        return DEVELOPMENT if self.environment == "development" else PRODUCTION


class Company:
    """Makes keys; everything by one random generator."""

    def __init__(self, rng: Generator, networks: Networks, ips: Book[str], agents: Book[str], length: int) -> None:
        self._rng, self._networks, self._ips, self._agents, self._length = rng, networks, ips, agents, length
        self._offices = [self.intern(networks.addresses(int(rng.integers(1, 4)))) for _ in range(4)]
        self._cloud = self.intern(networks.addresses(240, 6))
        self.holders: list[Holder] = []
        self._names: set[str] = set()
        self._services: set[tuple[str, str]] = set()

    def intern(self, addresses: list[str]) -> np.ndarray:
        """The numbers of addresses."""
        return self._ips.numbers(addresses)

    def hire(self, *, temper: str | None = None, per_day: float | None = None) -> Holder:
        """A new ordinary key in good order: 40 to 85 days old at the end, with an owner and an expiry."""
        rng, number = self._rng, len(self.holders)
        temper = temper or str(rng.choice(list(TEMPERS), p=_shares(TEMPERS)))
        company, service = self._service()
        development = rng.random() < 0.12
        created = self._length - int(rng.uniform(38, 50 if development else 85) * DAY)
        life = int(rng.integers(85, 90)) if development else int(rng.integers(125, 365))
        home = "app" if temper == "app" else str(rng.choice(list(HOMES), p=_shares(HOMES)))
        routes, weights = self._routes()
        holder = Holder(
            number=number,
            key_id=f"key_{number:04d}",
            name=self._name(company, service, "dev" if development else "prod"),
            owner=f"{service}@{company}.example",
            environment="development" if development else "production",
            zone=str(rng.choice(ZONES)),
            temper=temper,
            per_day=per_day or self._per_day(temper),
            created=created,
            expires=created + life * DAY,
            secret=make_secrets(1, rng, "ac_test_" if development else "ac_live_")[0],
            home=home,
            addresses=self._home(home),
            agents=self._clients(),
            routes=routes,
            weights=weights,
            items=int(rng.integers(1_000, 9_000_000)),
            errors=self._errors(),
            size=float(np.exp(rng.normal(0, 0.4))),
            begin=max(0, created + int(rng.uniform(0, 2) * DAY)),
            end=self._length,
            clustered=bool(rng.random() < 0.35),
            growth=float(rng.uniform(0.015, 0.045)) if temper == "growing" else 0.0,
        )
        self.holders.append(holder)
        return holder

    def _service(self) -> tuple[str, str]:
        """A customer and its service that has no key yet, so that no owner has two keys for one thing by chance."""
        while True:
            pair = (str(self._rng.choice(COMPANIES)), str(self._rng.choice(SERVICES)))
            if pair not in self._services:
                self._services.add(pair)
                return pair

    def _name(self, company: str, service: str, stage: str) -> str:
        name, n = f"{company}-{service}-{stage}", 2
        while name in self._names:
            name, n = f"{company}-{service}-{stage}-{n}", n + 1
        self._names.add(name)
        return name

    def _per_day(self, temper: str) -> float:
        rng = self._rng
        if temper == "sparse":
            return float(rng.choice([0.2, 0.5, 1, 3, 6]))
        if temper in {"cron", "nightly", "weekly", "monthly"}:
            return float(np.exp(rng.normal(3.2, 1.0)).clip(1, 400))  # requests a run
        return float(np.exp(rng.normal(4.4, 1.0)).clip(25, 2_500))

    def _home(self, home: str) -> np.ndarray:
        rng = self._rng
        if home == "static":
            return self.intern(self._networks.addresses(int(rng.integers(1, 4))))
        if home == "pool":
            return self.intern(self._networks.addresses(int(rng.integers(4, 13)), int(rng.integers(1, 3))))
        if home == "cloud":
            return self.intern(self._networks.addresses(int(rng.integers(20, 60)), int(rng.integers(3, 7))))
        if home == "app":
            return self.intern(self._networks.addresses(int(rng.integers(400, 1500)), int(rng.integers(60, 200))))
        if home == "sixes":
            return self.intern(self._networks.sixes(int(rng.integers(3, 30))))
        return self._offices[int(rng.integers(len(self._offices)))] if home == "office" else self._cloud

    def _clients(self) -> np.ndarray:
        rng = self._rng
        names, weights = zip(*SDKS, strict=True)
        count = int(rng.choice([1, 1, 1, 1, 2, 2, 3]))
        kinds = rng.choice(len(names), count, replace=False, p=np.array(weights) / sum(weights))
        return self._agents.numbers([versioned(names[k], int(rng.integers(1, 30))) for k in kinds])

    def _routes(self) -> tuple[np.ndarray, np.ndarray]:
        rng = self._rng
        readonly = rng.random() < 0.45
        allowed = [
            n for n, r in enumerate(ROUTES) if r.kind in {"read", "list"} or (not readonly and r.kind != "admin")
        ]
        some = min(len(allowed), int(rng.integers(2, 11)))
        chosen = np.sort(rng.choice(allowed, some, replace=False))
        weights = rng.gamma(0.7, 1.0, some) + 0.02
        return chosen.astype(np.int32), weights / weights.sum()

    def _errors(self) -> dict[int, float]:
        rng = self._rng
        some = {
            404: 0.004,
            400: 0.003,
            422: 0.002,
            429: 0.001,
            500: 0.0008,
            502: 0.0004,
            401: 0.0002,
            403: 0.0004,
            499: 0.001,
        }
        shares = {status: share * float(np.exp(rng.normal(0, 1.0))) for status, share in some.items()}
        if rng.random() < 0.06:  # "does it exist?" asked by GET
            shares[404] = float(rng.uniform(0.1, 0.35))
        if rng.random() < 0.05:  # runs into its limit every day
            shares[429] = float(rng.uniform(0.02, 0.08))
        return shares


def versioned(client: str, version: int) -> str:
    """A client of the vocabulary with its version filled in."""
    return client % version if "%d" in client else client


def _shares(weights: dict[str, int]) -> np.ndarray:
    values = np.array(list(weights.values()), dtype=float)
    return values / values.sum()
