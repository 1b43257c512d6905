"""A file of a report before it is written: its name, and its bytes a piece at a time."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file to be written."""

    name: str
    pieces: Iterable[bytes]
    """Read once; a large file is never whole in memory."""
    rows: int | None = None
    """Rows of a table, its header not counted; None where a file has no rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written."""

    name: str
    sha256: str
    bytes: int
    rows: int | None
