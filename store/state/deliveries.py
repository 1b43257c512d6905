"""Deliveries: where each alert stands at each target, and who is at it; `store.state.outbox` writes them.

A deliverer leases by an UPDATE that names what it saw and must change one row. `attempts` grows with each lease and is
the fence: who lost a lease changes no row with a late report. More than 150 lines, since every change of a delivery
that is under way stands here and nowhere else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from model.finding import Severity
from model.incident import Alert, Delivery, DeliveryStatus, IncidentId
from store.state.schema import AlertRow, DeliveryRow
from store.state.writing import changed

if TYPE_CHECKING:
    import pandas as pd

_WAITING = (str(DeliveryStatus.PENDING), str(DeliveryStatus.UNKNOWN))
_UNDONE = (*_WAITING, str(DeliveryStatus.LEASED))
_CHUNK = 500


def lease(tx: Session, *, target: str, worker: str, now: datetime, until: datetime, limit: int = 1) -> list[Delivery]:
    """Take up to `limit` due deliveries of a target for `worker`; each counts one attempt more.

    Those tried least come first, so that one bad message does not hold up the others. An alert waits while an older
    one of its incident is still under way at that target: nobody reads "resolved" before "opened".
    """
    older, elder = aliased(DeliveryRow), aliased(AlertRow)
    blocked = (
        select(older.id)
        .join(elder, elder.id == older.alert_id)
        .where(
            older.target == DeliveryRow.target,
            older.status.in_(_UNDONE),
            older.id < DeliveryRow.id,
            elder.incident_id == AlertRow.incident_id,
        )
        .exists()
    )
    due = (
        select(DeliveryRow.id)
        .join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
        .where(_due(now), DeliveryRow.target == target, ~blocked)
        .order_by(DeliveryRow.attempts, DeliveryRow.id)
        .limit(limit)
        .with_for_update(of=DeliveryRow, skip_locked=True)  # SQLite needs none: its writer is alone
    )
    taken = [i for i in tx.scalars(due).all() if _take(tx, i, worker, now, until)]
    return of_ids(tx, taken)


def renew(tx: Session, *, targets: Sequence[str], worker: str, until: datetime) -> int:
    """What `worker` is sending to these targets is its own until a later moment; returns how many."""
    mine = (DeliveryRow.leased_by == worker, DeliveryRow.target.in_(list(targets)))
    if not targets:
        return 0
    done = tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.status == str(DeliveryStatus.LEASED), *mine)
        .values(leased_until=until)
        .execution_options(synchronize_session=False),
    )
    return changed(done)


def mark_sent(tx: Session, delivery: Delivery, now: datetime) -> bool:
    """The target took it. False when another deliverer has leased it since, or it is done already."""
    return _finish(tx, delivery, status=DeliveryStatus.SENT, sent_at=now, error_class=None, last_error=None)


def mark_retry(tx: Session, delivery: Delivery, *, next_at: datetime, error_class: str, error: str) -> bool:
    """The target did not take it; try again at `next_at`. False as for `mark_sent`."""
    values = {"next_at": next_at, "error_class": error_class, "last_error": error}
    return _finish(tx, delivery, status=DeliveryStatus.PENDING, **values)


def mark_unknown(tx: Session, delivery: Delivery, *, next_at: datetime, error_class: str, error: str) -> bool:
    """It may have arrived; it is tried again at `next_at` with the same idempotency key. False as for `mark_sent`."""
    values = {"next_at": next_at, "error_class": error_class, "last_error": error}
    return _finish(tx, delivery, status=DeliveryStatus.UNKNOWN, **values)


def mark_dead(tx: Session, delivery: Delivery, *, error_class: str, error: str) -> bool:
    """Given up. False as for `mark_sent`."""
    return _finish(tx, delivery, status=DeliveryStatus.DEAD, error_class=error_class, last_error=error)


def release(tx: Session, delivery: Delivery) -> bool:
    """Give a lease back that was not used. `attempts` stays, since it is the fence. False as for `mark_sent`."""
    return _finish(tx, delivery, status=DeliveryStatus.PENDING)


def expire_leases(tx: Session, now: datetime) -> int:
    """Deliveries whose deliverer died in the middle become `unknown` and due; returns how many."""
    done = tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.status == str(DeliveryStatus.LEASED), DeliveryRow.leased_until <= now)
        .values(
            status=str(DeliveryStatus.UNKNOWN),
            next_at=now,
            leased_by=None,
            leased_until=None,
            error_class="unknown",
            last_error="The deliverer stopped in the middle; the target may have got it.",
        )
        .execution_options(synchronize_session=False),
    )
    return changed(done)


def replay(tx: Session, ids: Sequence[int], now: datetime) -> int:
    """Dead deliveries are due once more, with the idempotency key that they had; returns how many were dead."""
    done = tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(list(ids)), DeliveryRow.status == str(DeliveryStatus.DEAD))
        .values(status=str(DeliveryStatus.PENDING), next_at=now, replayed_at=now)
        .execution_options(synchronize_session=False),
    )
    return changed(done)


def hasten(tx: Session, by: timedelta, now: datetime) -> int:
    """The clock was set back by `by`: what waits for a later moment waits so much less. Returns how many moved."""
    query = select(DeliveryRow).where(DeliveryRow.status.in_(_UNDONE), DeliveryRow.next_at > now)
    rows = list(tx.scalars(query.execution_options(populate_existing=True)))
    for row in rows:
        row.next_at = max(now, row.next_at - by)
        row.leased_until = row.leased_until - by if row.leased_until is not None else None
    return len(rows)


def due_targets(tx: Session, now: datetime) -> list[str]:
    """The names of the targets that have something to do now."""
    return list(tx.scalars(select(DeliveryRow.target).where(_due(now)).distinct().order_by(DeliveryRow.target)))


def list_deliveries(
    tx: Session,
    *,
    status: DeliveryStatus | None = None,
    target: str | None = None,
    incident_id: str | None = None,
    limit: int | None = None,
) -> list[Delivery]:
    """Deliveries with their alerts, the newest first."""
    query = select(DeliveryRow.id).join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
    if status is not None:
        query = query.where(DeliveryRow.status == str(status))
    if target is not None:
        query = query.where(DeliveryRow.target == target)
    if incident_id is not None:
        query = query.where(AlertRow.incident_id == incident_id)
    return of_ids(tx, list(tx.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit))))


def list_alerts(
    tx: Session,
    *,
    incidents: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[Alert]:
    """Alerts written in [since, until), the oldest first; of all incidents, or of those named."""
    query = select(AlertRow).order_by(AlertRow.created_at, AlertRow.id).limit(limit)
    if since is not None:
        query = query.where(AlertRow.created_at >= since)
    if until is not None:
        query = query.where(AlertRow.created_at < until)
    if incidents is None:
        return [alert_of(row) for row in tx.scalars(query)]
    found: list[Alert] = []
    for start in range(0, len(incidents), _CHUNK):
        chunk = incidents[start : start + _CHUNK]
        found += [alert_of(row) for row in tx.scalars(query.where(AlertRow.incident_id.in_(chunk)))]
    return sorted(found, key=lambda alert: (alert.created_at, alert.id))


def counts(tx: Session) -> dict[str, dict[str, int]]:
    """Target to {status: how many deliveries}; only what is there."""
    found: dict[str, dict[str, int]] = {}
    query = select(DeliveryRow.target, DeliveryRow.status, func.count()).group_by(
        DeliveryRow.target, DeliveryRow.status
    )
    for target, status, number in tx.execute(query.order_by(DeliveryRow.target, DeliveryRow.status)):
        found.setdefault(target, {})[status] = number
    return found


def oldest_pending(tx: Session) -> datetime | None:
    """When the oldest alert that is still to be delivered somewhere was written, or None."""
    query = select(func.min(AlertRow.created_at)).join(DeliveryRow, DeliveryRow.alert_id == AlertRow.id)
    return tx.scalar(query.where(DeliveryRow.status.in_(_UNDONE)))


def backlog(tx: Session, now: datetime) -> "pd.DataFrame":
    """One row a target: target, waiting, oldest (since when the oldest waits), dead, died, last_error (of any of them).

    A delivery waits from when it was first due, not while a digest or a quiet time holds it. `dead` were given up in
    the day before `now`, the first of them at `died`: the moment its last attempt was due.
    """
    import pandas as pd

    died = and_(DeliveryRow.status == str(DeliveryStatus.DEAD), DeliveryRow.next_at > now - timedelta(days=1))
    query = (
        select(DeliveryRow, AlertRow.created_at)
        .join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
        .where(or_(DeliveryRow.status.in_(_UNDONE), died))
        .order_by(DeliveryRow.id)
        .execution_options(populate_existing=True)
    )
    found: dict[str, dict[str, Any]] = {}
    for row, created in tx.execute(query):
        dead = row.status == str(DeliveryStatus.DEAD)
        since = row.next_at if dead or not row.attempts else row.replayed_at or created
        if since > now:
            continue
        target = found.setdefault(row.target, {"target": row.target, "waiting": 0, "dead": 0})
        count, clock = ("dead", "died") if dead else ("waiting", "oldest")
        target[count] += 1
        target[clock] = min(target.get(clock, since), since)
        target["last_error"] = row.last_error or target.get("last_error")
    frame = pd.DataFrame(list(found.values()), columns=["target", "waiting", "oldest", "dead", "died", "last_error"])
    for name in ("oldest", "died"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def of_ids(tx: Session, ids: Sequence[int]) -> list[Delivery]:
    """The deliveries with these numbers and their alerts, in this order."""
    found: dict[int, Delivery] = {}
    for start in range(0, len(ids), _CHUNK):
        query = (
            select(DeliveryRow, AlertRow)
            .join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
            .where(DeliveryRow.id.in_(ids[start : start + _CHUNK]))
            .execution_options(populate_existing=True)  # the rows were changed by UPDATEs beside the session
        )
        found |= {row.id: _delivery(row, alert) for row, alert in tx.execute(query)}
    return [found[i] for i in ids]


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(DeliveryRow.status.in_(_WAITING), DeliveryRow.next_at <= now)


def _take(tx: Session, delivery: int, worker: str, now: datetime, until: datetime) -> bool:
    done = tx.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery, _due(now))
        .values(
            status=str(DeliveryStatus.LEASED),
            attempts=DeliveryRow.attempts + 1,
            leased_by=worker,
            leased_until=until,
        )
        .execution_options(synchronize_session=False),
    )
    return changed(done) == 1


def _finish(tx: Session, delivery: Delivery, *, status: DeliveryStatus, **values: object) -> bool:
    mine = and_(
        DeliveryRow.id == delivery.id,
        DeliveryRow.attempts == delivery.attempts,
        DeliveryRow.status.in_((str(DeliveryStatus.LEASED), str(DeliveryStatus.UNKNOWN))),
    )
    done = tx.execute(
        update(DeliveryRow)
        .where(mine)
        .values(status=str(status), leased_by=None, leased_until=None, **values)
        .execution_options(synchronize_session=False),
    )
    return changed(done) == 1


def _delivery(row: DeliveryRow, alert: AlertRow) -> Delivery:
    return Delivery(
        id=row.id,
        alert=alert_of(alert),
        target=row.target,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        next_at=row.next_at,
        leased_by=row.leased_by,
        leased_until=row.leased_until,
        error_class=row.error_class,
        last_error=row.last_error,
        sent_at=row.sent_at,
        replayed_at=row.replayed_at,
        idempotency_key=row.idempotency_key,
    )


def alert_of(row: AlertRow) -> Alert:
    """The alert of a row."""
    return Alert(
        id=row.id,
        incident_id=IncidentId(row.incident_id),
        kind=row.kind,  # type: ignore[arg-type]  # written from an Alert, whose kinds these are
        created_at=row.created_at,
        severity=Severity(row.severity),
        title=row.title,
        body=row.body,
        payload=row.payload,
    )
