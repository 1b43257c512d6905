"""How this process's commits to the state fare: how long they take, and why they fail."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from model.clock import SystemClock
from model.errors import Fenced, StoreAway
from model.histogram import Histogram

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds: SQLite's takes an fsync, a millisecond on flash and ten on a disk that turns; a second is trouble."""


class Commits:
    """Counts of one process; threads may ask and tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = Histogram(BOUNDS)
        self._failures: Counter[str] = Counter({"away": 0, "fenced": 0, "refused": 0})

    @contextmanager
    def timed(self) -> Iterator[None]:
        """The block commits."""
        clock = SystemClock()
        began = clock.monotonic()
        yield
        with self._lock:
            self._seconds.add(clock.monotonic() - began)

    def failed(self, error: Exception) -> None:
        """A transaction that writes came to nothing."""
        reason = "fenced" if isinstance(error, Fenced) else "away" if isinstance(error, StoreAway) else "refused"
        with self._lock:
            self._failures[reason] += 1

    def told(self) -> tuple[list[tuple[float, int]], float, dict[str, int]]:
        """As `Histogram.below`; the sum of seconds; reason to failures."""
        with self._lock:
            return self._seconds.below(), self._seconds.total, dict(self._failures)
