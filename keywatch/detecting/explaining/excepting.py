"""The overrides, the calendar, the mutes and the allow-lists: each with whether it applied to a finding."""

import json
from collections.abc import Iterator, Mapping

from detectors.declare import Detector
from detectors.folding.matching import about_finding
from detectors.folding.muting import about_piece, span_at, unmuted
from detectors.folding.overriding import Override
from detectors.folding.wording import leading
from detectors.settings import DetectorsConfig, show
from keywatch.detecting.explaining.words import at
from model.finding import Finding


def excepted(finding: Finding, detector: Detector, config: DetectorsConfig, labels: Mapping[str, str]) -> Iterator[str]:
    """The sentences about them; `labels` are those of the finding's key."""
    yield from _overrides(finding, detector, config, labels)
    yield from _mutes(finding, detector, config, labels)


def _overrides(
    finding: Finding, detector: Detector, config: DetectorsConfig, labels: Mapping[str, str]
) -> Iterator[str]:
    notes = [piece.detail["override"] for piece in finding.evidence if "override" in piece.detail]
    if not notes:
        yield "No override of thresholds applied."
    for note in {json.dumps(note, sort_keys=True, default=str): note for note in notes}.values():
        if isinstance(note, Mapping):
            yield f"An override applied: {note.get('set')} for {note.get('when')}. {note.get('reason') or ''}".rstrip()
    for override in config.exceptions:
        if override.detector == detector.id and (why := _misses(override, finding, detector, labels)):
            values = ", ".join(f"{name} {show(value)}" for name, value in override.settings.items())
            yield f"Not overridden by {values} for {override.when.words()}: {why}."


def _misses(override: Override, finding: Finding, detector: Detector, labels: Mapping[str, str]) -> str | None:
    if leading(detector, finding.evidence).bucket >= override.until:
        return f"it ended {at(override.until)}"
    return override.when.misses(about_finding(finding, labels))


def _mutes(finding: Finding, detector: Detector, config: DetectorsConfig, labels: Mapping[str, str]) -> Iterator[str]:
    if not config.mutes:
        yield "No calendar, mute, allow-list or expected pattern is set."
    verdict = unmuted(finding)
    span_of = span_at(finding.last_seen, {detector.id: None if detector.kind == "standing" else detector.bucket})
    for mute in config.mutes:
        misses = [
            mute.misses(finding.detector, about_piece(verdict, piece, labels), span_of(verdict, piece))
            for piece in verdict.evidence
        ]
        passed = [why for why in misses if why is not None]
        if not passed:
            yield f"Muted by {mute.words()}."
        elif len(passed) < len(misses):
            yield f"Not muted by {mute.words()}: {len(passed)} of {len(misses)} buckets are outside, since {passed[0]}."
        else:
            yield f"Not muted by {mute.words()}: {passed[0]}."
    if finding.muted_by:
        yield f"When it was judged: muted by {finding.muted_by}."
