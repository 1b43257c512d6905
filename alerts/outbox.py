"""Telling: incidents, alerts and deliveries are written in one transaction, the one that writes the findings.

A person gets one message when an incident opens, one when it gets worse or another detector joins, a reminder while
nobody acknowledges it, and one when it is over. Whatever is kept back from a target (a silence, a snooze, a storm, a
digest) is a delivery that says so.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts import digest, payload, rendering
from alerts.config import Telling
from alerts.incidents import group
from alerts.joining import JOIN_WITHIN
from alerts.links import links
from alerts.muting import Mute, mute_of
from alerts.news import News, Past, news
from alerts.quiet import leaves_at
from alerts.routing import Addressed, addressed
from model.finding import Finding, Severity
from model.incident import Alert, DeliveryStatus, Incident
from store.state import outbox, silences
from store.state.incidents import KeyFacts, incidents_to_join, key_facts, save_incidents

if TYPE_CHECKING:
    from store.handle import Transaction

_NOBODY = KeyFacts()
_MINUTE = timedelta(minutes=1)
_BLOCK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a telling wrote."""

    incidents: int = 0
    """Incidents that are new or changed."""
    alerts: tuple[Alert, ...] = ()
    """Alerts that were written, whether a route took them or not; of their documents only what changed."""
    deliveries: int = 0
    """Those that will leave, at once or in a digest."""
    suppressed: int = 0
    """Those that were kept back; each says by what."""


def tell_findings(tx: "Transaction", findings: Sequence[Finding], telling: Telling, *, now: datetime) -> Told:
    """Group findings that were just saved into incidents, and tell them; see `tell`.

    Incidents that stand without change are looked at too: one that no route took is told once a route does, reminders
    and escalations fall due, silences end. So this belongs into each cycle, also into one without findings.
    """
    since = min((finding.first_seen for finding in findings), default=now) - JOIN_WITHIN
    before = incidents_to_join(tx, findings, since)
    changed = group(before, findings, now)
    ids = {incident.id for incident in changed}
    return tell(tx, changed, telling, now=now, standing=[i for i in before if i.id not in ids])


def tell(
    tx: "Transaction",
    incidents: Sequence[Incident],
    telling: Telling,
    *,
    now: datetime,
    standing: Sequence[Incident] = (),
) -> Told:
    """Write changed incidents, and an alert with its deliveries for each that people should hear of.

    Only incidents that stand are told: one that is over when it is first seen is recorded, as in a first run on
    history. Info and low ones make an alert only if a route takes them. Telling the same twice writes one.
    `standing` are unchanged: they are told if they should have been and were not.
    """
    save_incidents(tx, incidents)
    desk = _Desk(tx, telling, now, [*incidents, *standing])
    for incident in (*incidents, *standing):
        desk.tell(incident)
    desk.close()
    desk.alerts += digest.due(tx, telling, now)
    return Told(
        incidents=len(incidents), alerts=tuple(desk.alerts), deliveries=desk.written, suppressed=desk.suppressed
    )


def alert_id(incident: str, kind: str, sequence: int) -> str:
    """The first 16 hex digits of SHA-256 over incident, kind and sequence: telling twice writes one."""
    return hashlib.sha256("\x1f".join((incident, kind, str(sequence))).encode()).hexdigest()[:16]


