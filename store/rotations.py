"""Rotations: what the inventory links, and what the logs say of both keys, of many pairs in one pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from model.rotation import BEFORE, Calls, Rotation, Row, in_place, joined, rotation
from model.window import Window
from store.handle import Store
from store.queries.activity import last_use as used_within
from store.queries.frames import event_frame
from store.state.activity import activity_frame
from store.state.history import secret_changes

_LONGEST: Final = timedelta(days=400)
"""An older rotation's calls are read this far back."""
_SEEN: Final = ("first_seen", "last_seen", "last_success", "source_last_used_at")
Pair = tuple[Row, Row]
"""The old key's row and the new one's."""


def of_key(store: Store, rows: Mapping[str, Row], key_id: str, now: datetime, *, watched: bool) -> list[Rotation]:
    """The rotations that a key is the old or the new key of, and the latest one under its own id.

    `rows` are those of `plain_rows` of the whole inventory by key_id; `watched`: logs are read that tell keys apart.
    """
    pairs = [(row, rows[row["successor"]]) for row in rows.values() if row["successor"] in rows]
    mine = [(old, new) for old, new in pairs if key_id in {old["key_id"], new["key_id"]} and old is not new]
    return [*between(store, mine, now, watched=watched), *turned(store, [rows[key_id]])]


def between(store: Store, pairs: Sequence[Pair], now: datetime, *, watched: bool) -> list[Rotation]:
    """The rotations of pairs (old, new) of rows of `key_frame`; those whose new key has no date are left out."""
    begins = [max(min(issued(old, new) or now, now) - BEFORE, now - _LONGEST) for old, new in pairs]
    if not begins:
        return []
    refs = [ref for pair in pairs for row in pair for ref in row["key_refs"]]
    calls = _reading(store, sorted(set(refs)), Window(since=min(begins), until=now))
    found = []
    for (old, new), since in zip(pairs, begins, strict=True):
        was, now_is = (joined(calls(ref, since) for ref in row["key_refs"]) for row in (old, new))
        found.append(rotation(_as_of(old, was, now), _as_of(new, now_is, now), was, now_is, now=now, watched=watched))
    return [one for one in found if one is not None]


def turned(store: Store, rows: Sequence[Row]) -> Iterator[Rotation]:
    """The latest rotation in place of each key that had one: another secret under the same id."""
    with store.reading() as tx:
        changes = secret_changes(tx, [str(row["key_id"]) for row in rows])
        activity = activity_frame(tx).set_index("key_ref")["last_success"].dropna() if changes else pd.Series()
    for row in rows:
        change = changes.get(str(row["key_id"]))
        if row["rotated_at"] is None or (change is None and row["rotated_at"] == row["created_at"]):
            continue
        sides = [str((change or {}).get(side) or "").split(", ") for side in ("before", "after")]
        old, new = (
            max((activity[ref].to_pydatetime() for ref in refs if ref in activity.index), default=None)
            for refs in sides
        )
        yield in_place(row, row["rotated_at"], old, new, known=change is not None)


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, with None for what is missing and plain datetimes."""
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in found
    ]


def issued(old: Row, new: Row) -> datetime | None:
    """When a rotation began."""
    found: datetime | None = new["created_at"] or old["rotated_at"]
    return found


def _as_of(row: Row, calls: Calls, at: datetime) -> Row:
    """The row as it was at a moment: what is later is not known, and the calls say what was before."""
    if not any(row[name] is not None and row[name] > at for name in _SEEN):
        return row
    known = {name: row[name] if row[name] is not None and row[name] <= at else None for name in _SEEN}
    latest = max((last for _, last in calls.networks.values()), default=None)
    return {**row, **known, "last_success": known["last_success"] or latest, "last_seen": known["last_seen"] or latest}


def _reading(store: Store, refs: Sequence[str], window: Window) -> Callable[[str, datetime], Calls]:
    """What the logs say in a window of each reference, by reference and from when on its networks are looked at."""
    with store.reader(window, only=refs) as reader:
        places = event_frame("network_days", reader, window, timedelta(0))
        totals = used_within(reader, window)
    good = places[(places["ok"] > 0) & places["network"].notna()]
    spans = {ref: mine[["network", "first_seen", "last_seen"]] for ref, mine in good.groupby("key_ref")}
    counted = {
        ref: Calls(requests=int(requests), refused=int(unauthorized + forbidden))
        for ref, requests, unauthorized, forbidden in totals[
            ["key_ref", "requests", "unauthorized", "forbidden"]
        ].itertuples(index=False, name=None)
    }

    def calls(ref: str, since: datetime) -> Calls:
        networks: dict[str, tuple[datetime, datetime]] = {}
        for place, first, last in spans[ref].itertuples(index=False, name=None) if ref in spans else ():
            if last >= since:
                known = networks.get(str(place), (first.to_pydatetime(), last.to_pydatetime()))
                networks[str(place)] = min(known[0], first.to_pydatetime()), max(known[1], last.to_pydatetime())
        first_success = min((first for first, _ in networks.values()), default=None)
        return replace(counted.get(ref, Calls()), networks=networks, first_success=first_success)

    return calls
