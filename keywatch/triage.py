"""What people do about alerts and incidents besides deciding them; each act stands in the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.matching import matcher_of, wanted
from alerts.muting import mute_of
from alerts.quiet import leaves_at
from alerts.routing import addressed, explain
from keywatch.actor import actor
from keywatch.addressing import longest_silence, telling
from keywatch.workspace import Workspace
from model.errors import UsageError
from model.finding import Finding, FindingStatus, Severity, Subject, finding_id
from model.incident import DeliveryStatus, Incident, IncidentId, IncidentStatus, Silence
from store.handle import Transaction
from store.state import audit, comments, deliveries, silences
from store.state.incidents import KeyFacts, get_incident, key_facts, save_incidents
from store.state.inventory import Named, find_key

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""A snooze that ends with the incident."""


def silence(workspace: Workspace, when: Mapping[str, object], *, until: datetime, reason: str, at: datetime) -> Silence:
    """Mute what matches until a time. Raises UsageError without a reason, for the past, and for too long a time."""
    longest = longest_silence(workspace)
    matcher_of(when, where="The silence")
    if not reason.strip():
        msg = "A silence needs a reason."
        raise UsageError(msg, hint="Say it with --reason: who reads the list in a week will want to know.")
    if until <= at or until - at > longest:
        msg = f"A silence until {until:%Y-%m-%d %H:%M} UTC is {'over already' if until <= at else 'too long'}."
        hint = f"Say a time within {longest.days} days; [alerts] longest_silence sets the limit."
        raise UsageError(msg, hint=hint)
    with workspace.store.transaction() as tx:
        made = silences.add(tx, when=when, since=at, until=until, reason=reason.strip(), author=actor())
        detail = {"when": dict(when), "until": until.isoformat(), "reason": made.reason}
        audit.record(tx, at=at, actor=actor(), action="silence added", subject=str(made.id), detail=detail)
    return made


def unsilence(workspace: Workspace, number: int, at: datetime) -> Silence:
    """End a silence now. Raises UsageError when there is none of that number."""
    with workspace.store.transaction() as tx:
        ended = silences.expire(tx, number, at)
        if ended is None:
            msg = f"There is no silence {number}."
            raise UsageError(msg, hint="keywatch silences list shows them.")
        audit.record(tx, at=at, actor=actor(), action="silence expired", subject=str(number))
    return ended


def snooze(workspace: Workspace, incident: str, until: datetime, at: datetime) -> str:
    """Tell nothing of an incident until a time, or until it is over (`FOREVER`); returns its headline."""
    if until <= at:
        msg = f"{until:%Y-%m-%d %H:%M} UTC is over already."
        raise UsageError(msg, hint="Say a time to come: 2h, 2026-10-01T09:00:00Z, or resolved.")
    return _change(workspace, incident, "incident snoozed", at, until=until)


def assign(workspace: Workspace, incident: str, person: str, at: datetime) -> str:
    """Say who sees to an incident; returns its headline."""
    return _change(workspace, incident, "incident assigned", at, person=person.strip())


def comment(workspace: Workspace, incident: str, text: str, at: datetime) -> str:
    """Write about an incident; returns its headline. Raises UsageError for an empty text."""
    if not text.strip():
        msg = "The comment is empty."
        raise UsageError(msg, hint="Write what you found out.")
    with workspace.store.transaction() as tx:
        found = _incident(tx, incident)
        comments.add(tx, incident, at=at, author=actor(), text=text.strip())
        audit.record(tx, at=at, actor=actor(), action="incident commented", subject=incident)
    return found.headline


def replay(workspace: Workspace, numbers: Sequence[int], *, target: str | None, at: datetime) -> int:
    """Have dead deliveries tried again: those named, and all of a target; returns how many."""
    with workspace.store.transaction() as tx:
        dead = deliveries.list_deliveries(tx, status=DeliveryStatus.DEAD, target=target) if target else []
        again = deliveries.replay(tx, [*numbers, *(one.id for one in dead)], at)
        detail = {"deliveries": again, "target": target}
        audit.record(tx, at=at, actor=actor(), action="alerts replayed", subject=target or "deliveries", detail=detail)
    return again


