"""Rotations of many keys at once: what the logs say of each pair, read in one pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from keywatch.inventory.rotation import BEFORE, Calls, Rotation, Row, ended, in_place, joined, rotation
from keywatch.workspace import Workspace
from model.window import Window
from reports.trail import RotationEntry
from store.queries.activity import last_use as used_within
from store.queries.frames import event_frame
from store.state.activity import activity_frame
from store.state.history import secret_changes
from store.state.sources import source_frame

_LONGEST: Final = timedelta(days=400)
"""An older rotation's calls are read this far back."""
_SEEN: Final = ("first_seen", "last_seen", "last_success", "source_last_used_at")
Pair = tuple[Row, Row]


def between(workspace: Workspace, pairs: Sequence[Pair], now: datetime, *, watched: bool) -> list[Rotation]:
    """The rotations of pairs (old, new) of rows of `key_frame`; those whose new key has no date are left out."""
    begins = [max(min(_issued(old, new) or now, now) - BEFORE, now - _LONGEST) for old, new in pairs]
    if not begins:
        return []
    refs = [ref for pair in pairs for row in pair for ref in row["key_refs"]]
    calls = _reading(workspace, sorted(set(refs)), Window(since=min(begins), until=now))
    found = []
    for (old, new), since in zip(pairs, begins, strict=True):
        was, now_is = (joined(calls(ref, since) for ref in row["key_refs"]) for row in (old, new))
        found.append(rotation(_as_of(old, was, now), _as_of(new, now_is, now), was, now_is, now=now, watched=watched))
    return [one for one in found if one is not None]


def turned(workspace: Workspace, rows: Sequence[Row]) -> Iterator[Rotation]:
    """The latest rotation in place of each key that had one: another secret under the same id."""
    with workspace.store.reading() as tx:
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


def in_window(workspace: Workspace, keys: pd.DataFrame, judged: Window) -> tuple[RotationEntry, ...]:
    """Rotations that began, were under way or ended in a window, as of its end, for a report.

    `keys` is a `key_frame`. Those that are not completed come first, then by the issue of the new key.
    """
    at = judged.until
    named = keys.set_index("key_id", drop=False)
    successors = named["successor"].dropna()
    chosen = successors[successors.isin(named.index) & (successors != successors.index)]
    # Of a hundred thousand keys the few that were rotated become dictionaries.
    dated = named["rotated_at"]
    renewed = dated.notna() & (dated > judged.since) & (dated <= at) & (dated != named["created_at"])
    wanted = named.loc[sorted({*chosen.index, *chosen, *named.index[renewed]})]
    rows = {str(row["key_id"]): row for row in plain_rows(wanted)}
    pairs = [(rows[str(old)], rows[str(new)]) for old, new in chosen.items()]
    with workspace.store.reading() as tx:
        watched = bool(source_frame(tx, at)["reads_keys"].any())
    found = between(workspace, [pair for pair in pairs if _matters(*pair, judged)], at, watched=watched)
    found += turned(workspace, [rows[str(key_id)] for key_id in named.index[renewed]])
    entries = [_entry(one, rows, at) for one in found]
    return tuple(sorted(entries, key=lambda one: (one.state == "completed", one.issued_at, one.old, one.new)))


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, with None for what is missing and plain datetimes."""
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in found
    ]


def _issued(old: Row, new: Row) -> datetime | None:
    found: datetime | None = new["created_at"] or old["rotated_at"]
    return found


def _matters(old: Row, new: Row, judged: Window) -> bool:
    """The new key was there, and the rotation was not over before the window."""
    issued, over = _issued(old, new), ended(old, judged.until)
    if issued is None or issued > judged.until:
        return False
    return over is None or over >= judged.since or issued >= judged.since


def _as_of(row: Row, calls: Calls, at: datetime) -> Row:
    """The row as it was at a moment: what is later is not known, and the calls say what was before."""
    if not any(row[name] is not None and row[name] > at for name in _SEEN):
        return row
    known = {name: row[name] if row[name] is not None and row[name] <= at else None for name in _SEEN}
    latest = max((last for _, last in calls.networks.values()), default=None)
    return {**row, **known, "last_success": known["last_success"] or latest, "last_seen": known["last_seen"] or latest}


def _entry(one: Rotation, rows: Mapping[str, Row], at: datetime) -> RotationEntry:
    issued, clients, test, revoke = one.steps
    old, new, since = rows[one.old], rows[one.new], issued.at or at
    until = revoke.at if one.state == "completed" and revoke.at else at
    return RotationEntry(
        old=one.old,
        old_name=old["name"],
        new=one.new,
        new_name=new["name"],
        owner=new["owner"] or old["owner"],
        environment=new["environment"] or old["environment"],
        linked_by=one.linked_by,
        state=one.state,
        issued_at=since,
        days=max((until - since).days, 0),
        clients=clients.state,
        clients_say=clients.says,
        test=test.state,
        test_says=test.says,
        revoke=revoke.state,
        revoke_says=revoke.says,
        revoked_at=revoke.at,
    )


def _reading(workspace: Workspace, refs: Sequence[str], window: Window) -> Callable[[str, datetime], Calls]:
    """What the logs say in a window of each reference, by reference and from when on its networks are looked at."""
    with workspace.store.reader(window, only=refs) as reader:
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
