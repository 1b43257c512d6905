"""Incidents, alerts, deliveries and silences: what people are told, and what they are spared."""

from collections.abc import Mapping
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
    COLLECTED = "collected"
    """Waits for its target's digest."""
    FOLDED = "folded"
    """Told in a digest; `last_error` names it."""
    SUPPRESSED = "suppressed"
    """Kept back; `error_class` and `last_error` say by what and why."""


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
    snoozed_until: datetime | None = None
    """Nothing more is told of it until then, but its end."""
    findings: tuple[Finding, ...] = ()
    """Oldest first."""


AlertKind = Literal["opened", "updated", "reminder", "escalated", "resolved", "digest", "self", "report", "test"]
"""`digest` sums up several incidents, `self` is about keywatch's own targets, `report` about a report or a review that
stays open, `test` about nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message about an incident, in the words it had when it was written."""

    id: str
    """Hash of (incident, kind, sequence): enqueuing it twice writes one."""
    incident_id: IncidentId
    kind: AlertKind
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
    replayed_at: datetime | None = None
    """When somebody had a dead one tried again."""
    idempotency_key: str = ""
    """Shown in the message; the same for each try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Mutes what it matches until a time; it changes the telling, never the verdict."""

    id: int
    when: Mapping[str, object]
    """As the `when` of a route."""
    since: datetime
    until: datetime
    reason: str
    author: str
    expired_at: datetime | None = None
    """When somebody ended it before its time."""

    def active(self, now: datetime) -> bool:
        """Whether it mutes now."""
        return self.since <= now < min(self.until, self.expired_at or self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a person wrote about an incident."""

    incident_id: IncidentId
    at: datetime
    author: str
    text: str
