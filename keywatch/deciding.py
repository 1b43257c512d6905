"""What people decide about incidents; each decision stands in the audit log."""

from dataclasses import replace
from datetime import datetime

from keywatch.actor import actor
from keywatch.workspace import Workspace
from model.errors import UsageError
from model.finding import FindingStatus
from model.incident import IncidentStatus
from store.state import audit
from store.state.findings import set_status
from store.state.incidents import get_incident, save_incidents

_FINDINGS = {
    ("acknowledged", None): FindingStatus.ACKNOWLEDGED,
    ("resolved", "true"): FindingStatus.RESOLVED,
    ("resolved", "false"): FindingStatus.MUTED,
    ("resolved", "expected"): FindingStatus.MUTED,
}
"""What becomes of the findings: a false alarm, or one that was expected, is muted and does not come back."""


def decide(workspace: Workspace, incident: str, *, status: str, verdict: str | None, at: datetime) -> str:
    """Acknowledge or resolve an incident with its findings; returns its headline.

    Raises UsageError for an incident that there is not.
    """
    with workspace.store.transaction() as tx:
        found = get_incident(tx, incident)
        if found is None:
            msg = f"There is no incident {incident!r}."
            raise UsageError(msg, hint="keywatch incidents lists them.")
        resolved = at if status == "resolved" else None
        save_incidents(tx, [replace(found, status=IncidentStatus(status), updated_at=at, resolved_at=resolved)])
        standing = [one.id for one in found.findings if one.status is not FindingStatus.RESOLVED]
        set_status(tx, standing, _FINDINGS[status, verdict], at=at)
        detail = {"verdict": verdict} if verdict else {}
        audit.record(tx, at=at, actor=actor(), action=f"incident {status}", subject=incident, detail=detail)
    return found.headline
