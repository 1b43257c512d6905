"""Keys into the inventory, and what the logs had already seen of them."""

from collections.abc import Sequence
from datetime import datetime

from detectors.generic_name import says_nothing
from ingest.inventory.successors import Candidate, links
from keywatch.workspace import Workspace
from model.actor import actor
from model.key import Key, KeyStatus
from store.handle import Transaction
from store.state import audit, inventory, listings, successors
from store.unfolding import Unfolding


def register(
    workspace: Workspace, keys: Sequence[Key], *, where: str, now: datetime, synced: bool = False
) -> dict[str, int]:
    """Save keys; returns how many were added, changed and unchanged, and of how many the successor was found.

    `synced`: they are all that the source `where` lists, so those that it listed before are removed (counted too).
    References that are new to the store are unfolded in what was ingested before, so the order of `keywatch ingest`
    and `keywatch keys import` makes no difference. The caller holds the workspace's lock.
    """
    store = workspace.store
    with store.reading() as tx:
        known = inventory.known_refs(tx)
    fresh = sorted({ref for key in keys for ref in key.key_refs} - set(known))
    unfolding = Unfolding(store, fresh, known)
    while True:
        unfolding.look(now)
        with store.transaction() as tx:
            if unfolding.finish(tx, now):
                return _save(tx, workspace, keys, where=where, now=now, synced=synced)


def _save(
    tx: Transaction, workspace: Workspace, keys: Sequence[Key], *, where: str, now: datetime, synced: bool
) -> dict[str, int]:
    gone = listings.keep_listings(tx, where, {key.key_id for key in keys}, now) if synced else {}
    counts = inventory.save_keys(tx, keys, now) | gone
    counts["linked"] = link(tx, workspace.config.inventory.successors, now)
    if synced:
        listings.note_complete(tx, where, len(keys), now)
    if not synced or any(count for what, count in counts.items() if what != "unchanged"):
        action = "keys sync" if synced else "keys import"
        audit.record(tx, at=now, actor=actor(), action=action, subject=where, detail=dict(counts))
    return counts


def link(tx: Transaction, ways: Sequence[str], now: datetime) -> int:
    """Find the successors that nobody named, anew; returns how many changed."""
    keys = [
        Candidate(
            key_id=row["key_id"],
            name=row["name"],
            owner=row["owner"],
            environment=row["environment"],
            labels=row["labels"],
            created_at=row["created_at"],
            living=row["status"] in _LIVING,
        )
        for row in successors.candidates(tx)
    ]
    return successors.save_links(tx, links(keys, ways, says_nothing), now)


_LIVING = frozenset({str(KeyStatus.ACTIVE), str(KeyStatus.UNKNOWN)})
