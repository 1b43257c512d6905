"""When a key was last used: the later of what the logs and the provider say, and since when each of them watches.

Both only ever grow, so it never moves back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """A last use; `at` None: none is known."""

    at: datetime | None
    told_by: str | None
    """`logs`, or the name of the inventory's source."""
    detail: str | None
    logs_since: datetime | None
    """The first event of the logs; None: none are read."""
    source_since: datetime | None
    """Since when the provider tells last uses; None: it does not say."""


def last_use(row: Mapping[str, Any], logs_since: datetime | None) -> LastUse:
    """Of a row of `key_frame`, with None for what is not known. A call that was refused is no use, unless all were."""
    logged, told = row["last_success"] or row["last_seen"], row["source_last_used_at"]
    by_logs = logged is not None and (told is None or logged >= told)
    return LastUse(
        at=logged if by_logs else told,
        told_by="logs" if by_logs else row["source"] if told is not None else None,
        detail=None if by_logs else row["source_last_used_detail"],
        logs_since=logs_since,
        source_since=row["telemetry_since"],
    )
