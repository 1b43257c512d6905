"""Rotations as a report has them: those that began, were under way or ended in its window."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from keywatch.workspace import Workspace
from model.rotation import Rotation, Row, ended
from model.window import Window
from reports.trail import RotationEntry
from store.rotations import between, issued, plain_rows, turned
from store.state.sources import source_frame


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
    found = between(workspace.store, [pair for pair in pairs if _matters(*pair, judged)], at, watched=watched)
    found += turned(workspace.store, [rows[str(key_id)] for key_id in named.index[renewed]])
    entries = [_entry(one, rows, at) for one in found]
    return tuple(sorted(entries, key=lambda one: (one.state == "completed", one.issued_at, one.old, one.new)))


def _matters(old: Row, new: Row, judged: Window) -> bool:
    """The new key was there, and the rotation was not over before the window."""
    began, over = issued(old, new), ended(old, judged.until)
    if began is None or began > judged.until:
        return False
    return over is None or over >= judged.since or began >= judged.since


def _entry(one: Rotation, rows: Mapping[str, Row], at: datetime) -> RotationEntry:
    step, clients, test, revoke = one.steps
    old, new, since = rows[one.old], rows[one.new], step.at or at
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
