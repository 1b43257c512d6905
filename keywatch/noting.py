"""What people and keywatch itself do, noted in the audit log; the config too, whenever it is another one."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from keywatch.reporting.taking import thresholds
from keywatch.workspace import Workspace
from model.actor import actor
from store.state import audit

CONFIG = "config changed"
_DIGITS = 12


def note(workspace: Workspace, action: str, subject: str, *, at: datetime, **detail: object) -> None:
    """Write one row, in a transaction of its own."""
    with workspace.store.transaction() as tx:
        audit.record(tx, at=at, actor=actor(), action=action, subject=subject, detail=detail)


def note_config(workspace: Workspace, at: datetime) -> None:
    """Write a row when the config differs from the one that was noted last: which tables, and which thresholds.

    Of a table only a keyed mark is kept, since it may hold addresses and secrets; thresholds stand as they are.
    """
    marks, settings = _marks(workspace), dict(_flat(thresholds(workspace)))
    with workspace.store.reading() as tx:
        before = audit.latest(tx, CONFIG)
    if before is not None and (before.get("marks"), before.get("settings")) == (marks, settings):
        return
    changed = sorted(name for name, mark in marks.items() if before and _of(before, "marks").get(name) != mark)
    moved = {
        name: [_of(before, "settings").get(name), settings.get(name)]
        for name in sorted({*settings, *_of(before, "settings")})
        if before and _of(before, "settings").get(name) != settings.get(name)
    }
    detail = {"tables": changed, "thresholds": moved, "first": before is None}
    note(workspace, CONFIG, "keywatch.toml", at=at, **detail, marks=marks, settings=settings)


def _marks(workspace: Workspace) -> dict[str, str]:
    tables = workspace.config.model_dump(mode="json")
    return {
        name: hmac.new(
            workspace.audit_key, json.dumps(tables[name], sort_keys=True).encode(), hashlib.sha256
        ).hexdigest()[:_DIGITS]
        for name in sorted(tables)
    }


def _of(row: Mapping[str, object] | None, name: str) -> Mapping[str, object]:
    found = row.get(name) if row else None
    return found if isinstance(found, dict) else {}


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
