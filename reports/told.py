"""Findings, incidents, alerts and deliveries as records of a report."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from model.finding import Finding, Severity
from model.incident import Alert, Delivery, Incident
from reports.reading import State
from reports.records import DeliveryEntry, FindingEntry, IncidentEntry


def finding_entries(state: State) -> tuple[FindingEntry, ...]:
    """The findings, those not resolved first, then the gravest, then the latest seen."""
    entries = [_finding(finding) for finding in state.findings]
    return tuple(
        sorted(entries, key=lambda f: (not is_open(f.status), *_order(f.severity, f.last_seen.timestamp(), f.id)))
    )


def incident_entries(state: State) -> tuple[IncidentEntry, ...]:
    """The incidents, in the same order as findings."""
    alerts = Counter(alert.incident_id for alert in state.alerts)
    entries = [_incident(one, alerts[one.id], state.acknowledged.get(one.id)) for one in state.incidents]
    return tuple(
        sorted(entries, key=lambda i: (not is_open(i.status), *_order(i.severity, i.opened_at.timestamp(), i.id)))
    )


def delivery_entries(state: State) -> tuple[DeliveryEntry, ...]:
    """The alerts of the period at each of their targets, oldest first; an alert that no route took has one row."""
    by_alert: dict[str, list[Delivery]] = {}
    for delivery in state.deliveries:
        by_alert.setdefault(delivery.alert.id, []).append(delivery)
    alerts = sorted(state.alerts, key=lambda alert: (alert.created_at, alert.id))
    return tuple(entry for alert in alerts for entry in _deliveries(alert, by_alert.get(alert.id, [])))


def is_open(status: str) -> bool:
    """Whether a finding or an incident of that status still waits for somebody; an acknowledged one does."""
    return status in {"open", "acknowledged"}


def _order(severity: str, seen: float, name: str) -> tuple[int, float, str]:
    return -Severity(severity).rank, -seen, name


def _finding(finding: Finding) -> FindingEntry:
    return FindingEntry(
        id=finding.id,
        detector=finding.detector,
        subject=str(finding.subject),
        severity=str(finding.severity),
        status=str(finding.status),
        key_id=finding.key_id,
        key_name=finding.key_name,
        owner=finding.owner,
        environment=finding.environment,
        ip=finding.ip,
        title=finding.title,
        summary=finding.summary,
        opened=finding.opened,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        detected_at=finding.detected_at,
        resolved_at=finding.resolved_at,
        count=finding.count,
        score=finding.score,
        controls=finding.controls,
        attack=finding.attack,
        incident_id=finding.incident_id,
        runbook=finding.runbook,
    )


def _incident(incident: Incident, alerts: int, acknowledged: datetime | None) -> IncidentEntry:
    return IncidentEntry(
        id=incident.id,
        headline=incident.headline,
        severity=str(incident.severity),
        status=str(incident.status),
        opened_at=incident.opened_at,
        updated_at=incident.updated_at,
        acknowledged_at=acknowledged,
        resolved_at=incident.resolved_at,
        key_name=incident.key_name,
        owner=incident.owner,
        assignee=incident.assignee,
        findings=len(incident.findings),
        alerts=alerts,
    )


def _deliveries(alert: Alert, mine: Sequence[Delivery]) -> list[DeliveryEntry]:
    if not mine:
        return [_delivery(alert, None)]
    return [_delivery(alert, delivery) for delivery in sorted(mine, key=lambda d: d.target)]


def _delivery(alert: Alert, delivery: Delivery | None) -> DeliveryEntry:
    return DeliveryEntry(
        alert_id=alert.id,
        incident_id=alert.incident_id,
        kind=alert.kind,
        severity=str(alert.severity),
        title=alert.title,
        created_at=alert.created_at,
        target=delivery.target if delivery else None,
        status=str(delivery.status) if delivery else None,
        attempts=delivery.attempts if delivery else 0,
        sent_at=delivery.sent_at if delivery else None,
        error_class=delivery.error_class if delivery else None,
        last_error=delivery.last_error if delivery else None,
    )
