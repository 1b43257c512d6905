"""What people do about alerts and incidents besides deciding them; each act stands in the audit log, with who did it.

The command line and the dashboard call the same functions, each in a transaction of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from alerts.matching import matcher_of
from model.errors import UsageError
from model.incident import DeliveryStatus, Incident, IncidentStatus, Silence
from store.state import audit, comments, deliveries, silences
from store.state.incidents import get_incident, save_incidents
from store.state.writing import take_turns

if TYPE_CHECKING:
    from store.handle import Transaction

FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""A snooze that ends with the incident."""
LONGEST: Final = timedelta(days=30)
"""The longest silence, unless the config says otherwise."""


def silence(
    tx: "Transaction",
    when: Mapping[str, object],
    *,
    until: datetime,
    reason: str,
    by: str,
    at: datetime,
    longest: timedelta = LONGEST,
    incident: str | None = None,
) -> Silence:
    """Mute what matches until a time. Raises UsageError without a reason, for the past, and for too long a time.

    With `incident`, the one that it was added from has it in its own history too.
    """
    matcher_of(when, where="The silence")
    if not any(when.values()):
        msg = "A silence of everything would hide everything."
        raise UsageError(msg, hint="Say what it mutes: a key, a detector, an owner, …")
    if not reason.strip():
        msg = "A silence needs a reason."
        raise UsageError(msg, hint="Say why: who reads the list in a week will want to know.")
    if until <= at or until - at > longest:
        msg = f"A silence until {until:%Y-%m-%d %H:%M} UTC is {'over already' if until <= at else 'too long'}."
        hint = f"Say a time within {longest.days} days; [alerts] longest_silence sets the limit."
        raise UsageError(msg, hint=hint)
    made = silences.add(tx, when=when, since=at, until=until, reason=reason.strip(), author=by)
    detail = {"when": dict(when), "until": until.isoformat(), "reason": made.reason}
    audit.record(tx, at=at, actor=by, action="silence added", subject=str(made.id), detail=detail)
    if incident is not None:
        told = {"silence": made.id, "until": until.isoformat(), "reason": made.reason}
        audit.record(tx, at=at, actor=by, action="incident silenced", subject=incident, detail=told)
    return made


def unsilence(tx: "Transaction", number: int, *, by: str, at: datetime) -> Silence:
    """End a silence now. Raises UsageError when there is none of that number, or it is over."""
    ended = silences.expire(tx, number, at)
    if ended is None:
        msg = f"There is no silence {number}."
        raise UsageError(msg, hint="keywatch silences list shows them.")
    if ended.expired_at != at:
        over = min(ended.until, ended.expired_at or ended.until)
        msg = f"Silence {number} is over since {over:%Y-%m-%d %H:%M} UTC."
        raise UsageError(msg, hint="Nothing was changed.")
    audit.record(tx, at=at, actor=by, action="silence expired", subject=str(number))
    return ended


def snooze(tx: "Transaction", incident: str, until: datetime, *, by: str, at: datetime) -> Incident:
    """Tell nothing of an incident until a time, or until it is over (`FOREVER`). Raises UsageError."""
    found = _incident(tx, incident)
    if until <= at:
        msg = f"{until:%Y-%m-%d %H:%M} UTC is over already."
        raise UsageError(msg, hint="Say a time to come: 2h, 2026-10-01T09:00:00Z, or resolved.")
    if found.status is IncidentStatus.RESOLVED:
        msg = f"The incident {incident} is resolved: nothing more is told of it."
        raise UsageError(msg, hint="What comes back is told again; `keywatch silences add` mutes that too.")
    return _change(
        tx, replace(found, snoozed_until=until), "incident snoozed", {"until": until.isoformat()}, by=by, at=at
    )


def wake(tx: "Transaction", incident: str, *, by: str, at: datetime) -> Incident:
    """End a snooze: what is new is told again. Raises UsageError when it is not snoozed."""
    found = _incident(tx, incident)
    if found.snoozed_until is None or found.snoozed_until <= at:
        msg = f"The incident {incident} is not snoozed."
        raise UsageError(msg, hint="Nothing was changed.")
    return _change(tx, replace(found, snoozed_until=None), "incident woken", {}, by=by, at=at)


def assign(tx: "Transaction", incident: str, person: str, *, by: str, at: datetime) -> Incident:
    """Say who sees to an incident; an empty text: nobody. Raises UsageError."""
    found = replace(_incident(tx, incident), assignee=person.strip()[:255] or None)
    return _change(tx, found, "incident assigned", {"to": found.assignee or ""}, by=by, at=at)


def comment(tx: "Transaction", incident: str, text: str, *, by: str, at: datetime) -> Incident:
    """Write about an incident. Raises UsageError for an empty text."""
    if not text.strip():
        msg = "The comment is empty."
        raise UsageError(msg, hint="Write what you found out.")
    found = _incident(tx, incident)
    comments.add(tx, incident, at=at, author=by, text=text.strip())
    audit.record(tx, at=at, actor=by, action="incident commented", subject=incident)
    return found


def replay(tx: "Transaction", numbers: Sequence[int], *, target: str | None, by: str, at: datetime) -> int:
    """Have dead deliveries tried again: those named, and all of a target; returns how many were dead."""
    dead = deliveries.list_deliveries(tx, status=DeliveryStatus.DEAD, target=target) if target else []
    again = deliveries.replay(tx, [*numbers, *(one.id for one in dead)], at)
    if again:
        detail = {"deliveries": again, "target": target} | ({"numbers": list(numbers)} if numbers else {})
        audit.record(tx, at=at, actor=by, action="alerts replayed", subject=target or "deliveries", detail=detail)
    return again


def _change(
    tx: "Transaction", changed: Incident, action: str, detail: Mapping[str, object], *, by: str, at: datetime
) -> Incident:
    save_incidents(tx, [changed])
    audit.record(tx, at=at, actor=by, action=action, subject=str(changed.id), detail=detail)
    return changed


def _incident(tx: "Transaction", incident: str) -> Incident:
    take_turns(tx)
    found = get_incident(tx, incident)
    if found is None:
        msg = f"There is no incident {incident!r}."
        raise UsageError(msg, hint="keywatch incidents lists them.")
    return found
