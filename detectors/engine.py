"""Runs detectors over frames: score, compare with the line, fold into findings. One that fails becomes a finding."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pandas as pd

from detectors.declare import Detector, narrow
from detectors.folding.decide import decide
from detectors.folding.failure import FAILED, failed_row
from detectors.folding.muting import muted, span_at, unmuted
from detectors.folding.overriding import overridden
from detectors.folding.standing import decide_standing
from detectors.folding.surprise import surprising
from detectors.folding.wording import Names
from detectors.frames import CALLS, FRAMES, OWN, conform, reaching
from detectors.registry import load, names
from detectors.scores import Scored, from_frame
from detectors.settings import DetectorsConfig
from detectors.shared.tried import worked_of
from detectors.usual.baselines import baselines_of
from model.clock import Clock, SystemClock
from model.finding import Finding, FindingStatus
from model.window import Window

__all__ = [
    "Detection",
    "Scores",
    "detect",
    "fold",
    "frames_of",
    "load",
    "names",
    "names_of",
    "required_frames",
    "score",
]

_ALWAYS = ("keys", "key_refs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The rows of one window, before any line, budget or state."""

    rows: Mapping[str, list[Scored]]
    """Detector id to its rows; a detector that failed is not in it."""
    failures: list[Scored] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    """Detector id to what went wrong."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Detector id to how long it took."""
    watching: Sequence[str] = ()
    """The detectors that watch the others; they are scored when those have been folded."""
    given: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """The frames that these read, where they were handed over."""


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


def required_frames(window: Window, detectors: Iterable[str] | None = None) -> dict[str, timedelta]:
    """The frames to hand to `detect`, each with how far before the window it must reach; None means all detectors."""
    needed = dict.fromkeys(_ALWAYS)
    for name in names() if detectors is None else detectors:
        needed.update(dict.fromkeys(load(name).frames))
    return reaches((name for name in needed if name not in OWN), window)


def reaches(names: Iterable[str], window: Window) -> dict[str, timedelta]:
    """How far before the window each of these frames must reach."""
    return {name: FRAMES[name].reach(window) for name in names}


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
    made of all the key_hours that there are. `known` are the findings, with evidence, that are open or that touch the
    window. `now` becomes `detected_at` of new findings.
    Raises ConfigError for a wrong setting and DetectorError when the inventory's frames lack columns; a detector
    that raises becomes a finding, and the others go on.
    """
    scores = score(frames, window, config=config, detectors=detectors, clock=clock)
    return fold(scores, window, known=known, config=config, now=now, names=names_of(frames))


def names_of(frames: Mapping[str, pd.DataFrame]) -> Names:
    """What the inventory's frames call keys. Raises DetectorError when they lack columns."""
    return Names(conform("key_refs", frames.get("key_refs")), conform("keys", frames.get("keys")))


def frames_of(
    detector: Detector, frames: Mapping[str, pd.DataFrame], window: Window, *, config: DetectorsConfig
) -> dict[str, pd.DataFrame]:
    """What `score` hands to a detector; for whoever asks again what it saw."""
    return _Scoring(frames, window, config).frames_of(detector)


def score(
    frames: Mapping[str, pd.DataFrame],
    window: Window,
    *,
    config: DetectorsConfig,
    detectors: Iterable[str] | None = None,
    clock: Clock | None = None,
    later: Callable[[], Mapping[str, pd.DataFrame]] | None = None,
) -> Scores:
    """The rows of the buckets that end in the window: pure, so that they may be folded with several budgets.

    Where an override sets thresholds, the detector runs once more with them. `later` gives the frames that are cut to
    keys, where `frames` has none: it is asked when the other detectors have run, and what it raises is raised here.
    """
    run = _Scoring(frames, window, config)
    chosen = [load(name) for name in (names() if detectors is None else detectors)]
    for each in chosen:
        run.check(each)
    rows: dict[str, list[Scored]] = {}
    # Those that watch the others are scored when these have been folded.
    result = Scores(
        rows=rows,
        watching=[each.id for each in chosen if not OWN.isdisjoint(each.frames)],
        given={name: frames[name] for name in OWN if name in frames},
    )
    clock = clock or SystemClock()
    scored = [one for one in chosen if one.id not in result.watching]
    for each in sorted(scored, key=lambda one: bool(one.by_key)):
        if each.by_key and later is not None:
            run.given, later = {**frames, **later()}, None
        began = clock.monotonic()
        try:
            rows[each.id] = run.rows(each)
        except Exception as error:  # noqa: BLE001 (whatever a detector raises must not stop the others; it is told)
            result.errors[each.id] = f"{type(error).__name__}: {error}"
            result.failures.append(failed_row(each.id, error, window.until))
        result.seconds[each.id] = clock.monotonic() - began
    return replace(result, rows={each.id: rows[each.id] for each in scored if each.id in rows})