def way(workspace: Workspace, incident: str | Incident, at: datetime) -> Iterator[str]:
    """Sentences: what each route says of an incident, what mutes it, and when each target would get it."""
    who = telling(workspace)
    with workspace.store.reading() as tx:
        found = _incident(tx, incident) if isinstance(incident, str) else incident
        facts = key_facts(tx, [found.key_id]).get(found.key_id, KeyFacts()) if found.key_id else KeyFacts()
        mute = mute_of(found, silences.active(tx, at), facts, at)
    for decision in explain(found, who, facts, at):
        to = f" It goes to {', '.join(decision.to)}." if decision.to else ""
        digest = f" In the {decision.digest} digest." if decision.digest else ""
        yield f"Route {decision.number} {'takes it' if decision.matched else 'passes'}. {decision.reason}{to}{digest}"
    where = addressed(found, who, facts, at)
    if not where.to:
        yield "No target gets it."
    for name in where.to:
        waits = leaves_at(who.targets[name].quiet, found.severity, at)
        if waits > at:
            yield f"{name} has quiet hours until {waits:%Y-%m-%d %H:%M} UTC."
    for step in where.escalations:
        minutes = int(step.after.total_seconds() // 60)
        yield f"Unless somebody acknowledges it within {minutes} minutes, {', '.join(step.to)} hear of it."
    if mute is not None:
        yield f"It is kept back ({mute.kind}). {mute.reason}"


def made_up(
    workspace: Workspace, *, severity: str, detector: str, key: str | None, ip: str | None, at: datetime
) -> Incident:
    """An incident that does not exist, to try routes with. Raises UsageError for an unknown key or severity."""
    with workspace.store.reading() as tx:
        known = find_key(tx, key) if key else Named()
    if known is None:
        msg = f"There is no key {key!r}."
        raise UsageError(msg, hint="keywatch keys list shows them.")
    try:
        grave = Severity(severity)
    except ValueError:
        msg = f"{severity!r} is no severity."
        raise UsageError(msg, hint=f"It is one of: {', '.join(Severity)}.") from None
    about = Subject.parse(f"key:{known.key_id}" if known.key_id else f"ip:{ip or '203.0.113.9'}")
    finding = Finding(
        id=finding_id(detector, about, at),
        detector=detector,
        subject=about,
        severity=grave,
        status=FindingStatus.OPEN,
        title="Made up",
        summary="",
        opened=at,
        first_seen=at,
        last_seen=at,
        detected_at=at,
    )
    return Incident(
        id=IncidentId("made-up"),
        subject=str(about),
        headline="Made up",
        severity=grave,
        status=IncidentStatus.OPEN,
        opened_at=at,
        updated_at=at,
        last_seen=at,
        key_id=known.key_id,
        key_name=known.name,
        owner=known.owner,
        environment=known.environment,
        ip=ip,
        findings=(finding,),
    )


def until_of(text: str, at: datetime) -> datetime:
    """`2h` from now, a moment, or `resolved`. Raises UsageError."""
    from model.window import parse_duration, parse_moment

    if text == "resolved":
        return FOREVER
    try:
        length: timedelta = parse_duration(text)
    except UsageError:
        return parse_moment(text, now=at)
    return at + length


def words(when: Mapping[str, object]) -> str:
    """What a silence mutes, in words."""
    return wanted(matcher_of(when, where="The silence"))


def _change(
    workspace: Workspace,
    incident: str,
    action: str,
    at: datetime,
    *,
    until: datetime | None = None,
    person: str | None = None,
) -> str:
    with workspace.store.transaction() as tx:
        found = _incident(tx, incident)
        if until is not None:
            found, detail = replace(found, snoozed_until=until), {"until": until.isoformat()}
        else:
            found, detail = replace(found, assignee=person or None), {"to": person or ""}
        save_incidents(tx, [found])
        audit.record(tx, at=at, actor=actor(), action=action, subject=incident, detail=detail)
    return found.headline


def _incident(tx: Transaction, incident: str) -> Incident:
    found = get_incident(tx, incident)
    if found is None:
        msg = f"There is no incident {incident!r}."
        raise UsageError(msg, hint="keywatch incidents lists them.")
    return found
