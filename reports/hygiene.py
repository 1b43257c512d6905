"""What good housekeeping asks of each key, and the cards that count the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reports.records import Basis, KeyEntry
from reports.thresholds import AGE_DAYS, DAY, IDLE_DAYS

ALIVE: Final = frozenset({"active", "unknown"})
"""States in which a key can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One question and how many keys fail it."""

    flag: str
    title: str
    meaning: str
    count: int
    of: int
    """How many keys the question is asked of."""


_QUESTIONS: Final = (
    ("never-used", "Never used", "no use in the key's whole life, which was watched"),
    (f"idle-{IDLE_DAYS[0]}", f"Idle > {IDLE_DAYS[0]} days", "last use, or the beginning of telemetry, is longer ago"),
    (f"idle-{IDLE_DAYS[1]}", f"Idle > {IDLE_DAYS[1]} days", "last use, or the beginning of telemetry, is longer ago"),
    (f"age-{AGE_DAYS[0]}", f"Age > {AGE_DAYS[0]} days", "not created or rotated for longer"),
    (f"age-{AGE_DAYS[1]}", f"Age > {AGE_DAYS[1]} days", "not created or rotated for longer"),
    ("never-expires", "Never expires", "the inventory has no expiry date"),
    ("no-owner", "No owner", "the inventory names nobody who answers for it"),
)
_KNOWN: Final[dict[tuple[str, ...], tuple[str, ...]]] = {}
"""Each combination of flags once, however many keys have it."""
_ENDED: Final = ("used-after-end", "Ended but used", "tried in the period after it expired or was revoked")


def flags(
    *,
    state: str,
    basis: Basis,
    idle_since: datetime | None,
    fresh_since: datetime | None,
    expires_at: datetime | None,
    owner: str | None,
    after_end: str | None,
    at: datetime,
) -> tuple[str, ...]:
    """The flags of one key at a moment, in the order of the cards.

    Only keys that can be used are asked; `used-after-end` is the one that a dead key can have. `idle_since` is the
    last use or the beginning of telemetry, `fresh_since` the creation or the last rotation.
    """
    if after_end is not None:
        return (_ENDED[0],)
    if state not in ALIVE:
        return ()
    held = {
        "never-used": basis is Basis.NEVER,
        **{f"idle-{days}": idle_since is not None and at - idle_since > days * DAY for days in IDLE_DAYS},
        **{f"age-{days}": fresh_since is not None and at - fresh_since > days * DAY for days in AGE_DAYS},
        "never-expires": expires_at is None,
        "no-owner": owner is None,
    }
    found = tuple(flag for flag, holds in held.items() if holds)
    return _KNOWN.setdefault(found, found)


def cards(keys: Sequence[KeyEntry]) -> tuple[Card, ...]:
    """All cards, those that nobody fails among them."""
    alive = [key for key in keys if key.state in ALIVE]
    ended = [key for key in keys if key.state in {"expired", "revoked"}]
    asked = [(question, alive) for question in _QUESTIONS] + [(_ENDED, ended)]
    return tuple(
        Card(flag=flag, title=title, meaning=meaning, count=sum(flag in key.flags for key in group), of=len(group))
        for (flag, title, meaning), group in asked
    )