class _Desk:
    """One telling: what was told before, and what is written now."""

    def __init__(self, tx: "Transaction", telling: Telling, now: datetime, incidents: Sequence[Incident]) -> None:
        self.tx, self.telling, self.now = tx, telling, now
        ids = [incident.id for incident in incidents]
        self.earlier = outbox.earlier(tx, ids)
        self.places = outbox.places(tx, ids)
        self.facts = key_facts(tx, [i.key_id for i in incidents if i.key_id is not None])
        self.silences = silences.active(tx, now)
        self.lately: Counter[str] = Counter(outbox.written_since(tx, now - _MINUTE))
        self.alerts: list[Alert] = []
        self.open: list[Alert] = []
        self.rows: list[dict[str, object]] = []
        self.written = self.suppressed = 0

    def tell(self, incident: Incident) -> None:
        """Write what is new of an incident, if anything is."""
        facts = self.facts.get(incident.key_id or "", _NOBODY)
        where = addressed(incident, self.telling, facts, self.now)
        mute = mute_of(incident, self.silences, facts, self.now)
        earlier, places = self.earlier.get(incident.id, []), self.places.get(incident.id, [])
        past = _past(earlier, places, muted=mute is not None)
        waiting = past.last is not None and _unsent(past.last, places, self.now)
        timing = replace(self.telling.timing, update=timedelta(0)) if waiting else self.telling.timing
        fresh = news(incident, past, where, timing, self.now)
        if fresh is None or (mute is not None and fresh.kind in {"reminder", "escalated"}):
            return
        if waiting and fresh.kind == "resolved" and past.last is not None:
            reason = "It was over before it was told."
            self.suppressed += outbox.withdraw(self.tx, past.last.id, reason=reason)
            return
        to = self._to(fresh, past, where)
        if not to and (fresh.kind == "resolved" or incident.severity.rank < Severity.MEDIUM.rank):
            return
        if waiting and fresh.kind == "updated" and past.last is not None:
            outbox.rewrite(self.tx, self._alert(incident, News(kind="opened"), outbox.sequence(past.last), facts))
            return
        alert = self._alert(incident, fresh, len(earlier), facts)
        self.open.append(alert)
        for name in to:
            self._address(alert, name, where, mute if fresh.kind != "resolved" else None)
        if len(self.open) >= _BLOCK:
            self.close()

    def close(self) -> None:
        """Write what was told since the last time, in two statements; a storm's documents are not held together."""
        outbox.write(self.tx, self.open)
        outbox.address(self.tx, self.rows)
        self.alerts += [replace(alert, body="", payload=_light(alert)) for alert in self.open]
        self.open, self.rows = [], []

    def _to(self, fresh: News, past: Past, where: Addressed) -> Sequence[str]:
        if fresh.kind == "resolved":  # who heard of it hears the end of it, whatever the routes say now
            return [name for name in past.heard if name not in where.digests]
        if fresh.to is not None:
            return fresh.to
        return where.to if fresh.kind == "opened" else [name for name in where.to if name not in where.digests]

    def _address(self, alert: Alert, name: str, where: Addressed, mute: Mute | None) -> None:
        key = digest.idempotency_key(alert.id, name)
        if mute is not None:
            status, why = DeliveryStatus.SUPPRESSED, (mute.kind, mute.reason)
        elif name in where.digests:
            status, why = DeliveryStatus.COLLECTED, (where.digests[name], "Waits for the digest.")
        elif self.lately[name] >= self.telling.timing.storm and alert.severity is not Severity.CRITICAL:
            status, why = DeliveryStatus.COLLECTED, (digest.STORM, "Too many at once: waits for the digest.")
        else:
            status, why = DeliveryStatus.PENDING, None
            self.lately[name] += 1
        at = self._leaves_at(alert, name)
        self.rows.append(outbox.delivery(alert.id, name, key, status=status, next_at=at, why=why))
        kept = status is DeliveryStatus.SUPPRESSED
        self.suppressed += kept
        self.written += not kept

    def _leaves_at(self, alert: Alert, name: str) -> datetime:
        target = self.telling.targets.get(name)
        wait = self.telling.timing.group_wait if alert.kind == "opened" else timedelta(0)
        return leaves_at(target.quiet if target else None, alert.severity, self.now + wait)

    def _alert(self, incident: Incident, fresh: News, sequence: int, facts: KeyFacts) -> Alert:
        pages = links(self.telling.link_base, incident, self.now)
        alert = Alert(
            id=alert_id(incident.id, fresh.kind, sequence),
            incident_id=incident.id,
            kind=fresh.kind,
            created_at=self.now,
            severity=incident.severity,
            title=rendering.title(incident, fresh.kind),
            body=rendering.body(incident, facts=facts, changes=fresh.changes, links=pages),
        )
        said = payload.document(incident, facts=facts, sequence=sequence, changes=fresh.changes, links=pages)
        return self.telling.templates.applied(replace(alert, payload=said))


def _light(alert: Alert) -> dict[str, object]:
    return {name: alert.payload[name] for name in ("sequence", "changes") if name in alert.payload}


def _past(earlier: Sequence[Alert], places: Sequence[outbox.Place], *, muted: bool) -> Past:
    """What was told; while it is muted, what was kept back counts as told, so that it is kept back once."""
    kept = {place.alert_id for place in places if place.status is DeliveryStatus.SUPPRESSED}
    told = [place for place in places if muted or place.status is not DeliveryStatus.SUPPRESSED]
    out = {place.alert_id for place in told}
    escalated = {alert.id for alert in earlier if alert.kind == "escalated"}
    return Past(
        alerts=[alert for alert in earlier if alert.id in out or alert.id not in kept],
        heard=list(dict.fromkeys(place.target for place in told)),
        escalated=frozenset(place.target for place in told if place.alert_id in escalated),
    )


def _unsent(alert: Alert, places: Sequence[outbox.Place], now: datetime) -> bool:
    """Whether an opening still waits for what belongs to it at every target."""
    mine = [place for place in places if place.alert_id == alert.id]
    return alert.kind == "opened" and bool(mine) and all(place.untouched(now) for place in mine)
