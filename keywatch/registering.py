"""Keys into the inventory, and what the logs had already seen of them."""

from collections.abc import Sequence
from datetime import datetime

from keywatch.workspace import Workspace
from model.actor import actor
from model.key import Key
from store.events.damage import told_of_damage
from store.events.reseal import reseal
from store.state import audit, inventory, segments


def register(workspace: Workspace, keys: Sequence[Key], *, where: str, now: datetime) -> dict[str, int]:
    """Save keys; returns how many were added, changed and unchanged.

    References that are new to the store are unfolded in what was ingested before, so the order of `keywatch ingest`
    and `keywatch keys import` makes no difference. The caller holds the workspace's lock.
    """
    store = workspace.store
    with store.reading() as tx:
        known = inventory.known_refs(tx)
        manifest = [one for one in segments.overlapping(tx, None) if one.events_dropped_at is None]
    fresh = sorted({ref for key in keys for ref in key.key_refs} - set(known))
    with told_of_damage(store.events_root):
        seen = reseal(store.events_root, manifest, fresh, known)
    with store.transaction() as tx:
        counts = inventory.save_keys(tx, keys, now)
        inventory.save_activity(tx, seen)
        audit.record(tx, at=now, actor=actor(), action="keys import", subject=where, detail=dict(counts))
    return counts
