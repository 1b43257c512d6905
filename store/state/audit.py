"""The audit log: append-only, each row's hash covers the row before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state.schema import AuditRow

if TYPE_CHECKING:
    import pandas as pd

_GENESIS = "0" * 64


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
    at = at.astimezone(UTC)  # as it is read back; the hash covers its text
    last = tx.scalars(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)).first()
    previous = last.hash if last else _GENESIS
    body = {"at": at.isoformat(), "actor": actor, "action": action, "subject": subject, "detail": dict(detail or {})}
    tx.add(
        AuditRow(
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=dict(detail or {}),
            previous=previous,
            hash=_hash(previous, body),
        ),
    )
    tx.flush()


def audit_frame(tx: Session, limit: int = 500, *, subject: str | None = None) -> "pd.DataFrame":
    """The newest rows first: seq, at, actor, action, subject, detail; of all subjects, or of one."""
    import pandas as pd

    columns = ("seq", "at", "actor", "action", "subject", "detail")
    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    return pd.DataFrame([[getattr(row, n) for n in columns] for row in tx.scalars(query)], columns=list(columns))


def first_broken(tx: Session) -> int | None:
    """The `seq` of the first row whose hash or link is wrong; None when the chain holds."""
    previous = _GENESIS
    for row in tx.scalars(select(AuditRow).order_by(AuditRow.seq)):
        body = {
            "at": row.at.isoformat(),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "detail": row.detail,
        }
        if row.previous != previous or row.hash != _hash(previous, body):
            return row.seq
        previous = row.hash
    return None


def _hash(previous: str, body: Mapping[str, object]) -> str:
    return hashlib.sha256((previous + json.dumps(body, sort_keys=True)).encode()).hexdigest()
