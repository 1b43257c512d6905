"""How targets fare: failures in a row, and until when a target that keeps failing is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.state.schema import TargetRow
from store.state.writing import insert_new

CYCLE: Final = "cycle:"
"""The mark of the last good round."""
HEARTBEAT: Final = "heartbeat:"
"""The mark of the last heartbeat that was taken. Marks stand among the targets; the colon keeps their names apart."""
PROBE: Final = "probe:"
"""The mark of the last question whether the state can be written."""
_MARKS: Final = (CYCLE, HEARTBEAT, PROBE)


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
    query = select(TargetRow).execution_options(populate_existing=True)  # changed by UPDATEs beside the session
    chosen = (
        query.where(TargetRow.name.not_in(_MARKS)) if names is None else query.where(TargetRow.name.in_(list(names)))
    )
    return {row.name: _health(row) for row in tx.scalars(chosen.order_by(TargetRow.name))}


def mark(tx: Session, what: str, now: datetime) -> None:
    """Remember that CYCLE, HEARTBEAT or PROBE went well."""
    _change(tx, what, sent_at=now)


def marks(tx: Session) -> dict[str, datetime]:
    """CYCLE, HEARTBEAT and PROBE to when each last went well; only what ever did."""
    query = select(TargetRow).where(TargetRow.name.in_(_MARKS)).execution_options(populate_existing=True)
    return {row.name: row.sent_at for row in tx.scalars(query) if row.sent_at is not None}


def succeeded(tx: Session, name: str, now: datetime) -> None:
    """It took a message: the circuit is closed."""
    _change(tx, name, failures=0, open_until=None, sent_at=now)


def failed(tx: Session, name: str, now: datetime, *, error: str, open_until: datetime | None) -> None:
    """It failed once more; with `open_until` its circuit opens. `error` is redacted."""
    failures = TargetRow.failures + 1
    _change(tx, name, failures=failures, open_until=open_until, failed_at=now, last_error=error)


def refused(tx: Session, name: str, now: datetime, *, error: str) -> None:
    """It refused a message for good: told, and no reason to leave it alone, since each message is given up at once."""
    _change(tx, name, failed_at=now, last_error=error)


def hasten(tx: Session, by: timedelta, now: datetime) -> None:
    """The clock was set back by `by`: circuits close so much earlier."""
    for row in tx.scalars(select(TargetRow).where(TargetRow.open_until > now)):
        row.open_until = max(now, row.open_until - by) if row.open_until else None


def _change(tx: Session, name: str, **values: object) -> None:
    # Two deliverers may be the first at once: the row is made so that neither fails.
    insert_new(tx, TargetRow, {"name": name, "failures": 0})
    tx.execute(
        update(TargetRow).where(TargetRow.name == name).values(**values).execution_options(synchronize_session=False)
    )


def _health(row: TargetRow) -> Health:
    return Health(
        name=row.name,
        failures=row.failures,
        open_until=row.open_until,
        sent_at=row.sent_at,
        failed_at=row.failed_at,
        last_error=row.last_error,
    )
