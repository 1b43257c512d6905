"""Counts of the state for metrics: each by one grouped query, none by a key or an address."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from model.finding import FindingStatus
from model.incident import IncidentStatus
from store.state.schema import AlertRow, DeliveryRow, FindingRow, IncidentRow, JudgedRow, SegmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTally:
    """Deliveries of one target in one state for one reason."""

    target: str
    status: str
    reason: str
    """Error class, or what kept it back; empty when there is none."""
    number: int
    oldest: datetime
    """When the oldest of their alerts was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What is kept of events."""

    segments: int
    events: int
    bytes: int


def deliveries(tx: Session) -> list[DeliveryTally]:
    """By target, state and reason."""
    columns = (DeliveryRow.target, DeliveryRow.status, func.coalesce(DeliveryRow.error_class, ""))
    query = (
        select(*columns, func.count(), func.min(AlertRow.created_at))
        .join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
        .group_by(*columns)
        .order_by(*columns)
    )
    return [
        DeliveryTally(target=target, status=status, reason=reason, number=number, oldest=oldest)
        for target, status, reason, number, oldest in tx.execute(query)
    ]


def alerts(tx: Session) -> dict[str, int]:
    """Severity to alerts that were ever written."""
    query = select(AlertRow.severity, func.count()).group_by(AlertRow.severity)
    return {severity: number for severity, number in tx.execute(query)}  # noqa: C416 (rows, not pairs, to mypy)


def open_findings(tx: Session) -> dict[str, int]:
    """Severity to findings that are open or acknowledged."""
    standing = FindingRow.status.in_([str(FindingStatus.OPEN), str(FindingStatus.ACKNOWLEDGED)])
    query = select(FindingRow.severity, func.count()).where(standing).group_by(FindingRow.severity)
    return {severity: number for severity, number in tx.execute(query)}  # noqa: C416 (rows, not pairs, to mypy)


def open_incidents(tx: Session) -> dict[tuple[str, str], int]:
    """(severity, status) to incidents that are not resolved."""
    columns = (IncidentRow.severity, IncidentRow.status)
    query = select(*columns, func.count()).where(IncidentRow.status != str(IncidentStatus.RESOLVED)).group_by(*columns)
    return {(severity, status): number for severity, status, number in tx.execute(query)}


def firing(tx: Session) -> dict[str, int]:
    """Severity to incidents that an alert was written about and nobody resolved."""
    told = select(AlertRow.id).where(AlertRow.incident_id == IncidentRow.id).exists()
    standing = IncidentRow.status != str(IncidentStatus.RESOLVED)
    query = select(IncidentRow.severity, func.count()).where(standing, told).group_by(IncidentRow.severity)
    return {severity: number for severity, number in tx.execute(query)}  # noqa: C416 (rows, not pairs, to mypy)


def failing(tx: Session, detector: str) -> list[str]:
    """The subjects' values of what stands of one detector: which detectors failed, say."""
    standing = FindingRow.status.in_([str(FindingStatus.OPEN), str(FindingStatus.ACKNOWLEDGED)])
    query = select(FindingRow.subject).where(FindingRow.detector == detector, standing).distinct()
    return sorted(subject.partition(":")[2] for subject in tx.scalars(query))


def judged_until(tx: Session) -> dict[str, datetime]:
    """Detector to how far it has judged."""
    return {row.detector: row.until for row in tx.scalars(select(JudgedRow).order_by(JudgedRow.detector))}


def kept(tx: Session) -> Segments:
    """Segments, their events and bytes."""
    query = select(
        func.count(), func.coalesce(func.sum(SegmentRow.rows), 0), func.coalesce(func.sum(SegmentRow.bytes), 0)
    )
    segments, events, size = tx.execute(query).one()
    return Segments(segments=int(segments), events=int(events), bytes=int(size))
