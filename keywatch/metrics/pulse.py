"""How `keywatch run` fares, told by its loop and read by whoever asks: is it alive, how long do its turns take.

Kept in this process: what all processes did together stands in the state.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from alerts.sends import Sends
from keywatch.metrics.exposition import Metric, Sample, histogram
from model.clock import Clock
from model.histogram import Histogram

BUCKETS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds: a quiet turn takes a tenth of one, a live detection is to take under three, an interval is thirty."""
INTERVALS: Final = 3
"""Intervals without a sign of life, after which the loop counts as hung: one late turn is none yet."""
PATIENCE: Final = 300.0
"""Seconds that it is given at least: a report, which cannot tell of itself while it is made, may take minutes."""


class Pulse:
    """Signs of life; threads may ask while the loop tells."""

    def __init__(self, clock: Clock, interval: float) -> None:
        """`interval` is that of the turns, in seconds."""
        self._clock, self._lock = clock, threading.Lock()
        self._longest = max(INTERVALS * interval, PATIENCE)
        self._seen = clock.monotonic()
        self._turns, self._errors = Histogram(BUCKETS), 0
        self._detectors: dict[str, tuple[int, float]] = {}
        self._failed: Counter[str] = Counter()
        self._stuck = False
        self.sends = Sends()
        """What its loop of delivery sent."""

    def beat(self) -> None:
        """The loop is at it: a turn begins, or a part of one ended."""
        self._seen = self._clock.monotonic()

    def turned(
        self,
        seconds: float,
        *,
        errors: int,
        detectors: Mapping[str, float],
        failed: Iterable[str] = (),
        stuck: bool = False,
    ) -> None:
        """A turn ended; `detectors` is how many seconds each took, `failed` names those that raised.

        `stuck` is whether the store refused.
        """
        self.beat()
        self._stuck = stuck
        with self._lock:
            self._turns.add(seconds)
            self._errors += errors
            for name, spent in detectors.items():
                runs, total = self._detectors.get(name, (0, 0.0))
                self._detectors[name] = (runs + 1, total + spent)
            for name in failed:  # a mapping too, whose values Counter.update would add
                self._failed[name] += 1

    @property
    def alive(self) -> bool:
        """Whether the loop gave a sign of life lately."""
        return self._clock.monotonic() - self._seen < self._longest

    @property
    def turned_once(self) -> bool:
        """Whether a turn has ended: every source was tried."""
        return not self._turns.is_empty

    @property
    def stuck(self) -> bool:
        """Whether the store refused in the last turn."""
        return self._stuck

    def metrics(self) -> Iterator[Metric]:
        """Of this process alone."""
        with self._lock:
            turns, total, errors = self._turns.below(), self._turns.total, self._errors
            detectors, failed = dict(sorted(self._detectors.items())), Counter(self._failed)
        yield histogram("turn_duration_seconds", "How long turns of this process took.", turns, total)
        yield Metric(
            name="turn_errors_total",
            kind="counter",
            help="What went wrong in turns of this process.",
            samples=[({}, errors)],
        )
        runs: list[Sample] = [({"detector": name}, count) for name, (count, _) in detectors.items()]
        yield Metric(name="detector_runs_total", kind="counter", help="Runs in this process.", samples=runs)
        spent: list[Sample] = [({"detector": name}, seconds) for name, (_, seconds) in detectors.items()]
        yield Metric(
            name="detector_duration_seconds_total",
            kind="counter",
            help="Seconds that the detector took in this process.",
            samples=spent,
        )
        raised: list[Sample] = [({"detector": name}, failed[name]) for name in sorted({*detectors, *failed})]
        meaning = "Runs in this process in which the detector raised an error."
        yield Metric(name="detector_errors_total", kind="counter", help=meaning, samples=raised)
        yield from _sends(self.sends)


def _sends(sends: Sends) -> Iterator[Metric]:
    known = sends.told()
    sent: list[Sample] = [({"target": name}, one.number) for name, one in known.items()]
    meaning = "Tries to send of this process, those that failed among them."
    yield Metric(name="notifications_total", kind="counter", help=meaning, samples=sent)
    failed: list[Sample] = [
        ({"target": name, "reason": reason}, number)
        for name, one in known.items()
        for reason, number in sorted(one.failures.items())
    ]
    meaning = "Those of them that failed, by the class of the error."
    yield Metric(name="notifications_failed_total", kind="counter", help=meaning, samples=failed)
    spent: list[Sample] = [({"target": name}, one.seconds) for name, one in known.items()]
    meaning = "Seconds that they took."
    yield Metric(name="notification_duration_seconds_total", kind="counter", help=meaning, samples=spent)
