"""The inventory: keys, their references, what changed, and when the logs saw them."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from model.key import Key, KeyStatus
from store.state.schema import KeyActivityRow, KeyHistoryRow, KeyRefRow, KeyRow

if TYPE_CHECKING:
    import pandas as pd

_FIELDS = tuple(column.key for column in KeyRow.__table__.columns)
_OURS = frozenset({"removed_at", "successor_by"})
"""What no inventory tells: the store finds it."""
_USES = frozenset({"source_last_used_at", "source_last_used_detail", "telemetry_since"})
_TRACKED = tuple(name for name in _FIELDS if name not in {"key_id", "pulled_at", "source", *_USES, *_OURS})
_AT_ONCE = 500
_REPEATED = frozenset({"owner", "team", "environment", "status", "source"})
"""Columns in which few texts stand in many rows; each is kept once."""


def save_keys(tx: Session, keys: Iterable[Key], now: datetime) -> dict[str, int]:
    """Insert or update keys; every changed field is kept in `key_history`.

    Returns how many were `added`, `changed` and `unchanged`. A last use never moves back.
    """
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    wanted = list(keys)
    for at in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[at : at + _AT_ONCE]
        rows, refs = _known(tx, chunk)
        for key in chunk:
            row = rows.get(key.key_id)
            if row is None:
                rows[key.key_id] = row = KeyRow(**_values(key))
                row.successor_by = EXPLICIT if key.successor else None
                tx.add(row)
                note(tx, key.key_id, now, "key", (None, "added"))
                counts["added"] += 1
            else:
                turned = _rotated(tx, row, key, refs, now)
                changed = _update(tx, row, key, now)
                counts["changed" if changed or turned else "unchanged"] += 1
        tx.flush()  # references need their keys
        for ref, key_id in ((ref, key.key_id) for key in chunk for ref in key.key_refs):
            if ref not in refs:
                refs[ref] = KeyRefRow(key_ref=ref, key_id=key_id)
                tx.add(refs[ref])
            else:
                refs[ref].key_id = key_id
        tx.flush()
    return counts


EXPLICIT = "explicit"
"""`successor_by` of a successor that an inventory or a person named."""


def note(tx: Session, key_id: str, now: datetime, field: str, change: tuple[object, object]) -> None:
    """Keep a change of a key in its history: what was there before, and what is now."""
    before, after = map(_text, change)
    tx.add(KeyHistoryRow(key_id=key_id, at=now, field=field, before=before, after=after))


def _known(tx: Session, keys: Sequence[Key]) -> tuple[dict[str, KeyRow], dict[str, KeyRefRow]]:
    """The rows that there are of these keys, and of their references old and new."""
    ids, refs = [key.key_id for key in keys], [ref for key in keys for ref in key.key_refs]
    rows = {row.key_id: row for row in tx.scalars(select(KeyRow).where(KeyRow.key_id.in_(ids)))}
    found = {row.key_ref: row for row in tx.scalars(select(KeyRefRow).where(KeyRefRow.key_id.in_(ids)))}
    for at in range(0, len(refs), _AT_ONCE):
        some = KeyRefRow.key_ref.in_(refs[at : at + _AT_ONCE])
        found |= {row.key_ref: row for row in tx.scalars(select(KeyRefRow).where(some))}
    return rows, found


def _rotated(tx: Session, row: KeyRow, key: Key, refs: dict[str, KeyRefRow], now: datetime) -> bool:
    """Whether the key has another secret than before under the same id: its fingerprint of the same pepper differs."""
    new = {ref for ref in key.key_refs if ref.startswith("fp:")}
    heads = {ref.rpartition(":")[0] for ref in new}
    old = {ref for ref, one in refs.items() if one.key_id == row.key_id and ref.rpartition(":")[0] in heads}
    old = {ref for ref in old if ref.startswith("fp:")}
    if not new or not old or new & old:
        return False
    note(tx, row.key_id, now, "secret", (", ".join(sorted(old)), ", ".join(sorted(new))))
    if key.rotated_at is None:
        note(tx, row.key_id, now, "rotated_at", (row.rotated_at, now))
        row.rotated_at = now
    return True


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
    columns = [*_FIELDS, "key_refs", "first_seen", "last_seen", "last_success", "status_since"]
    lists: dict[str, list[object]] = {name: [] for name in columns}
    query = select(*(getattr(KeyRow, name) for name in _FIELDS)).order_by(KeyRow.key_id)
    key_at = _FIELDS.index("key_id")
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


def _values(key: Key) -> dict[str, object]:
    return {name: getattr(key, name) for name in _FIELDS if name not in _OURS} | {
        "scopes": list(key.scopes),
        "labels": dict(key.labels),
        "status": str(key.status),
    }


def _update(tx: Session, row: KeyRow, key: Key, now: datetime) -> bool:
    changed = False
    values = _values(key)
    if row.removed_at is not None:
        del values["status"]  # no source lists it any more: what a file says of it does not bring it back
    if _is_older(row.source_last_used_at, key.source_last_used_at):
        del values["source_last_used_at"], values["source_last_used_detail"]  # a last use never moves back
    if key.successor is not None:
        row.successor_by = EXPLICIT
    for name, value in values.items():
        before = getattr(row, name)
        if value in _UNSAID and name != "key_id":
            continue  # what an inventory does not say stays as another said it
        if before == value:
            continue
        setattr(row, name, value)
        if name in _TRACKED:
            changed = True
            note(tx, row.key_id, now, name, (before, value))
    return changed


def _is_older(before: datetime | None, told: datetime | None) -> bool:
    return before is not None and (told is None or told < before)


_UNSAID: tuple[object, ...] = (None, [], {}, str(KeyStatus.UNKNOWN))


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
