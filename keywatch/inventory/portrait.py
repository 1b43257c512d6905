"""All that is known of one key: its facts, last use, sources, history, rotations and exceptions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from keywatch.inventory.last_use import last_use
from keywatch.inventory.rotation import BEFORE, Calls, Rotation, in_place, joined, rotation
from keywatch.workspace import Workspace
from model.window import Window
from store.queries.activity import last_use as used_within
from store.queries.frames import event_frame
from store.state import segments
from store.state.activity import activity_frame
from store.state.exceptions import KeyException, list_exceptions
from store.state.history import history_of, listings_of
from store.state.inventory import key_frame
from store.state.sources import source_frame

_LONGEST: Final = timedelta(days=400)
"""An older rotation's calls are read this far back."""


def key_rows(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """Every key with its last use and the exceptions that hold for it, by key_id."""
    with workspace.store.reading() as tx:
        rows = _plain(key_frame(tx))
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
        "rotations": [asdict(one) for one in _rotations(workspace, rows, key_id, history, now, watched=watched)],
        "exceptions": [_exception(one, now) for one in exceptions],
        "history": history,
    }


def _rotations(
    workspace: Workspace,
    rows: Mapping[str, dict[str, Any]],
    key_id: str,
    history: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    watched: bool,
) -> list[Rotation]:
    pairs = [(row, rows[row["successor"]]) for row in rows.values() if row["successor"] in rows]
    found = []
    for old, new in pairs:
        if key_id not in {old["key_id"], new["key_id"]} or old is new:
            continue
        issued = new["created_at"] or old["rotated_at"] or now
        since = max(min(issued, now) - BEFORE, now - _LONGEST)
        was, now_is = _calls(workspace, [old["key_refs"], new["key_refs"]], Window(since=since, until=now))
        found.append(rotation(old, new, was, now_is, now=now, watched=watched))
    turned = _in_place(workspace, rows[key_id], history)
    return [one for one in (*found, turned) if one is not None]


def _in_place(workspace: Workspace, row: dict[str, Any], history: Sequence[Mapping[str, Any]]) -> Rotation | None:
    """The latest change of a key's secret under its own id."""
    change = next((one for one in history if one["field"] == "secret"), None)
    if row["rotated_at"] is None or (change is None and row["rotated_at"] == row["created_at"]):
        return None
    if change is None:
        return in_place(row, row["rotated_at"], None, None, known=False)
    with workspace.store.reading() as tx:
        activity = activity_frame(tx).set_index("key_ref")["last_success"].dropna()
    used = {ref: moment.to_pydatetime() for ref, moment in activity.items()}
    old, new = (
        max((used[ref] for ref in str(change[side] or "").split(", ") if ref in used), default=None)
        for side in ("before", "after")
    )
    return in_place(row, row["rotated_at"], old, new, known=True)


def _calls(workspace: Workspace, refs: Sequence[Sequence[str]], window: Window) -> list[Calls]:
    """What the logs say in a window of keys by their references."""
    wanted = [ref for several in refs for ref in several]
    with workspace.store.reader(window, only=wanted) as reader:
        places = event_frame("network_days", reader, window, timedelta(0))
        totals = used_within(reader, window)
    by_ref: dict[str, Calls] = {}
    for ref in wanted:
        mine = places[(places["key_ref"] == ref) & (places["ok"] > 0)].dropna(subset=["network"])
        spans = mine.groupby("network")[["first_seen", "last_seen"]].agg({"first_seen": "min", "last_seen": "max"})
        networks = {
            str(place): (first.to_pydatetime(), last.to_pydatetime())
            for place, first, last in spans.itertuples(name=None)
        }
        total = totals[totals["key_ref"] == ref]
        by_ref[ref] = Calls(
            networks=networks,
            requests=int(total["requests"].sum()),
            refused=int(total["unauthorized"].sum() + total["forbidden"].sum()),
            first_success=min((first for first, _ in networks.values()), default=None),
        )
    return [joined(by_ref[ref] for ref in several) for several in refs]


def _exception(one: KeyException, now: datetime) -> dict[str, Any]:
    return {name: getattr(one, name) for name in KeyException.__slots__} | {"holds": one.holds(now)}


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in found
    ]
