"""How this process's sends to targets fare: how many, how long they take, and why they fail."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sent:
    """The sends to one target."""

    number: int = 0
    """All that were tried, those that failed among them."""
    seconds: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)
    """Class of the error to how many."""


class Sends:
    """Counts of one process; threads may ask and tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._targets: dict[str, Sent] = {}

    def add(self, target: str, seconds: float, error_class: str | None) -> None:
        """One was tried; `error_class` is None when the target took it."""
        with self._lock:
            known = self._targets.setdefault(target, Sent())
            known.number += 1
            known.seconds += seconds
            if error_class is not None:
                known.failures[error_class] += 1

    def told(self) -> dict[str, Sent]:
        """Target to what was sent to it, as it stands; sorted by name."""
        with self._lock:
            return {
                name: Sent(one.number, one.seconds, Counter(one.failures))
                for name, one in sorted(self._targets.items())
            }
