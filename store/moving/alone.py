"""That nobody else works while a store is moved: what they wrote after it was copied would be lost."""

from sqlalchemy import func, select

from model.errors import WorkspaceLocked
from store.handle import Store, Transaction
from store.state.schema import LeaseRow


def require_alone(store: Store, mine: str) -> None:
    """Raise WorkspaceLocked when a process has a lease on other work; on SQLite the workspace's lock suffices."""
    if store.state.dialect.name == "sqlite":
        return
    with store.reading() as tx:
        other = _holder(tx, mine)
    if other is not None:
        host, pid = other[1].split(":")[:2]
        msg = f"Another keywatch does {other[0]}: process {pid} on {host}."
        raise WorkspaceLocked(msg, hint="Stop all workers first; nothing was changed.")


def _holder(tx: Transaction, mine: str) -> tuple[str, str] | None:
    held = select(LeaseRow.name, LeaseRow.holder).where(
        LeaseRow.expires_at > func.now(), LeaseRow.name != mine, LeaseRow.holder.contains(":")
    )
    row = tx.execute(held.limit(1)).first()
    return None if row is None else (row[0], row[1])
