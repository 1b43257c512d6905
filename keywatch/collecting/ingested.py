"""What an ingest did, and how it tells of its progress."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

Progress = Callable[[Path, float, int], None]
"""Called with the file, the share of it that is read, and the lines stored so far."""


@dataclass(slots=True)
class Ingested:
    """What an ingest of one source did."""

    source: str
    files: int = 0
    """Files that held something new."""
    unchanged: int = 0
    lines: int = 0
    events: int = 0
    rejects: int = 0
    skipped: int = 0
    duplicates: int = 0
    """Records that the server handed out again, dropped by their id."""
    outside: int = 0
    """Events outside the window that was asked for, or stored by an earlier backfill."""
    latest: datetime | None = None
    """The latest time that an event has."""
    formats: set[str] = field(default_factory=set)
    reads_keys: bool = False
    held_keys: bool = False
    """Whether any event has a key, be it refused and of nobody."""
    errors: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read whole."""
