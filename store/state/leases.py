"""Leases: which process does which work, where several share a state on PostgreSQL.

Moments are those of the database's clock: the clocks of workers' machines do not matter. A lease that ran out may be
taken; its epoch grows then, and a transaction that begins with `check` writes nothing for an earlier one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Interval, func, literal, select, text, update
from sqlalchemy.orm import Session

from model.errors import Fenced
from store.state.schema import LeaseRow
from store.state.writing import changed, insert_new

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNSYNCHRONISED: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Some work that is somebody's for a while."""

    name: str
    holder: str
    epoch: int
    """How often it was taken: the fence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a lease."""

    name: str
    since: datetime


def take(tx: Session, name: str, holder: str, *, length: timedelta, rest: timedelta = timedelta(0)) -> Lease | None:
    """Take a lease for `length`; None when somebody has it, or took it less than `rest` ago: the work is done.

    Nobody is waited for, not even a process that was frozen in the middle of a transaction.
    """
    insert_new(tx, LeaseRow, {"name": name, "holder": "", "epoch": 0, "taken_at": _NEVER, "expires_at": _NEVER})
    free = (LeaseRow.name == name, LeaseRow.expires_at <= _now(), LeaseRow.taken_at <= _now() - _length(rest))
    epoch = tx.scalar(select(LeaseRow.epoch).where(*free).with_for_update(skip_locked=True))
    if epoch is None:
        return None
    _change(tx, name, holder=holder, epoch=epoch + 1, taken_at=_now(), expires_at=_now() + _length(length))
    return Lease(name=name, holder=holder, epoch=epoch + 1)


def renew(tx: Session, lease: Lease, length: timedelta) -> bool:
    """Have it for `length` from now; False when somebody else has taken it since."""
    return _change(tx, lease.name, lease, expires_at=_now() + _length(length))


def release(tx: Session, lease: Lease) -> None:
    """Give it back."""
    _change(tx, lease.name, lease, expires_at=_now())


def check(tx: Session, lease: Lease, idle: timedelta) -> None:
    """The transaction goes on only while the lease is ours, and nobody takes it before the transaction's end.

    The server ends a transaction that does nothing for `idle`: its process is frozen, or cut off. Raises Fenced.
    """
    tx.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {int(idle.total_seconds() * 1000)}"))
    mine = select(LeaseRow.name).where(*_mine(lease)).with_for_update(read=True)
    if tx.scalar(mine) is None:
        msg = f"Another process has taken over {lease.name}; nothing was written."
        raise Fenced(msg, hint="This one was away for too long. The work goes on there.")


def holder_of(tx: Session, name: str) -> Holder | None:
    """Who has a lease, or had it last; None when nobody ever did."""
    row = tx.execute(
        select(LeaseRow.holder, LeaseRow.taken_at).where(LeaseRow.name == name, LeaseRow.epoch > 0)
    ).first()
    return None if row is None else Holder(name=row.holder, since=row.taken_at)


def fence_expired(tx: Session) -> int:
    """Nobody who let a lease run out writes under it any more; returns how many leases that were."""
    over = update(LeaseRow).where(LeaseRow.holder != "", LeaseRow.expires_at <= _now()).values(epoch=LeaseRow.epoch + 1)
    return changed(tx.execute(over.execution_options(**_UNSYNCHRONISED)))


def _change(tx: Session, name: str, mine: Lease | None = None, **values: Any) -> bool:  # noqa: ANN401 (SQL or values)
    where = _mine(mine) if mine is not None else (LeaseRow.name == name,)
    return (
        changed(tx.execute(update(LeaseRow).where(*where).values(**values).execution_options(**_UNSYNCHRONISED))) == 1
    )


def _mine(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return LeaseRow.name == lease.name, LeaseRow.holder == lease.holder, LeaseRow.epoch == lease.epoch


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp()


def _length(length: timedelta) -> ColumnElement[Any]:
    return literal(length, Interval())
