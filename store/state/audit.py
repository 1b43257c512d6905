"""The audit log: append-only, each row's hash is keyed and covers the row before it; `store.state.chain` checks it."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.state.schema import AuditHeadRow, AuditRow

if TYPE_CHECKING:
    import pandas as pd

GENESIS: Final = "0" * 64
"""What the first row follows."""
KEY: Final = "audit_key"
"""Under this name a transaction knows where the key comes from."""
COLUMNS: Final = ("seq", "at", "actor", "action", "subject", "detail")
_LOCK: Final = 0x6B657977
"""PostgreSQL's advisory lock: two rows at a time would both follow the same one."""

KeySource = Callable[[], bytes]
"""Gives the key when a row is written or checked, and not before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The log's newest row at a moment; kept outside of the database it shows what was cut off or written anew."""

    seq: int
    hash: str


def record(
    tx: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append who did what to what; part of the transaction that does it."""
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = tx.scalars(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)).first()
    head = tx.get(AuditHeadRow, 1, populate_existing=True)
    row = AuditRow(
        # Beyond the mark of the end too: rows that were cut off stay missing, whatever is written after them.
        seq=max(last.seq if last else 0, head.seq if head else 0) + 1,
        at=at.astimezone(UTC),  # as it is read back; the hash covers its text
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
        previous=last.hash if last else GENESIS,
    )
    key = key_of(tx)
    row.mac_key = name_of(key)
    row.hash = digest(key, row.previous, body(row))
    tx.add(row)
    tx.flush()
    tx.merge(AuditHeadRow(id=1, seq=row.seq, hash=row.hash, mac=head_mac(key, row.seq, row.hash)))
    tx.flush()


def checkpoint(tx: Session) -> Checkpoint | None:
    """The newest row; None for an empty log."""
    last = tx.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)).first()
    return Checkpoint(seq=last[0], hash=last[1]) if last else None


def entries(
    tx: Session, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Mapping[str, object]]:
    """The rows of [since, until), the oldest first, by the names of COLUMNS."""
    query = select(*(getattr(AuditRow, name) for name in COLUMNS)).order_by(AuditRow.seq)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield dict(zip(COLUMNS, row, strict=True))


def audit_frame(tx: Session, limit: int = 500, *, subject: str | None = None) -> "pd.DataFrame":
    """The newest rows first: seq, at, actor, action, subject, detail; of all subjects, or of one."""
    import pandas as pd

    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    return pd.DataFrame([[getattr(row, n) for n in COLUMNS] for row in tx.scalars(query)], columns=list(COLUMNS))


def latest(tx: Session, action: str) -> Mapping[str, object] | None:
    """The detail of the newest row of that action; None when there is none."""
    query = select(AuditRow.detail).where(AuditRow.action == action).order_by(AuditRow.seq.desc()).limit(1)
    return tx.scalars(query).first()


def last(tx: Session, action: str) -> datetime | None:
    """When that action was noted last; None when it never was."""
    query = select(AuditRow.at).where(AuditRow.action == action).order_by(AuditRow.seq.desc()).limit(1)
    return tx.scalars(query).first()


def key_of(tx: Session) -> bytes:
    """The key of the transaction's store; empty when that was opened without one."""
    source: KeySource | None = tx.info.get(KEY)
    return source() if source else b""


def name_of(key: bytes) -> str:
    """Eight hex digits that tell one key from another and say nothing of it; empty for no key."""
    return hmac.new(key, b"name", hashlib.sha256).hexdigest()[:8] if key else ""


def body(row: AuditRow, *, seq: int | None = None) -> dict[str, object]:
    """What a row's hash covers beside the hash before it; `seq` takes it for another row."""
    named = {"at": row.at.isoformat(), **{name: getattr(row, name) for name in ("actor", "action", "subject")}}
    return {"seq": row.seq if seq is None else seq, **named, "detail": row.detail}


def digest(key: bytes, previous: str, what: Mapping[str, object]) -> str:
    """HMAC-SHA256 over the hash before and the row as canonical JSON; plain SHA-256 of the same without a key.

    Rows from before there was a key have no number in their hash.
    """
    said = dict(what) if key else {name: value for name, value in what.items() if name != "seq"}
    text = (previous + json.dumps(said, sort_keys=True)).encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest() if key else hashlib.sha256(text).hexdigest()


def head_mac(key: bytes, seq: int, newest: str) -> str:
    """What shows that the end of the log was written by somebody who has the key."""
    return hmac.new(key, f"head {seq} {newest}".encode(), hashlib.sha256).hexdigest()
