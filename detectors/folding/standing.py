"""The fold of standing detectors: conditions that hold or do not hold as of the window's end.

A finding opens at the moment its condition began and resolves in the first window at whose end it no longer holds.
Its one piece of evidence is marked `ended` then, which tells the fold's resolution from a person's: only the
fold's is taken back when the condition holds again.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

from detectors.declare import Detector
from detectors.folding.decide import evidence_of
from detectors.folding.wording import Names, finding_of
from detectors.scores import Scored
from model.finding import Evidence, Finding, FindingStatus


def decide_standing(
    detector: Detector,
    known: Iterable[Finding],
    rows: Sequence[Scored],
    *,
    until: datetime,
    now: datetime,
    names: Names,
) -> list[Finding]:
    """Compare the conditions that hold at `until` with the known findings; returns those that are new or changed.

    A subject has one open finding at most: it keeps its identity when the condition's beginning moves a little.
    """
    known = list(known)
    # At the same subject an open finding is preferred to one that has ended.
    by_subject = {str(f.subject): f for f in sorted(known, key=lambda f: f.status != FindingStatus.RESOLVED)}
    decided = []
    for row in rows:
        before = _before(by_subject.pop(row.subject, None), row)
        if before is None or not _closed_by_person(before):
            decided.append(_holds(detector, before, row, now, names))
    decided += [_ended(finding, until) for finding in by_subject.values() if _ends(finding, until)]
    same = {finding.id: finding for finding in known}
    return [finding for finding in decided if finding != same.get(finding.id)]


def _before(finding: Finding | None, row: Scored) -> Finding | None:
    """The known finding that a row continues: an open one, or one that began at the same moment."""
    if finding is None or finding.status != FindingStatus.RESOLVED or finding.opened == row.bucket:
        return finding
    return None


def _closed_by_person(finding: Finding) -> bool:
    return finding.status == FindingStatus.RESOLVED and not any("ended" in piece.detail for piece in finding.evidence)


def _holds(detector: Detector, before: Finding | None, row: Scored, now: datetime, names: Names) -> Finding:
    opened = before.opened if before else row.bucket
    piece = dataclasses.replace(evidence_of(row, detector), bucket=opened)
    kept = before.status if before and before.status != FindingStatus.RESOLVED else FindingStatus.OPEN
    return finding_of(
        detector,
        row.subject,
        opened,
        (piece,),
        status=kept,
        resolved_at=None,
        before=before,
        now=now,
        names=names,
    )


def _ends(finding: Finding, until: datetime) -> bool:
    """Whether an open finding ends; a window before what is known (a backfill) ends nothing."""
    return finding.status != FindingStatus.RESOLVED and finding.last_seen <= until


def _ended(finding: Finding, until: datetime) -> Finding:
    pieces = tuple(_mark(piece, until) for piece in finding.evidence)
    return dataclasses.replace(finding, status=FindingStatus.RESOLVED, resolved_at=until, evidence=pieces)


def _mark(piece: Evidence, until: datetime) -> Evidence:
    return dataclasses.replace(piece, detail={**piece.detail, "ended": until.isoformat()})
