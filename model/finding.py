"""A finding: something a detector noticed about a subject. It stays open and is updated, it is not repeated."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

FindingId = NewType("FindingId", str)
"""Hash of (detector, subject, opened bucket): a rerun gives the same."""


class Severity(StrEnum):
    """A promise: high and critical need a person tonight, the others can wait."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)


class FindingStatus(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    MUTED = "muted"


class SubjectKind(StrEnum):
    """What a finding can be about."""

    KEY = "key"
    IP = "ip"
    NETWORK = "network"
    SOURCE = "source"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: `key:<key_ref or key_id>`, `ip:203.0.113.9`, `source:edge`, `platform:all`."""

    kind: SubjectKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read what `str` wrote; the value may hold colons."""
        kind, _, value = text.partition(":")
        return cls(SubjectKind(kind), value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one bucket adds to a finding; written once per (finding, bucket), so a rerun changes nothing."""

    bucket: datetime
    """The bucket's start, UTC."""
    count: int
    """What is counted (failed requests, keys, silent hours); the finding's count is the sum."""
    score: float
    """How far beyond the detector's line: 1.0 is at the line."""
    first_seen: datetime
    last_seen: datetime
    detail: Mapping[str, object] = field(default_factory=dict)
    """Numbers and short lists of that bucket, JSON values only; nothing secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a detector noticed about a subject."""

    id: FindingId
    detector: str
    subject: Subject
    severity: Severity
    status: FindingStatus
    title: str
    """One line: what happened to whom."""
    summary: str
    """Two or three sentences with the numbers."""
    opened: datetime
    """The bucket it began with; part of the identity."""
    first_seen: datetime
    last_seen: datetime
    detected_at: datetime
    """When the detector first said so (the clock of the run)."""
    resolved_at: datetime | None = None
    key_id: str | None = None
    """The inventory's id, or the key_ref of a key that no inventory row knows, or None."""
    key_ref: str | None = None
    key_name: str | None = None
    owner: str | None = None
    environment: str | None = None
    ip: str | None = None
    """The address it is about, or the one that stands out."""
    count: int = 0
    """Sum of the evidence's counts."""
    score: float = 0.0
    """The largest of the evidence's scores."""
    evidence: tuple[Evidence, ...] = ()
    """By bucket, oldest first; those that this run touched."""
    runbook: str = ""
    """What to do, from the detector's docstring."""
    attack: tuple[str, ...] = ()
    """MITRE ATT&CK technique ids."""
    controls: tuple[str, ...] = ()
    """Ids of audit controls and of the OWASP API Security Top 10."""
    incident_id: str | None = None
    muted_by: str | None = None
    """Why nobody is told, where a mute says so: a known event, an override, an allow-list, a pattern that was expected.
    None when it is not muted, or when a person muted this one finding."""


def finding_id(detector: str, subject: Subject, opened: datetime) -> FindingId:
    """The first 16 hex digits of SHA-256 over detector, subject and opened bucket (ISO 8601)."""
    text = "\x1f".join((detector, str(subject), opened.isoformat()))
    return FindingId(hashlib.sha256(text.encode()).hexdigest()[:16])
