"""The JSON document of an alert, schema `keywatch.alert/1`. Fields may be added; none changes its meaning or goes.

schema           "keywatch.alert/1"
alert_id         the alert's id; the same for each target and each try
idempotency_key  the same for each try at one target; also in the `Idempotency-Key` header of our webhook
kind             "opened", "updated", "resolved" or "test"
sequence         0 for the first alert of an incident, then 1, 2, …
created_at       when the alert was written; all times are ISO 8601 in UTC, or null
title, text      the message in words, as people get it
changes          list of sentences: what is new since the alert before
incident         id, headline, severity, status, subject, opened_at, last_seen, resolved_at, ip, risk (the summed
                 weights of its findings; 100 is as much as a critical one)
key              null, or id, name, owner, environment, hint (prefix and last four), labels
detectors        ids of the detectors that take part
spread           how many keys and addresses have findings of high or critical, and how many of them critical ones
findings         up to 20, gravest first: id, detector, severity, status, title, summary, first_seen, last_seen, count,
                 score, ip, attack (MITRE ATT&CK ids), controls, runbook
more_findings    how many findings the list leaves out
links            incident, key: URLs of their pages, or null

All text that stems from a log is made plain (`model.plain`) and is data, never markup.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from alerts.links import Links
from alerts.risk import risk
from alerts.spread import spread
from model.finding import Finding, FindingStatus
from model.incident import Alert, Incident
from model.plain import plain
from store.state.incidents import KeyFacts

SCHEMA = "keywatch.alert/1"

_FINDINGS = 20
_TEXT = 1000


def document(
    incident: Incident,
    *,
    facts: KeyFacts,
    sequence: int,
    changes: Sequence[str],
    links: Links,
) -> dict[str, object]:
    """What an alert says, for machines; `complete` adds what is known only when it is sent."""
    gravest = sorted(incident.findings, key=lambda f: (-f.severity.rank, f.first_seen, f.id))
    return {
        "schema": SCHEMA,
        "sequence": sequence,
        "changes": [plain(change, _TEXT) for change in changes],
        "incident": _incident(incident),
        "key": _key(incident, facts),
        "detectors": sorted({finding.detector for finding in incident.findings}),
        "spread": spread([one for one in gravest if one.status is not FindingStatus.MUTED]).document(),
        "findings": [_finding(finding) for finding in gravest[:_FINDINGS]],
        "more_findings": max(0, len(gravest) - _FINDINGS),
        "links": {"incident": links.incident, "key": links.key},
    }


def complete(alert: Alert, idempotency_key: str) -> dict[str, object]:
    """The whole document of an alert at one target."""
    return {
        "schema": SCHEMA,
        "alert_id": alert.id,
        "idempotency_key": idempotency_key,
        "kind": alert.kind,
        "created_at": _moment(alert.created_at),
        "title": alert.title,
        "text": alert.body,
        **alert.payload,
    }


def _incident(incident: Incident) -> dict[str, object]:
    return {
        "id": incident.id,
        "headline": plain(incident.headline, _TEXT),
        "severity": str(incident.severity),
        "status": str(incident.status),
        "subject": plain(incident.subject, _TEXT),
        "opened_at": _moment(incident.opened_at),
        "last_seen": _moment(incident.last_seen),
        "resolved_at": _moment(incident.resolved_at),
        "ip": _plain(incident.ip),
        "risk": risk(incident.findings),
    }


def _key(incident: Incident, facts: KeyFacts) -> Mapping[str, object] | None:
    if incident.key_id is None:
        return None
    return {
        "id": _plain(incident.key_id),
        "name": _plain(incident.key_name),
        "owner": _plain(incident.owner),
        "environment": _plain(incident.environment),
        "hint": _plain(facts.hint),
        "labels": {plain(name, _TEXT): plain(str(value), _TEXT) for name, value in facts.labels.items()},
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "detector": finding.detector,
        "severity": str(finding.severity),
        "status": str(finding.status),
        "title": plain(finding.title, _TEXT),
        "summary": plain(finding.summary, _TEXT),
        "first_seen": _moment(finding.first_seen),
        "last_seen": _moment(finding.last_seen),
        "count": finding.count,
        "score": finding.score,
        "ip": _plain(finding.ip),
        "attack": list(finding.attack),
        "controls": list(finding.controls),
        "runbook": finding.runbook,
    }


def _plain(text: str | None) -> str | None:
    return None if text is None else plain(text, _TEXT)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
