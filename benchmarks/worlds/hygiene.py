"""Stale keys: some are made so, and then every key that is so by the inventory and the log is written down as one.

The lines are those of the issue and of reference/detections.md D37 to D43: unused for 45 days, never used 14 days
after it was issued, older than 90 days, expiring within 30, two keys of one rotation for more than 30 days.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from benchmarks.worlds.clockwork import DAY
from benchmarks.worlds.company import Holder
from benchmarks.worlds.labels import Expected, Strength
from benchmarks.worlds.world import World

FAMILIES: Final = (
    "unused",
    "never-used",
    "over-age",
    "expiring-soon",
    "expired-active",
    "no-expiry",
    "no-owner",
    "generic-name",
    "two-active-keys",
    "dev-too-long",
)
GENERIC: Final = ("Key1", "test", "key", "new key", "My API Key", "tmp", "default", "api-key-2")
_LIFE: Final = {"unused": 45, "never-used": 14, "over-age": 90, "expiring-soon": 30, "dev-too-long": 90}
"""Days."""
_EXPECTED: Final[dict[str, Expected]] = {"dev-too-long": "should"}
"""Nobody says how long is too long."""
_GRAVE: Final = {"unused": 90, "over-age": 180, "expiring-soon": 7}


def neglect(world: World) -> None:
    """Make some keys stale, each in one way, before the traffic; they live as they lived."""
    some = max(1, world.size // 80)
    for family in FAMILIES:
        for _ in range(some):
            holder = world.company.hire(temper="sparse" if family in {"unused", "never-used"} else None)
            holder.taken = True
            _STALE[family](world, holder)


def judge(world: World) -> None:
    """Label every key for every line that it crosses, from the moment it does."""
    held = world.log.table()
    uses: dict[int, tuple[int, int]] = {}
    mine = held["key"] >= 0
    order = np.argsort(held["key"][mine], kind="stable")
    keys, times = held["key"][mine][order], held["t"][mine][order]
    for number in np.unique(keys):
        some = times[np.searchsorted(keys, number) : np.searchsorted(keys, number, side="right")]
        uses[int(number)] = (int(some.min()), int(some.max()))
    for holder in world.holders:
        if holder.status in {"revoked", "inactive", "expired"} and holder.expires is None:
            continue
        last = uses.get(holder.number, (None, holder.last_used))[1]
        for family, since in _crossed(world, holder, last):
            if since < world.length:
                world.label(
                    family,
                    _strength(family, world.length - since),
                    _EXPECTED.get(family, "must"),
                    onset=since,
                    end=world.length,
                    holders=[holder],
                )


def _crossed(world: World, holder: Holder, last: int | None) -> list[tuple[str, float]]:
    """Which lines a key crosses, and when (ms)."""
    if holder.status in {"revoked", "inactive"}:
        return []
    found: list[tuple[str, float]] = []
    born = max(holder.created, holder.rotated or holder.created)
    expired = holder.expires is not None and holder.expires < world.length
    if not expired:
        if last is not None:
            found.append(("unused", last + _LIFE["unused"] * DAY))
        else:
            found.append(("never-used", holder.created + _LIFE["never-used"] * DAY))
        found.append(("over-age", born + _LIFE["over-age"] * DAY))
        if holder.expires is None:
            found.append(("no-expiry", holder.created))
        else:
            found.append(("expiring-soon", holder.expires - _LIFE["expiring-soon"] * DAY))
            if holder.environment == "development" and holder.expires - holder.created > _LIFE["dev-too-long"] * DAY:
                found.append(("dev-too-long", holder.created))
    elif holder.status == "active":
        found.append(("expired-active", float(holder.expires or 0)))
    if holder.owner is None:
        found.append(("no-owner", holder.created))
    if holder.name in GENERIC:
        found.append(("generic-name", holder.created))
    return found + _twins(world, holder)


def _twins(world: World, holder: Holder) -> list[tuple[str, float]]:
    """A rotation of which both keys are active for more than 30 days; or a name of one owner issued twice."""
    twins = [
        other
        for other in world.holders
        if other is not holder
        and other.status == "active"
        and (
            other.key_id == holder.successor
            or (other.owner == holder.owner is not None and other.name.startswith(holder.name))
        )
    ]
    return [("two-active-keys", max(holder.created, other.created) + 30 * DAY) for other in twins[:1]]


def _strength(family: str, age: float) -> Strength:
    """How far beyond its line."""
    grave = _GRAVE.get(family, 30) - _LIFE.get(family, 0)
    return "strong" if age > 2 * abs(grave) * DAY else "medium" if age > abs(grave) * DAY else "weak"


def _unused(world: World, holder: Holder) -> None:
    ago = int(world.rng.uniform(50, 200)) * DAY
    holder.begin, holder.last_used = world.length, world.length - ago
    holder.created = min(holder.created, world.length - ago - 20 * DAY)
    holder.rotated = max(holder.created, world.length - 80 * DAY)
    holder.expires = world.length + 120 * DAY


def _never(world: World, holder: Holder) -> None:
    holder.begin, holder.last_used = world.length, None
    holder.created = world.length - int(world.rng.uniform(16, 70)) * DAY


def _aged(world: World, holder: Holder) -> None:
    holder.created = world.length - int(world.rng.uniform(93, 500)) * DAY
    holder.begin, holder.expires = 0, world.length + 200 * DAY


def _expiring(world: World, holder: Holder) -> None:
    holder.expires = world.length + int(world.rng.uniform(1, 28) * DAY)


def _expired(world: World, holder: Holder) -> None:
    holder.expires = world.length - int(world.rng.uniform(1, 20) * DAY)
    holder.end = min(holder.end, holder.expires - DAY)


def _endless(_world: World, holder: Holder) -> None:
    holder.expires = None


def _ownerless(_world: World, holder: Holder) -> None:
    holder.owner = None


def _generic(world: World, holder: Holder) -> None:
    free = [name for name in GENERIC if name not in {h.name for h in world.holders}]
    holder.name = free[0] if free else GENERIC[0]


def _doubled(world: World, holder: Holder) -> None:
    other = world.company.hire(temper="service")
    other.taken, other.owner, other.environment = True, holder.owner, holder.environment
    other.name, other.created, other.begin = f"{holder.name}-new", world.length - 36 * DAY, 0
    holder.created = min(holder.created, world.length - 60 * DAY)


def _lasting(_world: World, holder: Holder) -> None:
    holder.environment = "development"
    holder.expires = holder.created + 720 * DAY


_STALE: Final[dict[str, Callable[[World, Holder], None]]] = {
    "unused": _unused,
    "never-used": _never,
    "over-age": _aged,
    "expiring-soon": _expiring,
    "expired-active": _expired,
    "no-expiry": _endless,
    "no-owner": _ownerless,
    "generic-name": _generic,
    "two-active-keys": _doubled,
    "dev-too-long": _lasting,
}
