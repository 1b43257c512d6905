"""The detectors that watch the others: they come last, whatever the order, and a slow machine is no slow detector."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd

from detectors.engine import Detection, detect, names
from detectors.frames import OWN, conform
from detectors.registry import load
from detectors.settings import DetectorsConfig
from model.clock import FixedClock
from model.window import Window

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
WINDOW = Window(since=NOON - timedelta(hours=1), until=NOON)
WATCHERS = ["alerts-per-detector", "detector-slow"]
SOME = ["bytes-lost", "no-owner", "no-expiry", "generic-name", "source-silent", "source-late"]


class Stopwatch(FixedClock):
    """Each detector takes what its turn says; the last turn goes on."""

    def __init__(self, turns: Sequence[float]) -> None:
        super().__init__(NOON)
        self.turns, self.calls, self.spent = list(turns), 0, 0.0

    def monotonic(self) -> float:
        self.calls += 1
        if self.calls % 2 == 0:  # the end of a turn
            self.spent += self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        return self.spent


def watched(turns: Sequence[float], lost: int = 0) -> Detection:
    at = [NOON - timedelta(minutes=5)] * lost
    rows = {"name": [f"log-{n}" for n in range(lost)], "bytes_lost": [10] * lost, "lost_at": at}
    none = pd.DataFrame({"last_event_at": at, "last_read_at": at, "late": [False] * lost, "reads_keys": [True] * lost})
    frames = {"sources": conform("sources", pd.concat([pd.DataFrame(rows), none], axis=1))}
    return detect(
        frames,
        WINDOW,
        known=[],
        config=DetectorsConfig(),
        now=NOON,
        detectors=[*WATCHERS, *SOME],
        clock=Stopwatch(turns),
    )


def told(done: Detection) -> set[tuple[str, str]]:
    return {(f.detector, str(f.subject)) for f in done.findings if f.detector in WATCHERS}


def test_watchers_see_what_the_others_told_in_the_same_run_though_they_are_named_first() -> None:
    done = watched([0.01], lost=21)

    assert not done.errors
    assert WATCHERS == list(done.judged)[-2:]
    assert {("alerts-per-detector", "source:bytes-lost")} == told(done)
    assert set() == told(watched([0.01], lost=20))


def test_one_detector_that_takes_long_is_told() -> None:
    assert {("detector-slow", "source:no-owner")} == told(watched([0.01, 15, 0.01]))


def test_a_slow_machine_makes_no_detector_slow() -> None:
    assert set() == told(watched([4, 15, 4]))


def test_no_other_detector_reads_the_engine_s_own_frames() -> None:
    assert set(WATCHERS) == {name for name in names() if not OWN.isdisjoint(load(name).frames)}
