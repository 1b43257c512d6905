"""A target's pace: a bucket of tokens on monotonic time, so that a clock that is set never stalls anybody."""

import threading

from model.clock import Clock


class Pace:
    """So many messages a minute, a sixth of them at once at the most. Safe for several threads."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._rate = per_minute / 60.0
        self._room = max(1.0, per_minute / 6.0)
        self._tokens, self._clock, self._at = self._room, clock, clock.monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a token; returns the seconds to wait until it is there."""
        with self._lock:
            now = self._clock.monotonic()
            self._tokens = min(self._room, self._tokens + (now - self._at) * self._rate) - 1.0
            self._at = now
            return max(0.0, -self._tokens / self._rate)
