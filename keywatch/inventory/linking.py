"""A person says which key replaces another."""

from datetime import datetime

from keywatch.inventory.registering import link
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import UsageError
from store.handle import Transaction
from store.state import audit
from store.state.inventory import find_key
from store.state.successors import set_successor


def name_successor(workspace: Workspace, old: str, new: str | None, at: datetime) -> None:
    """Name the successor of a key (ids or names), or with None have it found anew. Raises UsageError."""
    with workspace.store.transaction() as tx:
        old_id, new_id = _id(tx, old), None if new is None else _id(tx, new)
        if old_id == new_id:
            msg = f"{old!r} and {new!r} are the same key."
            raise UsageError(msg, hint="Name them by their ids: keywatch keys list.")
        set_successor(tx, old_id, new_id, at)
        if new_id is None:
            link(tx, workspace.config.inventory.successors, at)
        audit.record(tx, at=at, actor=actor(), action="keys link", subject=old_id, detail={"successor": new_id})


def _id(tx: Transaction, key: str) -> str:
    found = find_key(tx, key)
    if found is None or found.key_id is None:
        msg = f"The inventory has no key {key!r}."
        raise UsageError(msg, hint="keywatch keys list")
    return found.key_id
