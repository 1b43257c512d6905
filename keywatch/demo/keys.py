"""The keys: what the inventory knows of them, and the secrets that the log will show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from numpy.random import Generator

from keywatch.demo.cast import OWNERS, Part, Temper, parts
from keywatch.demo.requests import stream

PRODUCTION_HOST: Final = "api.aloochat.example"
DEVELOPMENT_HOST: Final = "api.dev.aloochat.example"

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DAY: Final = timedelta(days=1)

AGES: Final[dict[str, float]] = {
    "data-warehouse": 412,
    "inbox-sync": 290,
    "shahrazad-desk": 215,
    "kavir-pilot": 85,
    "nilgoon-migration": 171,
    "zagros-trial": 30,
    "darya-partner": 62.5,
    "shahrazad-import": 75,
    "toranj-dev": 5,
}
"""Days since creation where it matters; all others are between 20 and 80 days old (development: 6 to 24)."""

LAST_USES: Final[dict[str, float]] = {
    "kavir-pilot": 60,
    "nilgoon-migration": 120,
    "shahrazad-import": 31,
    "anar-paused": 18,
}
"""Days since the last use of the keys that the log does not show; a key in neither list was never used."""

STATUSES: Final[dict[str, str]] = {"shahrazad-import": "revoked", "darya-partner": "expired", "anar-paused": "inactive"}
"""All others are active."""

EXPIRED_FOR: Final = timedelta(hours=60)
"""How long ago the expired key expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoKey:
    """One key: its row of keys.csv, and its part in the play."""

    part: Part
    key_id: str
    secret: str
    created_at: datetime
    expires_at: datetime | None

    @property
    def name(self) -> str:
        """What its owner calls it."""
        return self.part.name

    @property
    def development(self) -> bool:
        """Whether it is a development key."""
        return self.name.endswith("-dev")

    @property
    def environment(self) -> str:
        """`development` or `production`."""
        return "development" if self.development else "production"

    @property
    def host(self) -> str:
        """The host that takes it."""
        return DEVELOPMENT_HOST if self.development else PRODUCTION_HOST

    @property
    def status(self) -> str:
        """What the inventory says of it."""
        return STATUSES.get(self.name, "active")

    @property
    def east(self) -> float:
        """Hours that its owner's clock is ahead of UTC."""
        return OWNERS[self.part.owner]

    @property
    def used(self) -> bool:
        """Whether it has ordinary traffic."""
        return self.part.temper is not Temper.IDLE


def make_keys(now: datetime, seed: int) -> list[DemoKey]:
    """The whole cast as of `now`; ids count from key_0001 in the order of the table."""
    rng = stream(seed, "keys")
    return [_key(part, number, now, rng) for number, part in enumerate(parts(), start=1)]


def make_secret(rng: Generator, *, development: bool = False) -> str:
    """A secret as AlooChat would issue it: `ac_live_` or `ac_dev_` and 32 letters and digits."""
    body = "".join(_ALPHABET[i] for i in rng.integers(0, len(_ALPHABET), 32))
    return f"ac_{'dev' if development else 'live'}_{body}"


def _key(part: Part, number: int, now: datetime, rng: Generator) -> DemoKey:
    development = part.name.endswith("-dev")
    drawn = float(rng.uniform(6, 24) if development else rng.uniform(20, 80))
    created = (now - AGES.get(part.name, drawn) * _DAY).replace(microsecond=0)
    return DemoKey(
        part=part,
        key_id=f"key_{number:04d}",
        secret=make_secret(rng, development=development),
        created_at=created,
        expires_at=_expiry(part.name, created, now, development=development, forever=bool(rng.random() < 0.3)),  # noqa: PLR2004 (three in ten production keys have no end)
    )


def _expiry(name: str, created: datetime, now: datetime, *, development: bool, forever: bool) -> datetime | None:
    """Development keys live 30 days, production keys two years or for ever."""
    if name == "darya-partner":
        return (now - EXPIRED_FOR).replace(microsecond=0)
    if development:
        return created + 30 * _DAY
    return None if forever else created + 730 * _DAY