class _Scoring:
    """What the detectors of one run share."""

    def __init__(self, frames: Mapping[str, pd.DataFrame], window: Window, config: DetectorsConfig) -> None:
        self.given = frames
        self.window = window
        self.config = config
        self.frames: dict[str, pd.DataFrame] = {}
        self.names = Names(self.frame("key_refs"), self.frame("keys"))

    def frame(self, name: str, *, by_key: bool = False) -> pd.DataFrame:
        """A frame in the types that detectors rely on, as far as it reaches; made once a run.

        `by_key`: cut to the keys in question, if it was handed over so.
        """
        place = narrow(name) if by_key and narrow(name) in self.given else name
        if place not in self.frames:
            given = self.given.get(place)
            if given is None:
                given = self._derived(name)
            self.frames[place] = reaching(name, conform(name, given), self.window)
        return self.frames[place]

    def _derived(self, name: str) -> pd.DataFrame | None:
        """What can be made of other frames, where nobody hands it over."""
        if name == "baselines":
            return baselines_of(conform("key_hours", self.given.get("key_hours")), self.window, self.names.zones)
        if name == "attacked_days":
            return self.given.get("network_days")
        if name == "worked":
            return worked_of(self.frame("network_days"), self.frame("origin_hours"))
        return None

    def check(self, detector: Detector) -> None:
        """Read its settings, the overridden ones too. Raises ConfigError."""
        self.config.settings(detector.id, detector.settings)
        for each in self.config.exceptions:
            if each.detector == detector.id:
                self.config.overridden_settings(each, detector.settings)

    def frames_of(self, detector: Detector) -> dict[str, pd.DataFrame]:
        """The frames of one detector."""
        return {name: self.frame(name, by_key=name in detector.by_key) for name in detector.frames}

    def rows(self, detector: Detector) -> list[Scored]:
        """The rows of one detector, those of overrides in their place."""
        frames = self.frames_of(detector)
        calls = CALLS.intersection(frames)
        if detector.kind == "rule" and calls and all(frames[name].empty for name in calls):
            return []  # a rule tells of what was done
        base = from_frame(detector.score(frames, self.window, self.config.settings(detector.id, detector.settings)))
        others = [
            (each, from_frame(detector.score(frames, self.window, settings)))
            for each in self.config.exceptions
            if each.detector == detector.id
            for settings in [self.config.overridden_settings(each, detector.settings)]
        ]
        return overridden(base, others, self.names) if others else base


def fold(
    scores: Scores,
    window: Window,
    *,
    known: Sequence[Finding],
    config: DetectorsConfig,
    now: datetime,
    names: Names,
) -> Detection:
    """Fold the rows that fire into the known findings.

    `fold(fold(s, [a, b)), [b, c)) = fold(s, [a, c))`. Mutes come last and change only the status.
    """
    run = _Folding(window, known, config, now, names)
    result = Detection(findings=[], judged={}, errors=dict(scores.errors), seconds=dict(scores.seconds))
    failures = list(scores.failures)
    for name, rows in scores.rows.items():
        try:
            result.findings.extend(run.fold(load(name), rows))
            result.judged[name] = window.until
        except Exception as error:  # noqa: BLE001 (a row that cannot be folded is its detector's failure)
            result.errors[name] = f"{type(error).__name__}: {error}"
            failures.append(failed_row(name, error, window.until))
    for name in scores.watching:
        detector = load(name)
        scored = detector.score(
            run.watched(result, window, scores.given), window, config.settings(name, detector.settings)
        )
        result.findings.extend(run.fold(detector, from_frame(scored)))
        result.judged[name] = window.until
    result.findings.extend(run.health([*scores.rows, *scores.errors], failures))
    return result


class _Folding:
    """What the folds of one run share."""

    def __init__(
        self, window: Window, known: Sequence[Finding], config: DetectorsConfig, now: datetime, names: Names
    ) -> None:
        self.until = window.until
        self.known: dict[str, list[Finding]] = {}
        for finding in known:
            self.known.setdefault(finding.detector, []).append(finding)
        self.config = config
        self.now = now
        self.names = names
        self.statistical = statistical()

    def fold(self, detector: Detector, rows: Sequence[Scored]) -> list[Finding]:
        """The new and changed findings of one detector."""
        fired = surprising(detector, rows, budget=self.config.budget, statistical=self.statistical)
        return self._decided(detector, self.known.get(detector.id, []), fired)

    def watched(self, result: Detection, window: Window, given: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """The frames of OWN: what the detectors have told, and how long they took."""
        now = {finding.id: finding for known in self.known.values() for finding in known}
        now |= {finding.id: finding for finding in result.findings}
        told = [(f.opened, f.detector, str(f.severity), str(f.subject)) for f in now.values()]
        length = window.length.total_seconds()
        runs = [(name, round(spent * 1000), length) for name, spent in result.seconds.items()]
        made = {
            "told": pd.DataFrame(told, columns=["opened", "detector", "severity", "subject"]),
            "runs": pd.DataFrame(runs, columns=["detector", "milliseconds", "window_seconds"]),
        }
        return {name: conform(name, given.get(name, frame)) for name, frame in made.items()}

    def health(self, judged: Sequence[str], failures: Sequence[Scored]) -> list[Finding]:
        """The findings about detectors that failed, and the end of those whose detectors work again."""
        subjects = {f"source:{name}" for name in judged}
        known = [f for f in self.known.get(FAILED.id, []) if str(f.subject) in subjects]
        return self._decided(FAILED, known, failures)

    def _decided(self, detector: Detector, known: Sequence[Finding], rows: Sequence[Scored]) -> list[Finding]:
        verdicts = [unmuted(finding) for finding in known]
        standing = detector.kind == "standing"
        decide_by = decide_standing if standing else decide
        news = decide_by(detector, verdicts, rows, until=self.until, now=self.now, names=self.names)
        changed = {finding.id for finding in news}
        open_ones = [f for f in verdicts if f.status is FindingStatus.OPEN and f.id not in changed]
        span_of = span_at(self.until, {detector.id: None if standing else detector.bucket})
        told = muted([*news, *open_ones], self.config.mutes, self.names.labels, span_of)
        before = {finding.id: finding for finding in known}
        return [finding for finding in told if finding != before.get(finding.id)]


def statistical() -> int:
    """How many detectors share the budget."""
    return sum(load(name).kind == "statistical" for name in names())
