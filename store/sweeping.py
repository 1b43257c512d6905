"""Sweeping: what no manifest knows goes: of writers that died, and of segments that went into others long ago."""

from collections.abc import Callable
from datetime import datetime

from store.compaction import GRACE
from store.handle import Store
from store.state import intents, leases, segments


def sweep_alone(store: Store, now: datetime) -> set[str]:
    """Remove all that no manifest knows; returns the segments' ids.

    The caller holds the lock of the workspace, so nobody is writing.
    """
    return _sweep(store, now, lambda _: True)


def sweep_shared(store: Store, now: datetime) -> set[str]:
    """The same where others write: only what is older than GRACE.

    A writer has a lease, which it renews. Who let one run out is fenced before anything goes, and writes nothing more.
    """
    with store.transaction() as tx:
        leases.fence_expired(tx)
    before = f"{now - GRACE:%Y%m%dT%H%M%S}"
    return _sweep(store, now, lambda one: one < before)


def _sweep(store: Store, now: datetime, chosen: Callable[[str], bool]) -> set[str]:
    there = {one for one in store.events.stored() if chosen(one)}
    with store.reading() as tx:  # behind the listing: what became visible meanwhile is known
        live = segments.ids(tx, merged_after=now - GRACE)
        left = {one.id for one in intents.intents(tx) if chosen(one.id)}
    orphans = there - live
    if orphans:
        store.events.remove(orphans)
    if left:
        with store.transaction() as tx:
            intents.fulfil(tx, left)
    return orphans
