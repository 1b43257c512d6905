"""How targets fare: failures in a row, and until when a target that keeps failing is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.schema import TargetRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One target."""

    name: str
    failures: int = 0
    """In a row, over all deliveries; a refused message (bad request) is not the target's failure."""
    open_until: datetime | None = None
    """Its circuit is open: nothing is tried before."""
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    last_error: str | None = None


def healths(tx: Session, names: Sequence[str] | None = None) -> dict[str, Health]:
    """Target to how it fares; of all that were ever tried, or of those named."""
    query = select(TargetRow) if names is None else select(TargetRow).where(TargetRow.name.in_(list(names)))
    return {row.name: _health(row) for row in tx.scalars(query)}


def succeeded(tx: Session, name: str, now: datetime) -> None:
    """It took a message: the circuit is closed."""
    row = _row(tx, name)
    row.failures, row.open_until, row.sent_at = 0, None, now


def failed(tx: Session, name: str, now: datetime, *, error: str, open_until: datetime | None) -> None:
    """It failed once more; with `open_until` its circuit opens. `error` is redacted."""
    row = _row(tx, name)
    row.failures, row.open_until, row.failed_at, row.last_error = row.failures + 1, open_until, now, error


def hasten(tx: Session, by: timedelta, now: datetime) -> None:
    """The clock was set back by `by`: circuits close so much earlier."""
    for row in tx.scalars(select(TargetRow).where(TargetRow.open_until > now)):
        row.open_until = max(now, row.open_until - by) if row.open_until else None


def _row(tx: Session, name: str) -> TargetRow:
    row = tx.get(TargetRow, name)
    if row is None:
        row = TargetRow(name=name, failures=0)
        tx.add(row)
    return row


def _health(row: TargetRow) -> Health:
    return Health(
        name=row.name,
        failures=row.failures,
        open_until=row.open_until,
        sent_at=row.sent_at,
        failed_at=row.failed_at,
        last_error=row.last_error,
    )
