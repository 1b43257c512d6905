"""Findings become incidents, the unit that people are told about.

Findings that share a key or an attacker's address while an incident is open, or within a day of it, are one incident.
Pure: the same findings give the same incidents, and running twice changes nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from alerts.joining import Token, components, shared_addresses, span, tokens, touch
from alerts.membership import with_findings
from model.finding import Finding, Severity
from model.incident import Incident, IncidentId, IncidentStatus


def incident_id(first: Finding) -> IncidentId:
    """The first 16 hex digits of SHA-256 over `incident` and the id of its first finding."""
    return IncidentId(hashlib.sha256(f"incident\x1f{first.id}".encode()).hexdigest()[:16])


def group(
    open_incidents: Sequence[Incident],
    findings: Sequence[Finding],
    now: datetime,
    *,
    shared: Collection[str] = (),
) -> list[Incident]:
    """The incidents that `findings` change or open, oldest first.

    `open_incidents`: those that are not resolved, those seen within a day before the first of `findings`, and those
    that hold one of them (`store.state.incidents.incidents_to_join`). `shared`: addresses known to be an egress
    of many keys; others are recognised as `joining.shared_addresses` does.
    """
    held = {finding.id: incident.id for incident in open_incidents for finding in incident.findings}
    everything = {f.id: f for incident in open_incidents for f in incident.findings} | {f.id: f for f in findings}
    egress = shared_addresses(everything.values()) | set(shared)
    news: dict[IncidentId, list[Finding]] = {incident.id: [] for incident in open_incidents}
    for finding in findings:
        if finding.id in held:
            news[held[finding.id]].append(finding)
    homes = _Homes(open_incidents, egress, now)
    opened: list[Incident] = []
    for members in components([finding for finding in findings if finding.id not in held], egress, now):
        home = homes.of(members)
        if home is None:
            opened.append(_open(members, now))
        else:
            news[home.id] += members
    updated = [
        (incident, with_findings(incident, news[incident.id], now)) for incident in open_incidents if news[incident.id]
    ]
    changed = [after for before, after in updated if after != before]
    return sorted(changed + opened, key=lambda incident: (incident.opened_at, incident.id))


class _Homes:
    """Finds the incident that new findings belong to, by what its findings can join by."""

    def __init__(self, incidents: Sequence[Incident], egress: Collection[str], now: datetime) -> None:
        self._egress, self._now = egress, now
        self._by_token: dict[Token, list[tuple[Incident, Finding]]] = defaultdict(list)
        for incident in incidents:
            for finding in incident.findings:
                for token in tokens(finding, egress):
                    self._by_token[token].append((incident, finding))

    def of(self, members: Sequence[Finding]) -> Incident | None:
        """The earliest opened incident with a finding that touches one of `members`, or None."""
        fitting = [
            incident
            for new in members
            for token in tokens(new, self._egress)
            for incident, old in self._by_token.get(token, ())
            if touch(span(old, self._now), span(new, self._now))
        ]
        return min(fitting, key=lambda incident: (incident.opened_at, incident.id), default=None)


def _open(members: Sequence[Finding], now: datetime) -> Incident:
    first = min(members, key=lambda finding: (finding.opened, finding.id))
    blank = Incident(
        id=incident_id(first),
        subject=str(first.subject),
        headline="",
        severity=Severity.INFO,
        status=IncidentStatus.OPEN,
        opened_at=first.first_seen,
        updated_at=now,
        last_seen=first.last_seen,
    )
    return with_findings(blank, members, now)
