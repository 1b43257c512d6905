"""Keys on their way into the inventory, some hundred at once: what is known of them, and what is to be written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from model.key import Key, KeyStatus
from store.state.schema import Base, KeyHistoryRow, KeyRefRow, KeyRow

FIELDS: Final = tuple(column.key for column in KeyRow.__table__.columns)
_OURS = frozenset({"removed_at", "successor_by"})
"""What no inventory tells: the store finds it."""
_USES = frozenset({"source_last_used_at", "source_last_used_detail", "telemetry_since"})
_TRACKED = frozenset(name for name in FIELDS if name not in {"key_id", "pulled_at", "source", *_USES, *_OURS})
AT_ONCE = 500
EXPLICIT = "explicit"
"""`successor_by` of a successor that an inventory or a person named."""


class Batch:
    """Some keys on their way: what is known of them, and what is to be written."""

    def __init__(self, now: datetime, rows: dict[str, dict[str, object]], refs: dict[str, str]) -> None:
        self._now, self._rows, self._refs = now, rows, refs
        self._owned: dict[str, set[str]] = {}
        for ref, key_id in refs.items():
            self._owned.setdefault(key_id, set()).add(ref)
        self._added: dict[str, dict[str, object]] = {}
        self._moved: dict[str, dict[str, object]] = {}
        self._new_refs: dict[str, str] = {}
        self._moved_refs: dict[str, str] = {}
        self._history: list[dict[str, object]] = []

    def take(self, key: Key) -> str:
        """Note what a key changes; returns which count it belongs to."""
        row = self._rows.get(key.key_id)
        if row is None:
            row = _values(key) | {"successor_by": EXPLICIT if key.successor else None, "removed_at": None}
            self._rows[key.key_id] = self._added[key.key_id] = row
            self._note(key.key_id, "key", (None, "added"))
            told = "added"
        else:
            turned = self._rotated(row, key)
            told = "changed" if self._update(row, key) or turned else "unchanged"
        for ref in key.key_refs:
            self._own(ref, key.key_id)
        return told

    def write(self, tx: Session) -> None:
        """Write it all; keys before their references."""
        _insert(tx, KeyRow, list(self._added.values()))
        _update_by_key(tx, KeyRow, "key_id", self._moved)
        _insert(tx, KeyRefRow, [{"key_ref": ref, "key_id": key_id} for ref, key_id in self._new_refs.items()])
        _update_by_key(tx, KeyRefRow, "key_ref", {ref: {"key_id": owner} for ref, owner in self._moved_refs.items()})
        _insert(tx, KeyHistoryRow, self._history)

    def _own(self, ref: str, key_id: str) -> None:
        before = self._refs.get(ref)
        if before == key_id:
            return
        self._refs[ref] = key_id
        fresh = before is None or ref in self._new_refs
        (self._new_refs if fresh else self._moved_refs)[ref] = key_id

    def _rotated(self, row: dict[str, object], key: Key) -> bool:
        """Whether the key has another secret than before under the same id: its fingerprint of the pepper differs."""
        new = {ref for ref in key.key_refs if ref.startswith("fp:")}
        heads = {ref.rpartition(":")[0] for ref in new}
        mine = (ref for ref in self._owned.get(key.key_id, ()) if ref.startswith("fp:"))
        old = {ref for ref in mine if ref.rpartition(":")[0] in heads}
        if not new or not old or new & old:
            return False
        self._note(key.key_id, "secret", (", ".join(sorted(old)), ", ".join(sorted(new))))
        if key.rotated_at is None:
            self._put(row, key.key_id, "rotated_at", self._now)
        return True

    def _update(self, row: dict[str, object], key: Key) -> bool:
        changed = False
        values = _values(key)
        if row["removed_at"] is not None:
            del values["status"]  # no source lists it any more: what a file says of it does not bring it back
        if _is_older(row["source_last_used_at"], key.source_last_used_at):
            del values["source_last_used_at"], values["source_last_used_detail"]  # a last use never moves back
        if key.successor is not None:
            values["successor_by"] = EXPLICIT
        for name, value in values.items():
            if value in _UNSAID or name == "key_id":
                continue  # what an inventory does not say stays as another said it
            if row[name] != value:
                changed = self._put(row, key.key_id, name, value) or changed
        return changed

    def _put(self, row: dict[str, object], key_id: str, name: str, value: object) -> bool:
        """Set a column; returns whether its changes are kept."""
        before, row[name] = row[name], value
        if key_id not in self._added:
            self._moved.setdefault(key_id, {})[name] = value
        if name in _TRACKED:
            self._note(key_id, name, (before, value))
        return name in _TRACKED

    def _note(self, key_id: str, field: str, change: tuple[object, object]) -> None:
        before, after = map(as_text, change)
        self._history.append({"key_id": key_id, "at": self._now, "field": field, "before": before, "after": after})


def _insert(tx: Session, table: type[Base], rows: list[dict[str, object]]) -> None:
    if rows:
        tx.execute(insert(table), rows)


def _update_by_key(tx: Session, table: type[Base], key: str, moved: dict[str, dict[str, object]]) -> None:
    """UPDATE by primary key, together where the same columns change."""
    by_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for value, changes in moved.items():
        by_columns.setdefault(tuple(sorted(changes)), []).append({key: value, **changes})
    for rows in by_columns.values():
        tx.execute(update(table), rows)


def known(tx: Session, keys: Sequence[Key]) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    """The columns that there are of these keys, and whose their references are, old and new."""
    ids, refs = [key.key_id for key in keys], [ref for key in keys for ref in key.key_refs]
    columns = [getattr(KeyRow, name) for name in FIELDS]
    found = tx.execute(select(*columns).where(KeyRow.key_id.in_(ids)))
    rows: dict[str, dict[str, object]] = {row.key_id: dict(zip(FIELDS, row, strict=True)) for row in found}
    pairs = select(KeyRefRow.key_ref, KeyRefRow.key_id)
    owned = {row.key_ref: row.key_id for row in tx.execute(pairs.where(KeyRefRow.key_id.in_(ids)))}
    for at in range(0, len(refs), AT_ONCE):
        some = KeyRefRow.key_ref.in_(refs[at : at + AT_ONCE])
        owned |= {row.key_ref: row.key_id for row in tx.execute(pairs.where(some))}
    return rows, owned


def _values(key: Key) -> dict[str, object]:
    return {name: getattr(key, name) for name in FIELDS if name not in _OURS} | {
        "scopes": list(key.scopes),
        "labels": dict(key.labels),
        "status": str(key.status),
    }


def _is_older(before: object, told: datetime | None) -> bool:
    return isinstance(before, datetime) and (told is None or told < before)


_UNSAID: tuple[object, ...] = (None, [], {}, str(KeyStatus.UNKNOWN))


def as_text(value: object) -> str | None:
    """A value as a history keeps it."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
