"""What people decide about incidents; each decision stands in the audit log, and feeds the mutes and the precision."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.joining import ACCUSING, attackers
from detectors.folding.patterns import FIELDS, pattern_of
from model.errors import UsageError
from model.finding import Finding, FindingStatus, SubjectKind
from model.incident import Incident, IncidentStatus
from store.state import audit
from store.state.findings import set_status
from store.state.incidents import get_incident, save_incidents
from store.state.verdicts import Verdict, save_verdicts, withdraw
from store.state.writing import take_turns

if TYPE_CHECKING:
    from store.handle import Transaction

_FINDINGS = {
    ("acknowledged", None): FindingStatus.ACKNOWLEDGED,
    ("resolved", "true"): FindingStatus.RESOLVED,
    ("resolved", "false"): FindingStatus.MUTED,
    ("resolved", "expected"): FindingStatus.MUTED,
}
"""What becomes of the findings: a false alarm, or one that was expected, is muted and does not come back."""

_PLACES = {SubjectKind.IP, SubjectKind.NETWORK}


def decide(tx: "Transaction", incident: str, *, status: str, verdict: str | None, by: str, at: datetime) -> Incident:
    """Acknowledge or resolve an incident with its findings; returns it as it was.

    A verdict is kept for each finding. `expected` mutes its pattern from the finding's beginning on: the detector for
    that key, or for that address; where the detector is about a key in a place, for that key at that address. The
    latest verdict on a pattern counts. Raises UsageError for an incident that there is not, and for one that is over
    and should be acknowledged.
    """
    take_turns(tx)
    found = get_incident(tx, incident)
    if found is None:
        msg = f"There is no incident {incident!r}."
        raise UsageError(msg, hint="keywatch incidents lists them.")
    if status == "acknowledged" and found.status is IncidentStatus.RESOLVED:
        msg = f"The incident {incident} is resolved already."
        raise UsageError(msg, hint="It opens again by itself when something new joins it.")
    resolved = at if status == "resolved" else None
    snoozed = None if resolved else found.snoozed_until
    said = replace(found, status=IncidentStatus(status), updated_at=at, resolved_at=resolved, snoozed_until=snoozed)
    save_incidents(tx, [said])
    standing = [one.id for one in found.findings if one.status is not FindingStatus.RESOLVED]
    set_status(tx, standing, _FINDINGS[status, verdict], at=at)
    _remember(tx, found, verdict, by, at)
    detail = {"verdict": verdict} if verdict else {}
    audit.record(tx, at=at, actor=by, action=f"incident {status}", subject=incident, detail=detail)
    return found


def reopen(tx: "Transaction", incident: str, *, by: str, at: datetime) -> Incident:
    """Take back what was decided: the incident is open again, and so are the findings that were closed or muted by it.

    What its verdict muted is told again. Raises UsageError unless a person resolved it.
    """
    take_turns(tx)
    found = get_incident(tx, incident)
    if found is None:
        msg = f"There is no incident {incident!r}."
        raise UsageError(msg, hint="keywatch incidents lists them.")
    if found.status is not IncidentStatus.RESOLVED:
        msg = f"The incident {incident} is not resolved."
        raise UsageError(msg, hint="Nothing was changed.")
    if not withdraw(tx, incident, by=by, at=at):
        msg = f"The incident {incident} closed by itself: its findings are over."
        raise UsageError(msg, hint="It opens again by itself when something new joins it.")
    save_incidents(tx, [replace(found, status=IncidentStatus.OPEN, updated_at=at, resolved_at=None)])
    set_status(tx, [one.id for one in found.findings if _by_person(one, found)], FindingStatus.OPEN, at=at)
    audit.record(tx, at=at, actor=by, action="incident reopened", subject=incident)
    return found


def _by_person(finding: Finding, incident: Incident) -> bool:
    """Whether a person's word closed or muted it, and not its end or a mute of the config."""
    if finding.status is FindingStatus.MUTED:
        return finding.muted_by is None
    return finding.status is FindingStatus.RESOLVED and finding.resolved_at == incident.resolved_at


def _remember(tx: "Transaction", incident: Incident, verdict: str | None, by: str, at: datetime) -> None:
    if verdict is None:
        return
    save_verdicts(
        tx,
        (
            Verdict(
                at=at,
                actor=by,
                verdict=verdict,
                incident_id=incident.id,
                finding_id=finding.id,
                detector=finding.detector,
                key_id=_about(finding),
                addresses=_places(finding),
                pattern=pattern_of(finding.detector, (piece.detail for piece in finding.evidence)),
                since=finding.opened,
            )
            for finding in incident.findings
            if finding.muted_by is None
        ),
    )


_TOOLS = ("scanner-client", "leaked-key-signs")
"""They are about a tool, and about where it runs."""


def _about(finding: Finding) -> str | None:
    """The key that its pattern is about, or the source or platform: never nothing, or it would mute every subject."""
    return None if finding.subject.kind in _PLACES else finding.key_id or finding.subject.value


def _places(finding: Finding) -> tuple[str, ...]:
    """The addresses that its pattern is about; a finding about a key alone has none."""
    if finding.subject.kind in _PLACES:
        return (finding.subject.value,)
    # Who travels, or changes clients, does so from ever other places: there the pattern names countries or clients.
    names = (finding.detector in ACCUSING and finding.detector not in FIELDS) or finding.detector in _TOOLS
    return tuple(attackers(finding)) if names else ()
