"""Findings and their evidence: upserted by identity, so a rerun changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from model.finding import Evidence, Finding, FindingId, FindingStatus, Severity, Subject
from model.window import Window
from store.state.schema import EvidenceRow, FindingRow, JudgedRow
from store.state.writing import upsert

_SAME = (
    "detector",
    "title",
    "summary",
    "opened",
    "first_seen",
    "last_seen",
    "detected_at",
    "resolved_at",
    "key_id",
    "key_ref",
    "key_name",
    "owner",
    "environment",
    "ip",
    "count",
    "score",
    "runbook",
    "incident_id",
    "muted_by",
)
_KEPT = frozenset({"detected_at", "incident_id"})
"""What an update never takes away from a stored finding."""
_DECIDED = frozenset({"resolved_at", "muted_by"})
"""What a person's word, spoken while detectors were at it, keeps besides the status."""
_CHUNK = 500


def save_findings(
    tx: Session, findings: Iterable[Finding], *, read: Mapping[FindingId, FindingStatus] | None = None
) -> None:
    """Insert or update findings with their evidence.

    A finding that somebody acknowledged stays acknowledged until it resolves; the count and score are made again
    from all its evidence rows. `read` is how each stood when the detectors read it: where that is not what is stored
    now, a person spoke meanwhile, and the stored word counts.
    """
    latest = list({finding.id: finding for finding in findings}.values())
    for start in range(0, len(latest), _CHUNK):
        chunk = latest[start : start + _CHUNK]
        ids = [finding.id for finding in chunk]
        rows = {row.id: row for row in tx.scalars(select(FindingRow).where(FindingRow.id.in_(ids)))}
        for finding in chunk:
            row = rows.get(finding.id)
            if row is None:
                rows[finding.id] = row = FindingRow(id=finding.id)
                tx.add(row)
            _fill(row, finding, (read or {}).get(finding.id))
        tx.flush()
        upsert(tx, EvidenceRow, [_evidence_of(f.id, piece) for f in chunk for piece in f.evidence])
        _sum_up(tx, rows)


def list_findings(
    tx: Session,
    *,
    status: FindingStatus | None = None,
    min_severity: Severity | None = None,
    detector: str | None = None,
    key_id: str | None = None,
    window: Window | None = None,
    ids: Sequence[str] | None = None,
    evidence: bool = True,
) -> list[Finding]:
    """Findings, the latest seen first; `window` keeps those seen within it."""
    query = select(FindingRow).order_by(FindingRow.last_seen.desc(), FindingRow.id)
    if status is not None:
        query = query.where(FindingRow.status == str(status))
    if min_severity is not None:
        query = query.where(FindingRow.severity.in_([str(s) for s in Severity if s.rank >= min_severity.rank]))
    if detector is not None:
        query = query.where(FindingRow.detector == detector)
    if key_id is not None:
        query = query.where(or_(FindingRow.key_id == key_id, FindingRow.key_ref == key_id))
    if window is not None:
        query = query.where(FindingRow.last_seen >= window.since, FindingRow.first_seen < window.until)
    if ids is not None:
        query = query.where(FindingRow.id.in_(ids))
    rows = list(tx.scalars(query))
    found = _evidence(tx, [row.id for row in rows]) if evidence else {}
    return [_finding(row, found.get(row.id, ())) for row in rows]


def known_findings(tx: Session, window: Window) -> list[Finding]:
    """The findings a detection run starts from: those still standing, and those that touch the window.

    What a mute kept from people and is over (`resolved_at`) stands no more.
    """
    rows = list(
        tx.scalars(
            select(FindingRow).where(
                or_(
                    (FindingRow.status != str(FindingStatus.RESOLVED)) & FindingRow.resolved_at.is_(None),
                    FindingRow.last_seen >= window.since,
                )
            ),
        ),
    )
    found = _evidence(tx, [row.id for row in rows])
    return [_finding(row, found.get(row.id, ())) for row in rows]


