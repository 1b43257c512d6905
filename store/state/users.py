"""Who logged in to the dashboard, and whose logins are over."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.schema import UserRow

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = ("name", "role", "refused", "logins", "first_seen_at", "last_seen_at", "logged_in_at", "ended_at")


def saw(tx: Session, name: str, *, role: str, refused: str, logged_in_at: datetime, now: datetime) -> bool:
    """Remember that somebody is here; True when it is a login that nobody has heard of.

    `role` is empty, and `refused` says why, for somebody who was not let in. `logged_in_at` is the provider's moment.
    """
    row = tx.get(UserRow, name)
    new = row is None or logged_in_at > row.logged_in_at or row.refused != refused
    if row is None:
        row = UserRow(name=name, first_seen_at=now, logged_in_at=logged_in_at, logins=0)
        tx.add(row)
    row.role, row.refused, row.last_seen_at = role, refused, now
    row.logins += new
    row.logged_in_at = max(row.logged_in_at, logged_in_at)
    tx.flush()
    return new


def end(tx: Session, name: str, until: datetime) -> bool:
    """Logins of that person up to `until` count no more, wherever their cookies are. False for nobody we know."""
    row = tx.get(UserRow, name)
    if row is None:
        return False
    row.ended_at = max(row.ended_at or until, until)
    tx.flush()
    return True


def ended(tx: Session, name: str) -> datetime | None:
    """Up to when that person's logins are over; None when none are."""
    return tx.scalars(select(UserRow.ended_at).where(UserRow.name == name)).first()


def user_frame(tx: Session) -> "pd.DataFrame":
    """Everybody who logged in, the last seen first, by the names of COLUMNS."""
    import pandas as pd

    query = select(UserRow).order_by(UserRow.last_seen_at.desc(), UserRow.name)
    rows = [[getattr(row, name) for name in COLUMNS] for row in tx.scalars(query)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(object)
