"""What is known about a world: what was planted, and what only looks odd."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

Strength = Literal["weak", "medium", "strong"]
STRENGTHS: Final = get_args(Strength)
Expected = Literal["must", "should", "may"]
"""must: whoever misses it has failed; should: a good tool finds it; may: worth an `info`, no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One attack, or one other thing that findings ought to name."""

    id: int
    family: str
    strength: Strength
    expected: Expected
    key_ids: tuple[str, ...]
    """Keys that a finding may have as its subject."""
    ips: tuple[str, ...]
    """Addresses that a finding may have as its subject."""
    networks: tuple[str, ...]
    since: datetime
    """Its first sign: the onset, but for those with a prelude (the failures before a success)."""
    onset: datetime
    end: datetime
    events: int
    """Lines of the log that belong to it; 0 when it consists of what is missing or stands in the inventory."""
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuisance:
    """Something harmless that looks odd."""

    kind: str
    start: datetime
    end: datetime
    key_ids: tuple[str, ...]
    """Whom it concerns; none: everybody."""
    ips: tuple[str, ...]
    excuses: tuple[str, ...]
    """Families whose detectors may speak up about it at any severity: the finding is true, only no attack."""
    note: str


def plain(label: Plant | Nuisance) -> dict[str, Any]:
    """A label as JSON holds it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(label).items()}


def plant(row: dict[str, Any]) -> Plant:
    """A plant from JSON."""
    return Plant(**_read(row, ("since", "onset", "end")))


def nuisance(row: dict[str, Any]) -> Nuisance:
    """A nuisance from JSON."""
    return Nuisance(**_read(row, ("start", "end")))


def _read(row: dict[str, Any], moments: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in moments else tuple(value) if isinstance(value, list) else value
        for name, value in row.items()
    }
