"""What of the deliveries is asked for, by status, target and text: counted, and given in parts, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from model.incident import Delivery, DeliveryStatus
from store.state.deliveries import of_ids
from store.state.schema import AlertRow, DeliveryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which deliveries; each part that is set must hold."""

    statuses: Sequence[DeliveryStatus] = ()
    """One of these; empty: any."""
    target: str | None = None
    text: str = ""
    """In the message's title, its last error or its incident's id; as in `store.state.audit_search.Sought`."""


def count(tx: Session, sought: Sought) -> int:
    """How many match."""
    return tx.scalar(_where(select(func.count(DeliveryRow.id)), sought)) or 0


def found(tx: Session, sought: Sought, *, limit: int, offset: int = 0) -> list[Delivery]:
    """Those that match with their alerts, the newest first; `offset` so many are left out."""
    query = _where(select(DeliveryRow.id), sought).order_by(DeliveryRow.id.desc())
    return of_ids(tx, list(tx.scalars(query.limit(limit).offset(offset))))


def _where(query: Select[Any], sought: Sought) -> Select[Any]:
    query = query.join(AlertRow, AlertRow.id == DeliveryRow.alert_id)
    if sought.statuses:
        query = query.where(DeliveryRow.status.in_([str(status) for status in sought.statuses]))
    if sought.target is not None:
        query = query.where(DeliveryRow.target == sought.target)
    if sought.text:
        columns = (AlertRow.title, AlertRow.incident_id, DeliveryRow.last_error)
        query = query.where(or_(*(column.icontains(sought.text, autoescape=True) for column in columns)))
    return query
