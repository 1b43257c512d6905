"""What becomes of an incident, in sentences: which routes take it, what keeps it back, who hears of it when."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from alerts.acts import FOREVER
from alerts.matching import matcher_of, wanted
from alerts.muting import mute_of
from alerts.quiet import leaves_at
from alerts.routing import addressed, explain
from keywatch.alerting.addressing import telling
from keywatch.workspace import Workspace
from model.errors import UsageError
from model.finding import Finding, FindingStatus, Severity, Subject, finding_id
from model.incident import Incident, IncidentId, IncidentStatus
from store.handle import Transaction
from store.state import silences
from store.state.incidents import KeyFacts, get_incident, key_facts
from store.state.inventory import Named, find_key


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
        try:
            return parse_moment(text, now=at)
        except UsageError:
            msg = f"{text!r} is neither a length of time nor a moment."
            raise UsageError(msg, hint="Write 2h or 3d from now, or 2026-10-01T09:30:00Z.") from None
    return at + length


def words(when: Mapping[str, object]) -> str:
    """What a silence mutes, in words."""
    return wanted(matcher_of(when, where="The silence"))


def _incident(tx: Transaction, incident: str) -> Incident:
    found = get_incident(tx, incident)
    if found is None:
        msg = f"There is no incident {incident!r}."
        raise UsageError(msg, hint="keywatch incidents lists them.")
    return found
