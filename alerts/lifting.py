"""Lifting what people muted: a verdict, or an exception of a key; each stands in the audit log, with who did it.

The command line and the dashboard call the same functions, each in a transaction of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from model.errors import UsageError
from model.finding import FindingStatus
from model.incident import IncidentStatus
from store.state import audit, exceptions, verdicts
from store.state.exceptions import KeyException
from store.state.findings import list_findings, set_status
from store.state.incidents import get_incident, save_incidents
from store.state.verdicts import Verdict
from store.state.writing import take_turns

if TYPE_CHECKING:
    from store.handle import Transaction


def lift(tx: "Transaction", number: int, *, by: str, at: datetime) -> Verdict:
    """Have told again what the verdict of that number mutes; returns the verdict.

    What still goes on opens its incident again; what comes later is told as if nothing had been said. Raises UsageError
    when that verdict mutes nothing.
    """
    take_turns(tx)
    standing = (*verdicts.expected_patterns(tx), *verdicts.false_alarms(tx))
    found = next((one for one in standing if one.id == number), None)
    if found is None:
        msg = f"The verdict {number} mutes nothing."
        raise UsageError(msg, hint="Nothing was changed; perhaps somebody lifted it just before.")
    reopened = _open_again(tx, verdicts.muted_by(tx, found), at)
    verdicts.save_verdicts(tx, [replace(found, verdict=verdicts.LIFTED, actor=by, at=at)])
    detail = {
        "verdict": found.verdict,
        "detector": found.detector,
        "key": found.key_id,
        "addresses": list(found.addresses),
        "reopened": reopened,
    }
    audit.record(tx, at=at, actor=by, action="mute lifted", subject=found.incident_id, detail=detail)
    return found


def _open_again(tx: "Transaction", ids: Sequence[str], at: datetime) -> list[str]:
    """Open findings, and their incidents that were resolved with them; returns those incidents."""
    set_status(tx, ids, FindingStatus.OPEN, at=at)
    named = dict.fromkeys(one.incident_id for one in list_findings(tx, ids=ids, evidence=False))
    held = [found for one in named if one is not None and (found := get_incident(tx, one)) is not None]
    over = [incident for incident in held if incident.status is IncidentStatus.RESOLVED]
    save_incidents(tx, [replace(one, status=IncidentStatus.OPEN, resolved_at=None, updated_at=at) for one in over])
    return [str(incident.id) for incident in over]


def end_exception(tx: "Transaction", number: int, *, by: str, at: datetime) -> KeyException:
    """End an exception; also one that has run out. Raises UsageError when there is none of that number."""
    ended = exceptions.end_exception(tx, number, by, at)
    if ended is None:
        msg = f"There is no exception {number}."
        raise UsageError(msg, hint="keywatch keys exceptions lists them.")
    subject = ended.key_id or f"label {ended.label}"
    audit.record(tx, at=at, actor=by, action="exception ended", subject=subject, detail={"id": number})
    return ended
