"""Incidents: written with the findings that they hold, and read back with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from model.finding import Finding, Severity
from model.incident import Incident, IncidentId, IncidentStatus
from model.window import Window
from store.state.findings import list_findings
from store.state.schema import FindingRow, IncidentRow, KeyActivityRow, KeyRow

_SAME = (
    "subject",
    "headline",
    "opened_at",
    "updated_at",
    "last_seen",
    "resolved_at",
    "key_id",
    "key_name",
    "owner",
    "environment",
    "ip",
    "assignee",
    "snoozed_until",
)
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What a message or a route needs to know of a key beyond what the incident says."""

    hint: str | None = None
    """Prefix and last four of the secret; never more."""
    team: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """The inventory's free words."""


def save_incidents(tx: Session, incidents: Iterable[Incident]) -> None:
    """Insert or update incidents, and link their findings to them; the findings must be saved before."""
    incidents = list(incidents)
    for start in range(0, len(incidents), _CHUNK):
        chunk = incidents[start : start + _CHUNK]
        rows = {row.id: row for row in tx.scalars(select(IncidentRow).where(IncidentRow.id.in_([i.id for i in chunk])))}
        for incident in chunk:
            row = rows.get(incident.id)
            if row is None:
                row = IncidentRow(id=incident.id)
                tx.add(row)
            for name in _SAME:
                setattr(row, name, getattr(incident, name))
            row.severity, row.status = str(incident.severity), str(incident.status)
        tx.flush()
        links = [{"id": finding.id, "incident_id": one.id} for one in chunk for finding in one.findings]
        if links:
            tx.execute(update(FindingRow), links)


def list_incidents(
    tx: Session,
    *,
    status: IncidentStatus | None = None,
    min_severity: Severity | None = None,
    key_id: str | None = None,
    window: Window | None = None,
    limit: int | None = None,
) -> list[Incident]:
    """Incidents with their findings (no evidence), the latest seen first; `window` keeps those that touch it."""
    where: list[ColumnElement[bool]] = []
    if status is not None:
        where.append(IncidentRow.status == str(status))
    if min_severity is not None:
        where.append(IncidentRow.severity.in_([str(s) for s in Severity if s.rank >= min_severity.rank]))
    if key_id is not None:
        where.append(IncidentRow.key_id == key_id)
    if window is not None:
        where += [IncidentRow.last_seen >= window.since, IncidentRow.opened_at < window.until]
    return _incidents(tx, where, limit=limit, evidence=False)


def get_incident(tx: Session, incident_id: str) -> Incident | None:
    """One incident with its findings and their evidence, or None."""
    return next(iter(_incidents(tx, [IncidentRow.id == incident_id], evidence=True)), None)


def incidents_to_join(tx: Session, findings: Sequence[Finding], since: datetime) -> list[Incident]:
    """The incidents that `findings` may belong to: those not resolved, those seen since `since`, and their own."""
    own: set[str] = set()
    for start in range(0, len(findings), _CHUNK):
        chunk = [finding.id for finding in findings[start : start + _CHUNK]]
        held = tx.scalars(select(FindingRow.incident_id).where(FindingRow.id.in_(chunk)).distinct())
        own |= {incident for incident in held if incident is not None}
    fresh = or_(IncidentRow.status != str(IncidentStatus.RESOLVED), IncidentRow.last_seen >= since)
    found = {incident.id: incident for incident in _incidents(tx, [fresh], evidence=True)}
    missing = sorted(own - set(found))
    for start in range(0, len(missing), _CHUNK):
        those = IncidentRow.id.in_(missing[start : start + _CHUNK])
        found |= {incident.id: incident for incident in _incidents(tx, [those], evidence=True)}
    return list(found.values())


def key_facts(tx: Session, keys: Iterable[str]) -> dict[str, KeyFacts]:
    """Facts of keys by key_id; a key_ref that no inventory row knows has the hint that the logs showed."""
    wanted = sorted(set(keys))
    facts: dict[str, KeyFacts] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        for ref in tx.scalars(select(KeyActivityRow).where(KeyActivityRow.key_ref.in_(chunk))):
            facts[ref.key_ref] = KeyFacts(hint=ref.hint)
        for row in tx.scalars(select(KeyRow).where(KeyRow.key_id.in_(chunk))):
            facts[row.key_id] = KeyFacts(hint=row.hint, team=row.team, labels=row.labels or {})
    return facts


def _incidents(
    tx: Session,
    where: Sequence[ColumnElement[bool]],
    *,
    limit: int | None = None,
    evidence: bool,
) -> list[Incident]:
    query = select(IncidentRow).where(*where).order_by(IncidentRow.last_seen.desc(), IncidentRow.id).limit(limit)
    rows = list(tx.scalars(query))
    held = _findings(tx, [row.id for row in rows], evidence=evidence)
    return [_incident(row, held.get(row.id, ())) for row in rows]


def _findings(tx: Session, incidents: Sequence[str], *, evidence: bool) -> dict[str, tuple[Finding, ...]]:
    held: dict[str, list[Finding]] = {}
    for start in range(0, len(incidents), _CHUNK):
        chunk = incidents[start : start + _CHUNK]
        ids = list(tx.scalars(select(FindingRow.id).where(FindingRow.incident_id.in_(chunk))))
        for begin in range(0, len(ids), _CHUNK):
            for finding in list_findings(tx, ids=ids[begin : begin + _CHUNK], evidence=evidence):
                held.setdefault(str(finding.incident_id), []).append(finding)
    return {i: tuple(sorted(f, key=lambda x: (x.first_seen, x.opened, x.id))) for i, f in held.items()}


def _incident(row: IncidentRow, findings: tuple[Finding, ...]) -> Incident:
    return Incident(
        id=IncidentId(row.id),
        severity=Severity(row.severity),
        status=IncidentStatus(row.status),
        findings=findings,
        **{name: getattr(row, name) for name in _SAME},
    )
