"""What a finding's detector saw: the day of its gravest bucket, read and scored again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from detectors import engine
from detectors.declare import DAY, Detector
from detectors.folding.surprise import surprising
from detectors.folding.wording import leading
from detectors.frames import OWN
from detectors.scores import Scored
from detectors.settings import DetectorsConfig
from keywatch.detecting.scoring import bait_of, read_parts
from model.finding import Evidence, Finding, FindingStatus
from model.window import Window
from store.handle import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one detector, and those that its description names, saw and scored."""

    detector: Detector
    subject: str
    """Whom the finding is about."""
    settings: Any
    """Those that judged the finding: an override's where one did."""
    lead: Evidence
    """The finding's gravest piece."""
    window: Window
    frames: Mapping[str, pd.DataFrame]
    """As the detector was handed them."""
    rows: list[Scored]
    """Its rows of all subjects, before the line."""
    fired: list[Scored]
    """Those over the line."""
    named: Mapping[str, list[Scored]]
    """What the detectors that its description names told, by id."""

    @property
    def row(self) -> Scored | None:
        """The row of the gravest piece; None when the bucket says nothing any more."""
        found = [row for row in self.rows if row.subject == self.subject]
        if self.detector.kind == "standing":
            return next(iter(found), None)
        return next((row for row in found if row.bucket == self.lead.bucket), None)


def see(store: Store, finding: Finding, config: DetectorsConfig, clock: datetime) -> Seen | None:
    """Read and score again; None for a finding about the detectors themselves, of which no log tells.

    `clock` is the moment up to which was judged. Nothing is written.
    """
    if finding.detector not in engine.names() or not OWN.isdisjoint(engine.load(finding.detector).frames):
        return None
    detector = engine.load(finding.detector)
    lead = leading(detector, finding.evidence)
    window = _window(detector, finding, lead, clock)
    named = named_in(detector)
    rows: dict[str, list[Scored]] = {name: [] for name in (detector.id, *named)}
    frames: Mapping[str, pd.DataFrame] = {}
    for part, read, judging in read_parts(store, window, list(rows), step=None, keep=False, bait=bait_of(config)):
        scores = engine.score(read, part, config=config, detectors=judging)
        for name, some in scores.rows.items():
            rows[name] += some
        if detector.id in judging:
            frames = engine.frames_of(detector, read, part, config=config)
    fired = {name: _fired(engine.load(name), some, config) for name, some in rows.items()}
    return Seen(
        detector=detector,
        subject=str(finding.subject),
        settings=_settings(detector, lead, config),
        lead=lead,
        window=window,
        frames=frames,
        rows=rows[detector.id],
        fired=fired.pop(detector.id),
        named=fired,
    )


def named_in(detector: Detector) -> list[str]:
    """The other detectors that its description names: those that tell instead of it, or that it tells instead of."""
    words = set(re.findall(r"[a-z]+(?:-[a-z]+)+", detector.logic))
    others = (engine.load(name) for name in engine.names() if name in words and name != detector.id)
    return [other.id for other in others if OWN.isdisjoint(other.frames)]


def _window(detector: Detector, finding: Finding, lead: Evidence, clock: datetime) -> Window:
    """The UTC day of the bucket as far as it was judged; of a standing detector the day to when it last held."""
    if detector.kind == "standing":
        until = clock if finding.status is not FindingStatus.RESOLVED else finding.last_seen
        return Window(since=until - DAY, until=until)
    since = lead.bucket.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(since=since, until=max(min(since + DAY, clock), lead.bucket + detector.bucket))


def _fired(detector: Detector, rows: list[Scored], config: DetectorsConfig) -> list[Scored]:
    return surprising(detector, rows, budget=config.budget, statistical=engine.statistical())


def _settings(detector: Detector, lead: Evidence, config: DetectorsConfig) -> Any:  # noqa: ANN401 (its own dataclass)
    note = lead.detail.get("override")
    changed = note.get("set") if isinstance(note, Mapping) else None
    return config.with_settings(detector.id, changed or {}).settings(detector.id, detector.settings)
