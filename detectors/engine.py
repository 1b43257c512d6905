"""Runs detectors over frames: score, compare with the line, fold into findings. One that fails becomes a finding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from detectors.baselines import baselines_of
from detectors.decide import decide
from detectors.declare import Detector
from detectors.failure import FAILED, failed_row
from detectors.frames import FRAMES, OWN, conform, reaching
from detectors.registry import load, names
from detectors.scores import Scored, from_frame
from detectors.settings import DetectorsConfig
from detectors.standing import decide_standing
from detectors.surprise import surprising
from detectors.wording import Names
from model.clock import Clock, SystemClock
from model.finding import Finding
from model.window import Window

__all__ = ["Detection", "detect", "load", "names", "required_frames"]

_ALWAYS = ("keys", "key_refs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What one run found."""

    findings: list[Finding]
    """New and changed ones only, each with all its evidence, oldest first."""
    judged: dict[str, datetime]
    """Detector id to the moment up to which it has judged; a detector that failed is not in it."""
    errors: dict[str, str] = field(default_factory=dict)
    """Detector id to what went wrong; each is a finding `detector-failed` too."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Detector id to how long it took."""


def required_frames(detectors: Iterable[str] | None = None) -> dict[str, timedelta]:
    """The frames to hand to `detect`, each with how far before the window it must reach; None means all detectors."""
    needed = dict.fromkeys(_ALWAYS)
    for name in names() if detectors is None else detectors:
        needed.update(dict.fromkeys(load(name).frames))
    return {name: FRAMES[name].ask for name in needed if name not in OWN}


def detect(
    frames: Mapping[str, pd.DataFrame],
    window: Window,
    *,
    known: Sequence[Finding],
    config: DetectorsConfig,
    now: datetime,
    detectors: Iterable[str] | None = None,
    clock: Clock | None = None,
) -> Detection:
    """Judge the buckets that end in the window, and fold what fires into the known findings.

    `frames` are those of `required_frames`, by name; a frame that is not there counts as empty, and `baselines` are
    made of all the key_hours that there are. `known` are the
    findings, with evidence, that are open or that touch the window. `now` becomes `detected_at` of new findings.
    Raises ConfigError for a wrong setting and DetectorError when the inventory's frames lack columns; a detector
    that raises becomes a finding, and the others go on.
    """
    run = _Run(frames, window, known, config, now)
    chosen = [load(name) for name in (names() if detectors is None else detectors)]
    settings = {each.id: config.settings(each.id, each.settings) for each in chosen}
    result = Detection(findings=[], judged={})
    clock = clock or SystemClock()
    # Those that watch the others come after them.
    for each in sorted(chosen, key=lambda one: not OWN.isdisjoint(one.frames)):
        if not OWN.isdisjoint(each.frames):
            run.watch(result)
        began = clock.monotonic()
        try:
            result.findings.extend(run.judge(each, settings[each.id]))
            result.judged[each.id] = window.until
        except Exception as error:  # noqa: BLE001 (whatever a detector raises must not stop the others; it is told)
            result.errors[each.id] = f"{type(error).__name__}: {error}"
            run.failures.append(failed_row(each.id, error, window.until))
        result.seconds[each.id] = clock.monotonic() - began
    result.findings.extend(run.health([each.id for each in chosen]))
    return result


class _Run:
    """What the detectors of one run share."""

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        window: Window,
        known: Sequence[Finding],
        config: DetectorsConfig,
        now: datetime,
    ) -> None:
        self.given = frames
        self.window = window
        self.known = known
        self.budget = config.budget
        self.now = now
        self.frames: dict[str, pd.DataFrame] = {}
        self.failures: list[Scored] = []
        self.names = Names(self.frame("key_refs"), self.frame("keys"))
        self.statistical = sum(load(name).kind == "statistical" for name in names())

    def frame(self, name: str) -> pd.DataFrame:
        """A frame in the types that detectors rely on, as far as it reaches; made once a run."""
        if name not in self.frames:
            given = self.given.get(name)
            if given is None and name == "baselines":
                given = baselines_of(conform("key_hours", self.given.get("key_hours")), self.window, self.names.zones)
            self.frames[name] = reaching(name, conform(name, given), self.window)
        return self.frames[name]

    def watch(self, result: Detection) -> None:
        """Make the frames of OWN from what the run has found so far, where they were not given."""
        now = {finding.id: finding for finding in (*self.known, *result.findings)}
        told = [(f.opened, f.detector, str(f.severity), str(f.subject)) for f in now.values()]
        length = self.window.length.total_seconds()
        runs = [(name, round(spent * 1000), length) for name, spent in result.seconds.items()]
        made = {
            "told": pd.DataFrame(told, columns=["opened", "detector", "severity", "subject"]),
            "runs": pd.DataFrame(runs, columns=["detector", "milliseconds", "window_seconds"]),
        }
        self.frames |= {name: conform(name, frame) for name, frame in made.items() if name not in self.given}

    def judge(self, detector: Detector, settings: object) -> list[Finding]:
        """The new and changed findings of one detector."""
        scores = detector.score({name: self.frame(name) for name in detector.frames}, self.window, settings)
        rows = surprising(detector, from_frame(scores), budget=self.budget, statistical=self.statistical)
        known = [finding for finding in self.known if finding.detector == detector.id]
        fold = decide_standing if detector.kind == "standing" else decide
        return fold(detector, known, rows, until=self.window.until, now=self.now, names=self.names)

    def health(self, judged: Sequence[str]) -> list[Finding]:
        """The findings about detectors that failed, and the end of those whose detectors work again."""
        subjects = {f"source:{name}" for name in judged}
        known = [f for f in self.known if f.detector == FAILED.id and str(f.subject) in subjects]
        return decide_standing(FAILED, known, self.failures, until=self.window.until, now=self.now, names=self.names)
