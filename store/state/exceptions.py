"""What people excused keys from: which key or label, which rules, why, who approved, until when.

An exception ends; it is never taken away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.schema import KeyExceptionRow

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyException:
    """One of them; either `key_id` or `label` is set."""

    id: int = 0
    key_id: str | None = None
    label: str | None = None
    """`name=value`, or `name` for any value."""
    rules: tuple[str, ...] = ()
    """Detectors, * allowed; empty: all but those of a key's life."""
    reason: str
    control: str | None = None
    """The compensating control: what protects the key meanwhile."""
    approver: str
    author: str
    since: datetime
    until: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it mutes at a moment."""
        return self.since <= at < (self.until if self.ended_at is None else min(self.until, self.ended_at))

    def about(self, key_id: str, labels: "dict[str, str]") -> bool:
        """Whether it is about a key."""
        if self.key_id is not None:
            return self.key_id == key_id
        name, _, value = (self.label or "").partition("=")
        return name in labels and value in {"", "*", labels[name]}


_FIELDS = tuple(KeyException.__slots__)


def add_exception(tx: Session, exception: KeyException) -> KeyException:
    """Write an exception; returns it with its number."""
    values = {name: getattr(exception, name) for name in _FIELDS if name != "id"}
    row = KeyExceptionRow(**values | {"rules": list(exception.rules)})
    tx.add(row)
    tx.flush()
    return _made(row)


def end_exception(tx: Session, number: int, by: str, at: datetime) -> KeyException | None:
    """End an exception, also one that is over: nobody is reminded of it then. None: there is none of that number."""
    row = tx.get(KeyExceptionRow, number)
    if row is None:
        return None
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, by
        tx.flush()
    return _made(row)


def list_exceptions(tx: Session, *, key_id: str | None = None) -> list[KeyException]:
    """All of them, the newest first; with `key_id` those of that key alone, without those by label."""
    query = select(KeyExceptionRow).order_by(KeyExceptionRow.id.desc())
    return [
        _made(row) for row in tx.scalars(query if key_id is None else query.where(KeyExceptionRow.key_id == key_id))
    ]


def standing_frame(tx: Session, now: datetime) -> "pd.DataFrame":
    """One row for each that nobody ended: id, key_id, label, rules, reason, approver, since, until. As of `now`."""
    import pandas as pd

    columns = ("id", "key_id", "label", "rules", "reason", "approver", "since", "until")
    query = select(KeyExceptionRow).where(KeyExceptionRow.ended_at.is_(None), KeyExceptionRow.since <= now)
    rows = [[getattr(row, name) for name in columns] for row in tx.scalars(query.order_by(KeyExceptionRow.id))]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
    for name in ("since", "until"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def excusing(
    exceptions: Sequence[KeyException], key_id: str, labels: dict[str, str], at: datetime
) -> list[KeyException]:
    """Those that hold for a key at a moment."""
    return [one for one in exceptions if one.holds(at) and one.about(key_id, labels)]


def _made(row: KeyExceptionRow) -> KeyException:
    return KeyException(**{name: getattr(row, name) for name in _FIELDS} | {"rules": tuple(row.rules)})
