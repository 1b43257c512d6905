"""The circuit breaker: a target that keeps failing is left alone for a while, and then tried with one message."""

from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
"""Failures in a row that open the circuit."""
FIRST: Final = timedelta(seconds=30)
LONGEST: Final = timedelta(minutes=15)

_MOST = 10


def opened_until(now: datetime, *, failures: int, retry_after: float | None) -> datetime | None:
    """Until when nothing is tried at a target that has failed so often in a row, or None: it is tried at once.

    30 s after the fifth failure, twice as long after each further one, 15 minutes at the most. What the target asks for
    by Retry-After holds for all messages to it, up to a day.
    """
    asked = timedelta(seconds=min(retry_after or 0.0, 86400.0))
    grown = FIRST * 2 ** min(failures - FAILURES, _MOST) if failures >= FAILURES else timedelta(0)
    wait = max(asked, min(grown, LONGEST))
    return now + wait if wait else None
