"""Incidents, alerts and deliveries: what people are told."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

from model.finding import Finding, Severity

IncidentId = NewType("IncidentId", str)


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class DeliveryStatus(StrEnum):
    """Where an alert stands at one target."""

    PENDING = "pending"
    """Waits for `next_at`."""
    LEASED = "leased"
    """A deliverer is at it until `leased_until`."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """It may have arrived: the target took it and never answered, or the deliverer died. It is tried again."""
    DEAD = "dead"
    """Given up; listed, and replayed by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The findings of one subject that belong together."""

    id: IncidentId
    subject: str
    """The subject that it began with, as `str(Subject)`."""
    headline: str
    """What happened, in order, in one line."""
    severity: Severity
    status: IncidentStatus
    opened_at: datetime
    updated_at: datetime
    """Last change of what it says (findings, severity, status)."""
    last_seen: datetime
    resolved_at: datetime | None = None
    key_id: str | None = None
    key_name: str | None = None
    owner: str | None = None
    environment: str | None = None
    ip: str | None = None
    assignee: str | None = None
    findings: tuple[Finding, ...] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message about an incident, in the words it had when it was written."""

    id: str
    """Hash of (incident, kind, sequence): enqueuing it twice writes one."""
    incident_id: IncidentId
    kind: Literal["opened", "updated", "resolved", "test"]
    created_at: datetime
    severity: Severity
    title: str
    """One line."""
    body: str
    """Plain text."""
    payload: dict[str, object] = field(default_factory=dict)
    """The same for machines; JSON values only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert at one target."""

    id: int
    alert: Alert
    target: str
    """The target's name in the config."""
    status: DeliveryStatus
    attempts: int
    next_at: datetime
    leased_by: str | None = None
    leased_until: datetime | None = None
    error_class: str | None = None
    """rate_limited, auth, bad_request, network, timeout, server or unknown."""
    last_error: str | None = None
    """Redacted."""
    sent_at: datetime | None = None
    idempotency_key: str = ""
    """Shown in the message; the same for each try."""
