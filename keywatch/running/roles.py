"""The kinds of work that `keywatch run` does, together in one process or apart in several."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """One kind of work."""

    INGEST = "ingest"
    """Sources of logs and of keys."""
    DETECT = "detect"
    DELIVER = "deliver"
    REPORT = "report"
    HOUSEKEEPING = "housekeeping"
    """Compaction, retention, sweeping."""


EVERY_ROLE: Final = frozenset(Role)
