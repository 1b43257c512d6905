"""Telling: incidents, alerts and deliveries are written in one transaction, the one that writes the findings.

A person gets one message when an incident opens, one when it gets worse or another detector joins, and one when it is
over. Everything else changes the incident in silence.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from alerts import payload, rendering
from alerts.config import Route
from alerts.headline import family
from alerts.incidents import group
from alerts.joining import JOIN_WITHIN
from alerts.routing import targets
from model.finding import Finding, FindingStatus, Severity
from model.incident import Alert, Incident, IncidentStatus
from store.state import deliveries
from store.state.incidents import KeyFacts, incidents_to_join, key_facts, save_incidents

if TYPE_CHECKING:
    from store.handle import Transaction

_Kind = Literal["opened", "updated", "resolved"]
_NOBODY = KeyFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a telling wrote."""

    incidents: int = 0
    """Incidents that are new or changed."""
    alerts: tuple[Alert, ...] = ()
    """Alerts that were written, whether a route took them or not."""
    deliveries: int = 0


def tell_findings(
    tx: "Transaction",
    findings: Sequence[Finding],
    routes: Sequence[Route],
    *,
    now: datetime,
    link_base: str | None = None,
) -> Told:
    """Group findings that were just saved into incidents, and tell them; see `tell`.

    Incidents that stand without change are looked at too: one that no route took is told once a route does. So this
    belongs into each cycle, also into one without findings.
    """
    since = min((finding.first_seen for finding in findings), default=now) - JOIN_WITHIN
    before = incidents_to_join(tx, findings, since)
    changed = group(before, findings, now)
    ids = {incident.id for incident in changed}
    return tell(tx, changed, routes, now=now, link_base=link_base, standing=[i for i in before if i.id not in ids])


def tell(
    tx: "Transaction",
    incidents: Sequence[Incident],
    routes: Sequence[Route],
    *,
    now: datetime,
    link_base: str | None = None,
    standing: Sequence[Incident] = (),
) -> Told:
    """Write changed incidents, and an alert with its deliveries for each that people should hear of.

    Only incidents that stand are told: one that is over when it is first seen is recorded, as in a first run on
    history. Info and low ones make an alert only if a route takes them. Telling the same twice writes one.
    `standing` are unchanged: they are told if they should have been and were not. `link_base` is the dashboard's URL.
    """
    save_incidents(tx, incidents)
    every = [*incidents, *standing]
    ids = [incident.id for incident in every]
    told, addressed = _earlier(tx, ids), deliveries.told_targets(tx, ids)
    facts = key_facts(tx, [incident.key_id for incident in every if incident.key_id is not None])
    alerts: list[Alert] = []
    written = 0
    for incident in every:
        earlier = told.get(incident.id, [])
        about = facts.get(incident.key_id or "", _NOBODY)
        to, heard = targets(incident, routes, about.labels), addressed.get(incident.id, ())
        news = _news(incident, earlier, unheard=bool(to) and not heard)
        if news is None:
            continue
        if news.kind == "resolved":
            to = tuple(heard)  # who heard of it hears the end of it, whatever the routes say now
        if not to and (news.kind == "resolved" or incident.severity.rank < Severity.MEDIUM.rank):
            continue
        alert = _alert(incident, news, sequence=len(earlier), facts=about, now=now, link_base=link_base)
        written += deliveries.enqueue(tx, alert, [(name, idempotency_key(alert, name)) for name in to])
        alerts.append(alert)
    return Told(incidents=len(incidents), alerts=tuple(alerts), deliveries=written)


def alert_id(incident: str, kind: str, sequence: int) -> str:
    """The first 16 hex digits of SHA-256 over incident, kind and sequence: telling twice writes one."""
    return hashlib.sha256("\x1f".join((incident, kind, str(sequence))).encode()).hexdigest()[:16]


def idempotency_key(alert: Alert, target: str) -> str:
    """`kw-` and 16 hex digits of SHA-256 over alert and target; it says nothing and is the same for each try."""
    return "kw-" + hashlib.sha256(f"{alert.id}\x1f{target}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """Why people should hear of an incident now."""

    kind: _Kind
    changes: tuple[str, ...] = ()


def _earlier(tx: "Transaction", incidents: Sequence[str]) -> Mapping[str, list[Alert]]:
    earlier: dict[str, list[Alert]] = {}
    for alert in deliveries.list_alerts(tx, incidents=incidents):
        earlier.setdefault(alert.incident_id, []).append(alert)
    for alerts in earlier.values():
        alerts.sort(key=_sequence)  # not by time: the clock may have been set back in between
    return earlier


def _sequence(alert: Alert) -> int:
    number = alert.payload.get("sequence")
    return number if isinstance(number, int) else 0


def _news(incident: Incident, earlier: Sequence[Alert], *, unheard: bool) -> _News | None:
    """What is new since the last alert, or None; `unheard`: no route took the alerts before, and now one does."""
    last = earlier[-1] if earlier else None
    if incident.status is IncidentStatus.RESOLVED:
        return _News(kind="resolved") if last is not None and last.kind != "resolved" else None
    if not any(f.status in (FindingStatus.OPEN, FindingStatus.ACKNOWLEDGED) for f in incident.findings):
        return None
    if last is None or last.kind == "resolved":
        return _News(kind="opened", changes=("It was resolved, and is back.",) if last else ())
    if unheard:
        return _News(kind="opened")
    changes = _changes(incident, last)
    return _News(kind="updated", changes=changes) if changes else None


def _changes(incident: Incident, last: Alert) -> tuple[str, ...]:
    named = last.payload.get("detectors")
    known = {family(str(name)) for name in named} if isinstance(named, list) else set()
    told = [finding for finding in incident.findings if finding.status is not FindingStatus.MUTED]
    joined = sorted({finding.detector for finding in told if family(finding.detector) not in known})
    changes = [f"{name} joined." for name in joined]
    if incident.severity.rank > last.severity.rank:
        changes.insert(0, f"The severity rose from {last.severity} to {incident.severity}.")
    return tuple(changes)


def _alert(
    incident: Incident,
    news: _News,
    *,
    sequence: int,
    facts: KeyFacts,
    now: datetime,
    link_base: str | None,
) -> Alert:
    link = f"{link_base.rstrip('/')}/incidents?incident={incident.id}" if link_base else None
    alert = Alert(
        id=alert_id(incident.id, news.kind, sequence),
        incident_id=incident.id,
        kind=news.kind,
        created_at=now,
        severity=incident.severity,
        title=rendering.title(incident, news.kind),
        body=rendering.body(incident, facts=facts, changes=news.changes, link=link),
    )
    said = payload.document(incident, facts=facts, sequence=sequence, changes=news.changes, link=link)
    return replace(alert, payload=said)
