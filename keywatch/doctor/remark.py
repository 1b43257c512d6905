"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """It works; somebody should look at it."""
    ERROR = "error"
    """Something does not work, or will not be noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One sentence about one thing, and the remedy."""

    level: Level
    about: str
    """config, files, disk, state, clock, events, writing, keys, sources, detection, alerts, dashboard or backup."""
    what: str
    remedy: str | None = None


def fine(about: str, what: str) -> Remark:
    """It is as it should be."""
    return Remark(level=Level.OK, about=about, what=what)


def warning(about: str, what: str, remedy: str) -> Remark:
    """Somebody should look at it."""
    return Remark(level=Level.WARN, about=about, what=what, remedy=remedy)


def wrong(about: str, what: str, remedy: str | None) -> Remark:
    """It does not work."""
    return Remark(level=Level.ERROR, about=about, what=what, remedy=remedy)
