"""Which key replaces which, where nobody says so: by the same name, owner or label.

Two living keys that share it are a rotation; three are a pool, of which none replaces another.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

APART: Final = timedelta(days=1)
"""Keys that were made closer together than this were meant to live side by side."""
_POOL: Final = 2
_TAIL: Final = re.compile(
    r"[ ._-]+[(]?(?:new|next|old|rotated|rotation|copy|v?20\d{2}[-_.]?[01]\d(?:[-_.]?[0-3]\d)?)[)]?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known of a key that may replace another."""

    key_id: str
    name: str | None = None
    owner: str | None = None
    environment: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    living: bool = True


def links(
    keys: Iterable[Candidate], ways: Sequence[str], generic: Callable[[str], bool] = lambda _: False
) -> dict[str, tuple[str, str]]:
    """key_id to the key_id of its successor and the way it was found; an earlier way wins.

    `ways` are `name` (with the same owner and environment, but for words such as `-new` and dates at the end), `owner`
    and `label:<name>` (with the same environment). Names that are `generic` say nothing.
    """
    known = sorted((key for key in keys if key.created_at), key=lambda key: (key.created_at or _NONE, key.key_id))
    found: dict[str, tuple[str, str]] = {}
    for way in ways:
        groups: dict[tuple[str | None, ...], list[Candidate]] = {}
        for key in known:
            shared = _shared(key, way, generic)
            if shared is not None:
                groups.setdefault(shared, []).append(key)
        for group in groups.values():
            if sum(key.living for key in group) <= _POOL:
                for old, new in pairwise(group):
                    if (new.created_at or _NONE) - (old.created_at or _NONE) >= APART:
                        found.setdefault(old.key_id, (new.key_id, way))
    return found


_NONE: Final = datetime.min.replace(tzinfo=UTC)


def _shared(key: Candidate, way: str, generic: Callable[[str], bool]) -> tuple[str | None, ...] | None:
    """What keys of one rotation share; None: this one has nothing of it."""
    match way.partition(":"):
        case ("name", _, _):
            stem = _TAIL.sub("", (key.name or "").strip()).casefold()
            return (stem, key.owner, key.environment) if stem and not generic(stem) else None
        case ("owner", _, _):
            return (key.owner, key.environment) if key.owner else None
        case (_, _, label):
            value = key.labels.get(label)
            return (value, key.environment) if value else None
    return None
