"""An explanation, put together: the numbers of a finding, and what its detector saw when it is asked again."""

import json
from collections.abc import Iterator

from detectors import engine
from detectors.folding.wording import Names
from detectors.settings import DetectorsConfig
from keywatch.detecting.explaining.excepting import excepted
from keywatch.detecting.explaining.rank import ranked
from keywatch.detecting.explaining.seen import Seen
from keywatch.detecting.explaining.silencing import silenced
from keywatch.detecting.explaining.usual import baseline
from model.finding import Evidence, Finding
from model.plain import plain

_SAID = frozenset({"said", "p", "line", "standardised", "override"})
"""Parts of a detail that have sentences of their own."""

_MOST = 20
"""Pieces of evidence that are listed; the rest is counted."""


def explain(finding: Finding, config: DetectorsConfig, names: Names, seen: Seen | None = None) -> Iterator[str]:
    """The sentences about one finding, with its evidence; `config` holds the mutes of people's verdicts too.

    With what its detector has `seen`, its rank, the baseline, and what could have silenced it.
    """
    detector = engine.load(finding.detector) if finding.detector in engine.names() else None
    yield f"{finding.id}: {finding.title}"
    yield f"{finding.detector}, {finding.severity}, {finding.status}, {finding.count:,} counted."
    if detector is not None:
        yield f"It is a {detector.kind} detector with buckets of {detector.bucket}. {detector.logic}"
    yield from _evidence(finding, config)
    if seen is not None:
        yield from ranked(seen, config)
        yield from baseline(seen)
        yield from silenced(seen, finding)
    if detector is not None:
        yield from excepted(finding, detector, config, names.labels.get(finding.key_id or "", {}))


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
