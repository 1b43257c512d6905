"""The outbox: alerts are written here, with a delivery to each target; `store.state.deliveries` sees them through.

A target that is spared has a delivery too: collected for a digest, folded into one, or suppressed with the reason.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from model.finding import Severity
from model.incident import Alert, DeliveryStatus, IncidentId
from store.state.schema import AlertRow, DeliveryRow
from store.state.writing import changed, insert_all_new, insert_new

_CHUNK = 500
_LEAVING = tuple(str(s) for s in DeliveryStatus if s not in {"collected", "folded", "suppressed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an alert stands at one target."""

    alert_id: str
    target: str
    status: DeliveryStatus
    attempts: int
    next_at: datetime

    def untouched(self, now: datetime) -> bool:
        """Whether nobody has tried it, and its time has not come."""
        return self.status is DeliveryStatus.PENDING and not self.attempts and self.next_at > now


def enqueue(tx: Session, alert: Alert, targets: Iterable[tuple[str, str]]) -> int:
    """Write an alert and a pending delivery to each (target, idempotency key), due at once.

    What is already there stays as it is, so that telling twice writes one. Returns how many deliveries are new.
    """
    write(tx, [alert])
    return sum(
        insert_new(tx, DeliveryRow, delivery(alert.id, name, key, next_at=alert.created_at)) for name, key in targets
    )


def write(tx: Session, alerts: Sequence[Alert]) -> None:
    """Write alerts, unless they are there."""
    rows = [
        {
            "id": alert.id,
            "incident_id": alert.incident_id,
            "kind": alert.kind,
            "created_at": alert.created_at,
            **_said(alert),
        }
        for alert in alerts
    ]
    insert_all_new(tx, AlertRow, rows)


def address(tx: Session, rows: Sequence[dict[str, object]]) -> None:
    """Write deliveries, as `delivery` makes them, unless they are there; their alerts are written before."""
    insert_all_new(tx, DeliveryRow, rows)


def delivery(
    alert: str,
    target: str,
    key: str,
    *,
    next_at: datetime,
    status: DeliveryStatus = DeliveryStatus.PENDING,
    why: tuple[str, str] | None = None,
) -> dict[str, object]:
    """A delivery to be written; `why` is (kind, sentence) of one that is kept back."""
    return {
        "alert_id": alert,
        "target": target,
        "status": str(status),
        "attempts": 0,
        "next_at": next_at,
        "idempotency_key": key,
        "error_class": why[0] if why else None,
        "last_error": why[1] if why else None,
    }


def rewrite(tx: Session, alert: Alert) -> None:
    """Change what an alert says that nobody has got yet."""
    tx.execute(
        update(AlertRow)
        .where(AlertRow.id == alert.id)
        .values(**_said(alert))
        .execution_options(synchronize_session=False)
    )


def withdraw(tx: Session, alert: str, *, reason: str) -> int:
    """Keep back the deliveries of an alert that nobody has tried; returns how many."""
    done = tx.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.alert_id == alert,
            DeliveryRow.status == str(DeliveryStatus.PENDING),
            DeliveryRow.attempts == 0,
        )
        .values(status=str(DeliveryStatus.SUPPRESSED), error_class="over", last_error=reason)
        .execution_options(synchronize_session=False),
    )
    return changed(done)


def earlier(tx: Session, incidents: Sequence[str]) -> dict[str, list[Alert]]:
    """Incident to what was told of it, by sequence, without bodies; of the documents only what is compared.

    Not by time: the clock may have been set back in between.
    """
    found: dict[str, list[Alert]] = {}
    columns = (
        AlertRow.id,
        AlertRow.incident_id,
        AlertRow.kind,
        AlertRow.created_at,
        AlertRow.severity,
        AlertRow.payload,
    )
    for start in range(0, len(incidents), _CHUNK):
        query = select(*columns).where(AlertRow.incident_id.in_(incidents[start : start + _CHUNK]))
        for identity, incident, kind, created_at, severity, payload in tx.execute(query):
            light = {"sequence": payload.get("sequence", 0), "detectors": _interned(payload)}
            light |= {"spread": payload["spread"]} if "spread" in payload else {}
            alert = Alert(
                id=identity,
                incident_id=IncidentId(incident),
                kind=kind,  # type: ignore[arg-type]  # written from an Alert, whose kinds these are
                created_at=created_at,
                severity=Severity(severity),
                title="",
                body="",
                payload=light,
            )
            found.setdefault(incident, []).append(alert)
    for alerts in found.values():
        alerts.sort(key=sequence)
    return found


