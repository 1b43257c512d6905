"""How often something took how long."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Counts of seconds by upper bounds, and their sum. One thread at a time may add."""

    def __init__(self, bounds: Sequence[float]) -> None:
        """`bounds` in seconds, ascending; what is above the last one counts too."""
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return not any(self._counts)

    def below(self) -> list[tuple[float, int]]:
        """Each bound, infinity last, and how many were at most so large."""
        found, sum_ = list[tuple[float, int]](), 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            sum_ += count
            found.append((bound, sum_))
        return found
