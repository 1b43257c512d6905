"""All that is known of one key: its facts, last use, sources, history, rotations and exceptions."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from keywatch.inventory.last_use import last_use
from keywatch.workspace import Workspace
from store.rotations import of_key, plain_rows
from store.state import segments
from store.state.exceptions import KeyException, list_exceptions
from store.state.history import history_of, listings_of
from store.state.inventory import key_frame
from store.state.sources import source_frame


def key_rows(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """Every key with its last use and the exceptions that hold for it, by key_id."""
    with workspace.store.reading() as tx:
        rows = plain_rows(key_frame(tx))
        span = segments.span(tx)
        exceptions = [one for one in list_exceptions(tx) if one.holds(now)]
    for row in rows:
        used = last_use(row, span.since if span else None)
        labels = row["labels"] or {}
        row |= {"last_used_at": used.at, "last_used_by": used.told_by}
        row["ignored"] = [one.id for one in exceptions if one.about(row["key_id"], labels)]
    return rows


def portrait(workspace: Workspace, key_id: str, now: datetime) -> dict[str, Any]:
    """One key, as `keys show --json` prints it; `key_id` is in the inventory."""
    rows = {row["key_id"]: row for row in key_rows(workspace, now)}
    row = rows[key_id]
    with workspace.store.reading() as tx:
        history, listed = history_of(tx, key_id), listings_of(tx, key_id)
        exceptions = [one for one in list_exceptions(tx) if one.about(key_id, row["labels"] or {})]
        span = segments.span(tx)
        sources = source_frame(tx, now)
    used = last_use(row, span.since if span else None)
    watched = span is not None and bool(sources["reads_keys"].any())
    return {
        **row,
        "last_used": asdict(used),
        "listed_by": listed,
        "rotations": [asdict(one) for one in of_key(workspace.store, rows, key_id, now, watched=watched)],
        "exceptions": [_exception(one, now) for one in exceptions],
        "history": history,
    }


def _exception(one: KeyException, now: datetime) -> dict[str, Any]:
    return {name: getattr(one, name) for name in KeyException.__slots__} | {"holds": one.holds(now)}
