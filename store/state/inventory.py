"""The inventory: keys, their references, what changed, and when the logs saw them."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from model.key import Key, KeyStatus
from store.state.key_batch import AT_ONCE, FIELDS, Batch, as_text, known
from store.state.schema import KeyActivityRow, KeyHistoryRow, KeyRefRow, KeyRow

if TYPE_CHECKING:
    import pandas as pd

_REPEATED = frozenset({"owner", "team", "environment", "status", "source"})
"""Columns in which few texts stand in many rows; each is kept once."""


def save_keys(tx: Session, keys: Iterable[Key], now: datetime) -> dict[str, int]:
    """Insert or update keys; every changed field is kept in `key_history`.

    Returns how many were `added`, `changed` and `unchanged`. A last use never moves back. Rows are written by the
    thousand, without an object for each.
    """
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    tx.flush()
    wanted = list(keys)
    for at in range(0, len(wanted), AT_ONCE):
        chunk = wanted[at : at + AT_ONCE]
        batch = Batch(now, *known(tx, chunk))
        for key in chunk:
            counts[batch.take(key)] += 1
        batch.write(tx)
    tx.expire_all()
    return counts


def note(tx: Session, key_id: str, now: datetime, field: str, change: tuple[object, object]) -> None:
    """Keep a change of a key in its history: what was there before, and what is now."""
    before, after = map(as_text, change)
    tx.add(KeyHistoryRow(key_id=key_id, at=now, field=field, before=before, after=after))


def known_refs(tx: Session) -> list[str]:
    """The key_refs that are never folded: the inventory's, and those that succeeded once."""
    known = set(tx.scalars(select(KeyRefRow.key_ref)))
    known |= set(tx.scalars(select(KeyActivityRow.key_ref).where(KeyActivityRow.last_success.is_not(None))))
    return sorted(known)


def counts(tx: Session) -> tuple[int, int]:
    """How many keys there are, and how many of them no event can lead to."""
    keys = tx.scalar(select(func.count()).select_from(KeyRow)) or 0
    found = tx.scalar(select(func.count(KeyRefRow.key_id.distinct()))) or 0
    return keys, keys - found


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a key is called and whose it is; all None: no key."""

    key_id: str | None = None
    name: str | None = None
    owner: str | None = None
    environment: str | None = None


def find_key(tx: Session, key: str) -> Named | None:
    """The key of that id, or else of that name; None when there is none."""
    found = tx.get(KeyRow, key) or tx.scalars(select(KeyRow).where(KeyRow.name == key).limit(1)).first()
    if found is None:
        return None
    return Named(key_id=found.key_id, name=found.name, owner=found.owner, environment=found.environment)


def last_pulled(tx: Session) -> datetime | None:
    """When the inventory came last; None: never."""
    return tx.scalar(select(func.max(KeyRow.pulled_at)))


def key_frame(tx: Session) -> "pd.DataFrame":
    """One row a key: the inventory's columns, `key_refs` (list), and first_seen, last_seen, last_success in the logs.

    And `status_since`: when a pull first saw the status that the key has, if one before it saw another.
    Times are datetime64[us, UTC], NaT where nothing is known.
    """
    import pandas as pd

    refs: dict[str, list[str]] = {}
    for ref, key_id in tx.execute(select(KeyRefRow.key_ref, KeyRefRow.key_id).order_by(KeyRefRow.key_ref)):
        refs.setdefault(key_id, []).append(ref)
    seen = {
        row[0]: row[1:]
        for row in tx.execute(
            select(
                KeyRefRow.key_id,
                func.min(KeyActivityRow.first_seen),
                func.max(KeyActivityRow.last_seen),
                func.max(KeyActivityRow.last_success),
            )
            .join(KeyActivityRow, KeyActivityRow.key_ref == KeyRefRow.key_ref)
            .group_by(KeyRefRow.key_id),
        )
    }
    changes = select(KeyHistoryRow.key_id, func.max(KeyHistoryRow.at)).where(
        KeyHistoryRow.field == "status", KeyHistoryRow.before != str(KeyStatus.UNKNOWN)
    )
    turned = {row[0]: row[1] for row in tx.execute(changes.group_by(KeyHistoryRow.key_id))}
    columns = [*FIELDS, "key_refs", "first_seen", "last_seen", "last_success", "status_since"]
    lists: dict[str, list[object]] = {name: [] for name in columns}
    query = select(*(getattr(KeyRow, name) for name in FIELDS)).order_by(KeyRow.key_id)
    key_at = FIELDS.index("key_id")
    # By column, not by row: a hundred thousand dictionaries would be a hundred megabytes.
    for row in tx.execute(query.execution_options(yield_per=2000)):
        key_id = row[key_at]
        more = (refs.get(key_id, []), *seen.get(key_id, (None, None, None)), turned.get(key_id))
        for name, value in zip(columns, (*row, *more), strict=True):
            lists[name].append(sys.intern(value) if name in _REPEATED and isinstance(value, str) else value)
    frame = pd.DataFrame({name: pd.Series(lists.pop(name), dtype=object) for name in columns})
    moments = [
        n
        for n in columns
        if n.endswith("_at") or n in {"first_seen", "last_seen", "last_success", "status_since", "telemetry_since"}
    ]
    for name in moments:
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame.where(frame.notna(), None) if frame.empty else frame


def key_ids(tx: Session) -> dict[str, str]:
    """Reference to the id of the key that it is of."""
    return {row[0]: row[1] for row in tx.execute(select(KeyRefRow.key_ref, KeyRefRow.key_id))}


def key_names(tx: Session) -> dict[str, tuple[str, str | None]]:
    """Reference to the id and the name of the key that it is of."""
    named = select(KeyRefRow.key_ref, KeyRow.key_id, KeyRow.name).join(KeyRow, KeyRow.key_id == KeyRefRow.key_id)
    return {row[0]: (row[1], row[2]) for row in tx.execute(named)}


def refs_called(tx: Session, key: str) -> list[str]:
    """The references of the keys of that id, name or reference; of none, the reference itself if the logs saw it."""
    called = or_(KeyRow.key_id == key, KeyRow.name == key, KeyRefRow.key_ref == key)
    of_keys = select(KeyRefRow.key_ref).join(KeyRow, KeyRow.key_id == KeyRefRow.key_id).where(called)
    seen = select(KeyActivityRow.key_ref).where(KeyActivityRow.key_ref == key)
    return list(tx.scalars(of_keys.order_by(KeyRefRow.key_ref))) or list(tx.scalars(seen))


def ref_frame(tx: Session) -> "pd.DataFrame":
    """One row a reference: key_ref, key_id, name, owner, environment, status, timezone."""
    import pandas as pd

    columns = ("key_ref", "key_id", "name", "owner", "environment", "status", "timezone")
    rows = tx.execute(
        select(
            KeyRefRow.key_ref,
            KeyRow.key_id,
            KeyRow.name,
            KeyRow.owner,
            KeyRow.environment,
            KeyRow.status,
            KeyRow.timezone,
        )
        .join(KeyRow, KeyRow.key_id == KeyRefRow.key_id)
        .order_by(KeyRefRow.key_ref),
    ).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=list(columns)).astype(object)
