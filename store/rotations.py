"""The rotations of a key: what the inventory links, and what the logs say of both keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from model.rotation import BEFORE, Calls, Rotation, in_place, joined, rotation
from model.window import Window
from store.handle import Store
from store.queries.activity import last_use as used_within
from store.queries.frames import event_frame
from store.state.activity import activity_frame

_LONGEST: Final = timedelta(days=400)
"""An older rotation's calls are read this far back."""


def rotations(
    store: Store,
    rows: Mapping[str, Mapping[str, Any]],
    key_id: str,
    history: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    watched: bool,
) -> list[Rotation]:
    """The rotations that a key is the old or the new key of, and the latest one under its own id.

    `rows` are those of `plain_rows` of the whole inventory by key_id, `history` is the key's, the latest first;
    `watched`: logs are read that tell keys apart.
    """
    pairs = [(row, rows[row["successor"]]) for row in rows.values() if row["successor"] in rows]
    found = []
    for old, new in pairs:
        if key_id not in {old["key_id"], new["key_id"]} or old is new:
            continue
        issued = new["created_at"] or old["rotated_at"] or now
        since = max(min(issued, now) - BEFORE, now - _LONGEST)
        was, now_is = _calls(store, [old["key_refs"], new["key_refs"]], Window(since=since, until=now))
        found.append(rotation(old, new, was, now_is, now=now, watched=watched))
    turned = _in_place(store, rows[key_id], history)
    return [one for one in (*found, turned) if one is not None]


def _in_place(store: Store, row: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> Rotation | None:
    """The latest change of a key's secret under its own id."""
    change = next((one for one in history if one["field"] == "secret"), None)
    if row["rotated_at"] is None or (change is None and row["rotated_at"] == row["created_at"]):
        return None
    if change is None:
        return in_place(row, row["rotated_at"], None, None, known=False)
    with store.reading() as tx:
        activity = activity_frame(tx).set_index("key_ref")["last_success"].dropna()
    used = {ref: moment.to_pydatetime() for ref, moment in activity.items()}
    old, new = (
        max((used[ref] for ref in str(change[side] or "").split(", ") if ref in used), default=None)
        for side in ("before", "after")
    )
    return in_place(row, row["rotated_at"], old, new, known=True)


def _calls(store: Store, refs: Sequence[Sequence[str]], window: Window) -> list[Calls]:
    """What the logs say in a window of keys by their references."""
    wanted = [ref for several in refs for ref in several]
    with store.reader(window, only=wanted) as reader:
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


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values: None for what is missing, datetimes for moments."""
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in found
    ]
