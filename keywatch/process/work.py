"""The kinds of work that one process does at a time, by the names of their leases."""

from typing import Final

DETECT: Final = "detect"
REPORT: Final = "report"
SEGMENTS: Final = "segments"
"""What writes segments anew that are there: compaction, retention, new keys, a backup put back."""


def ingest_of(source: str) -> str:
    """Reading one source."""
    return f"ingest of {source}"


def inventory_of(source: str) -> str:
    """Asking one source of keys."""
    return f"inventory of {source}"
