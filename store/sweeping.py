"""Sweeping: files that no manifest knows go: of writers that died, and of segments that went into others long ago."""

from collections.abc import Callable
from datetime import datetime

from store.compaction import GRACE
from store.events.files import Stored
from store.handle import Store
from store.state import leases, segments


def sweep_alone(store: Store, now: datetime) -> list[Stored]:
    """Remove all that no manifest knows. The caller holds the lock of the workspace, so nobody is writing."""
    return _sweep(store, now, lambda _: True)


def sweep_shared(store: Store, now: datetime) -> list[Stored]:
    """The same where others write: only what is older than GRACE.

    A writer has a lease, which it renews. Who let one run out is fenced before anything goes, and writes nothing more.
    """
    with store.transaction() as tx:
        leases.fence_expired(tx)
    before = f"{now - GRACE:%Y%m%dT%H%M%S}"
    return _sweep(store, now, lambda one: one.segment < before)


def _sweep(store: Store, now: datetime, chosen: Callable[[Stored], bool]) -> list[Stored]:
    there = [one for one in store.files.stored() if chosen(one)]
    with store.reading() as tx:  # behind the listing: what became visible meanwhile is known
        live = segments.ids(tx, merged_after=now - GRACE)
    orphans = [one for one in there if one.segment not in live]
    for one in orphans:
        store.files.remove_stored(one)
    return orphans
