"""Why a finding was made, in sentences: its numbers, its line, its evidence, and what mutes it or does not."""

import json
from collections.abc import Iterator, Mapping

from detectors import engine
from detectors.folding.muting import SpanOf, about_piece, span_at, unmuted
from detectors.folding.wording import Names
from detectors.settings import DetectorsConfig
from model.finding import Evidence, Finding
from model.plain import plain

_SAID = frozenset({"said", "p", "line", "standardised", "override"})
"""Parts of a detail that have sentences of their own."""

_MOST = 20
"""Pieces of evidence that are listed; the rest is counted."""


def explain(finding: Finding, config: DetectorsConfig, names: Names) -> Iterator[str]:
    """The sentences about one finding, with its evidence; `config` holds the mutes of people's verdicts too."""
    detector = engine.load(finding.detector) if finding.detector in engine.names() else None
    yield f"{finding.id}: {finding.title}"
    yield f"{finding.detector}, {finding.severity}, {finding.status}, {finding.count:,} counted."
    if detector is not None:
        yield f"It is a {detector.kind} detector with buckets of {detector.bucket}. {detector.logic}"
    yield from _evidence(finding, config)
    if detector is not None:
        span_of = span_at(finding.last_seen, {detector.id: None if detector.kind == "standing" else detector.bucket})
        labels = names.labels.get(finding.key_id or "", {})
        yield from _overrides(finding)
        yield from _mutes(finding, config, labels, span_of)


def _evidence(finding: Finding, config: DetectorsConfig) -> Iterator[str]:
    for piece in finding.evidence[:_MOST]:
        at, line = f"{piece.bucket:%Y-%m-%d %H:%M}Z", _against(piece, config)
        yield f"{at}: {piece.count:,} counted, score {piece.score:.2f}.{line}"
        rest = {name: value for name, value in piece.detail.items() if name not in _SAID}
        if rest:
            yield f"    {plain(json.dumps(rest, ensure_ascii=False, default=str), 600)}"
    if len(finding.evidence) > _MOST:
        yield f"And {len(finding.evidence) - _MOST:,} buckets more."


def _against(piece: Evidence, config: DetectorsConfig) -> str:
    """The p-value against its line, of a statistical detector."""
    p, line = piece.detail.get("p"), piece.detail.get("line")
    if not isinstance(p, float | int) or not isinstance(line, float | int):
        return " It fires from 1 on."
    budget = f"{config.budget:g} a day"
    standardised = piece.detail.get("standardised")
    return f" p = {p:.2g} against the line {line:.2g} that the budget of {budget} draws; standardised {standardised}."


def _overrides(finding: Finding) -> Iterator[str]:
    notes = [piece.detail["override"] for piece in finding.evidence if "override" in piece.detail]
    if not notes:
        yield "No override of thresholds applied."
    for note in {json.dumps(note, sort_keys=True, default=str): note for note in notes}.values():
        if isinstance(note, Mapping):
            yield f"An override applied: {note.get('set')} for {note.get('when')}. {note.get('reason') or ''}".rstrip()


def _mutes(finding: Finding, config: DetectorsConfig, labels: Mapping[str, str], span_of: SpanOf) -> Iterator[str]:
    if not config.mutes:
        yield "No calendar, mute, allow-list or expected pattern is set."
    verdict = unmuted(finding)
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
