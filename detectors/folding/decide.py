"""The fold: scored buckets into findings that stay open, grow, and resolve when it has been quiet long enough.

The state is the findings themselves: each is a set of evidence, one piece a bucket, and everything that it says is a
function of that set. So it does not matter in how many windows the buckets came, and judging one again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from detectors.declare import Detector
from detectors.folding.wording import Names, finding_of
from detectors.scores import Scored
from model.finding import Evidence, Finding, FindingStatus

_LONGEST: Final = timedelta(hours=24)


@dataclass(slots=True)
class Case:
    """A finding while it is being decided."""

    opened: datetime
    subject: str
    evidence: dict[datetime, Evidence] = field(default_factory=dict)
    before: Finding | None = None

    def ends(self, detector: Detector) -> datetime:
        """When it resolves if nothing more comes.

        What has gone on for hours may pause for as long (up to a day) and is still the same: the refractory period
        grows with the finding instead of telling people about each pause.
        """
        last = max(self.evidence)
        patience = max(detector.quiet, min(last - self.opened, _LONGEST))
        return last + detector.bucket + patience

    def takes(self, bucket: datetime, detector: Detector) -> bool:
        """Whether a bucket belongs to it: within its quiet time before or after, and before a person closed it."""
        if self.closed_by_person(detector) and self.before and self.before.resolved_at:
            return min(self.evidence) - detector.quiet <= bucket < self.before.resolved_at
        return min(self.evidence) - detector.quiet <= bucket < self.ends(detector)

    def closed_by_person(self, detector: Detector) -> bool:
        """Whether it was resolved earlier than the fold would have."""
        if self.before is None or self.before.status != FindingStatus.RESOLVED or self.before.resolved_at is None:
            return False
        return self.before.resolved_at < case_of(self.before).ends(detector)


def decide(
    detector: Detector,
    known: Iterable[Finding],
    rows: Sequence[Scored],
    *,
    until: datetime,
    now: datetime,
    names: Names,
) -> list[Finding]:
    """Fold the rows that fired into the known findings of this detector; returns those that are new or changed.

    `known` are findings with all their evidence: those open, and those that touch the window. `until` is the window's
    end: what has been quiet for long enough by then is resolved.
    """
    cases: Mapping[str, list[Case]] = _cases(known)
    for row in sorted(rows, key=lambda row: (row.bucket, row.subject)):
        case = _home(cases[row.subject], row.bucket, detector)
        if case is None:
            case = Case(opened=row.bucket, subject=row.subject)
            cases[row.subject].append(case)
        case.evidence[row.bucket] = evidence_of(row, detector)
    decided = [_conclude(case, detector, until, now, names) for group in cases.values() for case in group]
    return [finding for finding in decided if finding is not None]


def evidence_of(row: Scored, detector: Detector) -> Evidence:
    """What a row adds to a finding; its words go along, so that the finding's own are a function of its evidence."""
    said = {
        "title": row.title,
        "summary": row.summary,
        "severity": str(row.severity or detector.severity),
        "key_ref": row.key_ref,
        "key_id": row.key_id,
        "ip": row.ip,
    }
    return Evidence(
        bucket=row.bucket,
        count=int(row.count),
        score=round(float(row.score), 3),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        detail={**row.detail, "said": said},
    )


def case_of(finding: Finding) -> Case:
    """A known finding as a case; one that was read without evidence counts as its opening bucket."""
    evidence = {piece.bucket: piece for piece in finding.evidence} or {finding.opened: _stand_in(finding)}
    return Case(opened=finding.opened, subject=str(finding.subject), evidence=evidence, before=finding)


def _stand_in(finding: Finding) -> Evidence:
    return Evidence(
        bucket=finding.opened,
        count=finding.count,
        score=finding.score,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        detail={"said": {"title": finding.title, "summary": finding.summary, "severity": str(finding.severity)}},
    )


def _cases(known: Iterable[Finding]) -> "defaultdict[str, list[Case]]":
    cases: defaultdict[str, list[Case]] = defaultdict(list)
    for finding in sorted(known, key=lambda finding: finding.opened):
        cases[str(finding.subject)].append(case_of(finding))
    return cases


def _home(cases: Sequence[Case], bucket: datetime, detector: Detector) -> Case | None:
    """The case a bucket belongs to: the one that has it, else the latest begun before it, else the next after."""
    holds = [case for case in cases if bucket in case.evidence]
    takes = [case for case in cases if case.takes(bucket, detector)]
    before = [case for case in takes if min(case.evidence) <= bucket]
    return next(iter(holds), None) or (before[-1] if before else next(iter(takes), None))


def _conclude(case: Case, detector: Detector, until: datetime, now: datetime, names: Names) -> Finding | None:
    """The finding as it stands, or None when nothing changed."""
    before, ends = case.before, case.ends(detector)
    if before is not None and case_of(before).evidence == case.evidence and not _due(before, ends, until):
        return None
    status, resolved_at = FindingStatus.OPEN, None
    if before is not None and case.closed_by_person(detector):
        status, resolved_at = before.status, before.resolved_at
    # A known resolution says that time has passed, even when an earlier window is judged again.
    elif ends <= max(until, (before.resolved_at if before else None) or until):
        status, resolved_at = FindingStatus.RESOLVED, ends
    elif before is not None and before.status != FindingStatus.RESOLVED:
        status = before.status
    pieces = tuple(case.evidence[bucket] for bucket in sorted(case.evidence))
    return finding_of(
        detector,
        case.subject,
        case.opened,
        pieces,
        status=status,
        resolved_at=resolved_at,
        before=before,
        now=now,
        names=names,
    )


def _due(before: Finding, ends: datetime, until: datetime) -> bool:
    """Whether a finding without news is to be resolved now."""
    return before.status != FindingStatus.RESOLVED and ends <= until