def set_status(tx: Session, ids: Sequence[str], status: FindingStatus, *, at: datetime) -> int:
    """A person's word about findings; returns how many there were."""
    resolved = at if status is FindingStatus.RESOLVED else None
    done = tx.execute(
        update(FindingRow)
        .where(FindingRow.id.in_(ids))
        .values(status=str(status), resolved_at=resolved, muted_by=None)
        .execution_options(synchronize_session="fetch"),
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How far one detector has judged."""

    until: datetime
    ingested_at: datetime | None
    """The newest segment that it has read."""


def judged(tx: Session) -> dict[str, Judged]:
    """How far each detector has judged."""
    return {row.detector: Judged(until=row.until, ingested_at=row.ingested_at) for row in tx.scalars(select(JudgedRow))}


def save_judged(tx: Session, until: Mapping[str, datetime], ingested_at: datetime | None) -> None:
    """Remember how far detectors have judged; it never moves back."""
    for name, moment in until.items():
        row = tx.get(JudgedRow, name)
        if row is None:
            tx.add(JudgedRow(detector=name, until=moment, ingested_at=ingested_at, state={}))
        else:
            row.until = max(row.until, moment)
            row.ingested_at = ingested_at


def _fill(row: FindingRow, finding: Finding, read: FindingStatus | None) -> None:
    stored = row.status is not None
    by_a_mute = row.muted_by is not None
    decided = stored and read is not None and row.status != str(read)
    kept = _KEPT | _DECIDED if decided else _KEPT
    for name in _SAME:
        if not (stored and name in kept):
            setattr(row, name, getattr(finding, name))
    row.subject = str(finding.subject)
    row.severity = str(finding.severity)
    row.attack = list(finding.attack)
    row.controls = list(finding.controls)
    held = {str(FindingStatus.ACKNOWLEDGED), str(FindingStatus.MUTED)}
    if decided:
        return
    # A mute that ended gives way; what a person said does not.
    if by_a_mute or not (stored and row.status in held and finding.status is FindingStatus.OPEN):
        row.status = str(finding.status)


def _evidence_of(finding: str, piece: Evidence) -> dict[str, object]:
    return {
        "finding_id": finding,
        "bucket": piece.bucket,
        "count": piece.count,
        "score": piece.score,
        "first_seen": piece.first_seen,
        "last_seen": piece.last_seen,
        "detail": dict(piece.detail),
    }


def _sum_up(tx: Session, rows: Mapping[str, FindingRow]) -> None:
    query = (
        select(
            EvidenceRow.finding_id,
            func.sum(EvidenceRow.count),
            func.max(EvidenceRow.score),
            func.min(EvidenceRow.first_seen),
            func.max(EvidenceRow.last_seen),
        )
        .where(EvidenceRow.finding_id.in_(list(rows)))
        .group_by(EvidenceRow.finding_id)
    )
    for finding, count, score, first, last in tx.execute(query):
        row = rows[finding]
        row.count, row.score, row.first_seen, row.last_seen = int(count), float(score), first, last
    tx.flush()


def _evidence(tx: Session, ids: Sequence[str]) -> dict[str, tuple[Evidence, ...]]:
    found: dict[str, list[Evidence]] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        for row in tx.scalars(
            select(EvidenceRow).where(EvidenceRow.finding_id.in_(chunk)).order_by(EvidenceRow.bucket),
        ):
            found.setdefault(row.finding_id, []).append(
                Evidence(
                    bucket=row.bucket,
                    count=row.count,
                    score=row.score,
                    first_seen=row.first_seen,
                    last_seen=row.last_seen,
                    detail=row.detail,
                ),
            )
    return {finding: tuple(rows) for finding, rows in found.items()}


def forget_evidence(tx: Session, finding: str, buckets: Sequence[datetime]) -> None:
    """Drop evidence that late data took back."""
    tx.execute(delete(EvidenceRow).where(EvidenceRow.finding_id == finding, EvidenceRow.bucket.in_(buckets)))


def _finding(row: FindingRow, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding(
        id=FindingId(row.id),
        subject=Subject.parse(row.subject),
        severity=Severity(row.severity),
        status=FindingStatus(row.status),
        attack=tuple(row.attack),
        controls=tuple(row.controls),
        evidence=evidence,
        **{name: getattr(row, name) for name in _SAME},
    )
