"""Time is passed in: nothing of ours asks the machine what time it is except `SystemClock`."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the program takes as now."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for intervals and time-outs."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


@dataclass(slots=True)
class FixedClock:
    """A clock that stands at `at` until it is moved; for tests and for `--until`."""

    at: datetime
    """The moment it shows."""
    ticks: float = 0.0
    """What `monotonic` shows, in seconds."""

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at

    def monotonic(self) -> float:
        """The seconds it was set to."""
        return self.ticks