def sequence(alert: Alert) -> int:
    """Its place among the alerts of its incident."""
    number = alert.payload.get("sequence")
    return number if isinstance(number, int) else 0


def _interned(payload: Mapping[str, Any]) -> list[str]:
    return [sys.intern(str(name)) for name in payload.get("detectors") or ()]


def places(tx: Session, incidents: Sequence[str]) -> dict[str, list[Place]]:
    """Incident to where its alerts stand, in the order in which the deliveries were written."""
    found: dict[str, list[Place]] = {}
    columns = (DeliveryRow.target, DeliveryRow.status, DeliveryRow.attempts, DeliveryRow.next_at)
    for start in range(0, len(incidents), _CHUNK):
        query = (
            select(AlertRow.incident_id, AlertRow.id, *columns)
            .join(DeliveryRow, DeliveryRow.alert_id == AlertRow.id)
            .where(AlertRow.incident_id.in_(incidents[start : start + _CHUNK]))
            .order_by(DeliveryRow.id)
        )
        for incident, alert, target, status, attempts, next_at in tx.execute(query):
            place = Place(
                alert_id=alert, target=target, status=DeliveryStatus(status), attempts=attempts, next_at=next_at
            )
            found.setdefault(incident, []).append(place)
    return found


def written_since(tx: Session, since: datetime) -> list[str]:
    """The targets of the deliveries that were written to leave since then, one name for each."""
    query = (
        select(DeliveryRow.target)
        .join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
        .where(AlertRow.created_at > since, DeliveryRow.status.in_(_LEAVING))
    )
    return list(tx.scalars(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a digest needs of an alert that waits for it."""

    alert_id: str
    incident_id: str
    created_at: datetime
    severity: Severity
    title: str
    detectors: tuple[str, ...]


def collected(tx: Session) -> dict[tuple[str, str], list[Collected]]:
    """(target, kind of digest) to what waits for it, the oldest first."""
    columns = (AlertRow.id, AlertRow.incident_id, AlertRow.created_at, AlertRow.severity, AlertRow.title)
    query = (
        select(DeliveryRow.target, DeliveryRow.error_class, *columns, AlertRow.payload)
        .join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
        .where(DeliveryRow.status == str(DeliveryStatus.COLLECTED))
        .order_by(DeliveryRow.id)
        .execution_options(yield_per=_CHUNK)  # a storm's payloads need not be held at once
    )
    found: dict[tuple[str, str], list[Collected]] = {}
    for target, kind, alert, incident, created_at, severity, title, payload in tx.execute(query):
        one = Collected(
            alert_id=alert,
            incident_id=incident,
            created_at=created_at,
            severity=Severity(severity),
            title=title,
            detectors=tuple(_interned(payload)),
        )
        found.setdefault((target, kind or ""), []).append(one)
    return found


def fold(tx: Session, *, target: str, kind: str, alerts: Sequence[str], into: str) -> int:
    """Mark what a digest sums up; returns how many deliveries."""
    folded = 0
    for start in range(0, len(alerts), _CHUNK):
        done = tx.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.target == target,
                DeliveryRow.error_class == kind,
                DeliveryRow.status == str(DeliveryStatus.COLLECTED),
                DeliveryRow.alert_id.in_(alerts[start : start + _CHUNK]),
            )
            .values(status=str(DeliveryStatus.FOLDED), last_error=f"Told in digest {into}.")
            .execution_options(synchronize_session=False),
        )
        folded += changed(done)
    return folded


def _said(alert: Alert) -> dict[str, object]:
    return {"severity": str(alert.severity), "title": alert.title, "body": alert.body, "payload": alert.payload}
