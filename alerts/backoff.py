"""When a delivery is tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta

BASE = timedelta(seconds=5)
CAP = timedelta(minutes=15)
BUDGET = timedelta(hours=24)
"""After this long without success an alert is old news: it is dead, listed, and replayed by hand."""

_MOST = 20
"""2 to this power is far beyond the cap; greater exponents only cost digits."""

Uniform = Callable[[float, float], float]
"""Like `random.uniform`; injected, so that tests know what it says."""


def next_try(
    now: datetime,
    *,
    attempts: int,
    written: datetime,
    retry_after: float | None,
    uniform: Uniform,
) -> datetime | None:
    """The moment of the next try, or None when the budget is used up.

    Full jitter: uniform in [0, min(cap, base * 2^(attempts - 1))] (Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015), on top of what the target asked for by Retry-After. `attempts` counts those made.
    """
    grown = BASE.total_seconds() * 2 ** min(max(attempts - 1, 0), _MOST)
    wait = uniform(0.0, min(CAP.total_seconds(), grown)) + min(retry_after or 0.0, BUDGET.total_seconds())
    at = now + timedelta(seconds=wait)
    return at if at <= written + BUDGET else None
