"""Retention: which moments are the first to be kept."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """What is before its moment goes; None: stays for ever."""

    events: datetime | None = None
    counts: datetime | None = None
    """Usage and facets; events of that time go with them."""
    rejects: datetime | None = None
    hours: datetime | None = None
    """What came of each source in an hour."""
