"""What an incident says once findings have joined it or changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.headline import family, headline
from alerts.joining import attackers, is_hygiene
from model.finding import Finding, FindingId, FindingStatus, Severity
from model.incident import Incident, IncidentStatus

_HELD = (FindingStatus.ACKNOWLEDGED, FindingStatus.MUTED)
_DONE = (FindingStatus.RESOLVED, FindingStatus.MUTED)
"""Nobody has to look at them: an incident of such findings alone is over."""


def with_findings(incident: Incident, news: Sequence[Finding], now: datetime) -> Incident:
    """The incident with findings that are new or newer than those it holds."""
    old = {finding.id: finding for finding in incident.findings}
    merged = dict(old)
    for finding in news:
        merged[finding.id] = replace(_merge(old.get(finding.id), finding), incident_id=incident.id)
    members = tuple(sorted(merged.values(), key=lambda f: (f.first_seen, f.opened, f.id)))
    status = _status(incident, members, old)
    about, address = _about(members)
    told = [finding for finding in members if finding.status is not FindingStatus.MUTED] or members
    fresh = replace(
        incident,
        headline=headline(told),
        severity=_severity(told),
        status=status,
        opened_at=min(finding.first_seen for finding in members),
        last_seen=max(finding.last_seen for finding in members),
        resolved_at=_resolved_at(incident, members, status, now),
        snoozed_until=None if status is IncidentStatus.RESOLVED else incident.snoozed_until,
        findings=members,
        key_id=about.key_id if about else None,
        key_name=about.key_name if about else None,
        owner=about.owner if about else None,
        environment=about.environment if about else None,
        ip=address,
    )
    return fresh if _says_the_same(incident, fresh) else replace(fresh, updated_at=now)


def _merge(old: Finding | None, new: Finding) -> Finding:
    """A finding as it stands after a run: evidence by bucket, a person's word kept, as `save_findings` stores it."""
    if old is None:
        return new
    evidence = {item.bucket: item for item in (*old.evidence, *new.evidence)}
    rows = tuple(evidence[bucket] for bucket in sorted(evidence))
    # A mute that ended gives way; what a person said does not.
    keep = old.status in _HELD and old.muted_by is None and new.status is FindingStatus.OPEN
    merged = replace(new, evidence=rows, detected_at=old.detected_at, status=old.status if keep else new.status)
    if not rows:
        return merged
    return replace(
        merged,
        count=sum(item.count for item in rows),
        score=max(item.score for item in rows),
        first_seen=min(item.first_seen for item in rows),
        last_seen=max(item.last_seen for item in rows),
    )


def _status(incident: Incident, members: Sequence[Finding], old: Mapping[FindingId, Finding]) -> IncidentStatus:
    if all(finding.status in _DONE for finding in members):
        return IncidentStatus.RESOLVED
    if incident.status is not IncidentStatus.RESOLVED:
        return incident.status
    # A person may have resolved it while findings were open: only one that joins, or comes back, opens it again.
    back = [f for f in members if f.id not in old or old[f.id].status in _DONE]
    again = any(finding.status not in _DONE for finding in back)
    return IncidentStatus.OPEN if again else IncidentStatus.RESOLVED


def _resolved_at(
    incident: Incident,
    members: Sequence[Finding],
    status: IncidentStatus,
    now: datetime,
) -> datetime | None:
    if status is not IncidentStatus.RESOLVED:
        return None
    return incident.resolved_at or max((f.resolved_at for f in members if f.resolved_at is not None), default=now)


def _severity(members: Sequence[Finding]) -> Severity:
    """The highest; one step up when detectors of two families agree. Remarks and upkeep agree with nobody."""
    highest = max((finding.severity for finding in members), key=lambda severity: severity.rank)
    grave = {
        family(finding.detector)
        for finding in members
        if finding.severity.rank >= Severity.MEDIUM.rank and not is_hygiene(finding)
    }
    steps = list(Severity)
    return steps[min(highest.rank + (len(grave) > 1), len(steps) - 1)]


def _about(members: Sequence[Finding]) -> tuple[Finding | None, str | None]:
    """The gravest finding that names a key, and the first address that is named: an attacker's before any other."""
    named = [finding for finding in members if finding.key_id is not None]
    about = min(named, key=lambda f: (-f.severity.rank, f.first_seen, f.id), default=None)
    addresses = [address for finding in members for address in attackers(finding)]
    addresses += [finding.ip for finding in members if finding.ip is not None]
    return about, next(iter(addresses), None)


def _says_the_same(old: Incident, new: Incident) -> bool:
    ids = [finding.id for finding in old.findings] == [finding.id for finding in new.findings]
    return ids and (old.headline, old.severity, old.status) == (new.headline, new.severity, new.status)
