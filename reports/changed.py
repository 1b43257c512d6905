"""What changed in the period: the inventory's history, and the audit log."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from reports.trail import ChangeEntry

if TYPE_CHECKING:
    from reports.reading import State


def changes(state: "State") -> tuple[ChangeEntry, ...]:
    """All of them, the oldest first."""
    found = state.history + [_of_log(row) for row in state.log]
    return tuple(sorted(found, key=lambda one: (one.at, one.what, one.subject, one.field or "")))


def of_key(row: Mapping[str, object], names: Mapping[object, object]) -> ChangeEntry:
    """A row of `store.state.history.changes`; `names` has each key's."""
    added = row["field"] == "key"
    return ChangeEntry(
        at=_moment(row["at"]),
        actor=None,
        what=f"key {row['after']}" if added else "key changed",
        subject=str(row["key_id"]),
        name=_text(names.get(row["key_id"])),
        field=None if added else str(row["field"]),
        before=_text(row["before"]),
        after=None if added else _text(row["after"]),
    )


def _of_log(row: Mapping[str, object]) -> ChangeEntry:
    detail = row["detail"]
    return ChangeEntry(
        at=_moment(row["at"]),
        actor=str(row["actor"]),
        what=str(row["action"]),
        subject=str(row["subject"]),
        after=json.dumps(detail, sort_keys=True, ensure_ascii=False) if detail else None,
    )


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(value)
    return value


def _text(value: object) -> str | None:
    return str(value) if value is not None and value == value and value != "" else None  # noqa: PLR0124 (NaN)
