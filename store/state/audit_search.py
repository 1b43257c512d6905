"""What of the audit log is asked for, by time, action and text: counted, and given in parts, the newest first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from store.state.audit import COLUMNS
from store.state.schema import AuditRow

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which rows; each part that is set must hold."""

    since: datetime | None = None
    actions: Sequence[str] = ()
    """One of these; empty: any."""
    text: str = ""
    """In who, action, subject or detail, in large letters or small; SQLite knows the large ones of English alone."""


def actions(tx: Session) -> list[str]:
    """The actions that there are, in order."""
    return list(tx.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action)))


def count(tx: Session, sought: Sought) -> int:
    """How many rows match."""
    return tx.scalar(_where(select(func.count()).select_from(AuditRow), sought)) or 0


def found(tx: Session, sought: Sought, *, limit: int, offset: int = 0) -> "pd.DataFrame":
    """The rows that match, by the names of COLUMNS, the newest first; `offset` so many are left out."""
    import pandas as pd

    query = _where(select(*(getattr(AuditRow, name) for name in COLUMNS)), sought)
    rows = tx.execute(query.order_by(AuditRow.seq.desc()).limit(limit).offset(offset))
    return pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS))


def _where(query: Select[Any], sought: Sought) -> Select[Any]:
    if sought.since is not None:
        query = query.where(AuditRow.at >= sought.since)
    if sought.actions:
        query = query.where(AuditRow.action.in_(list(sought.actions)))
    return query.where(_holds(sought.text)) if sought.text else query


def _holds(text: str) -> ColumnElement[bool]:
    # The detail lies there as JSON, where an é is \u00e9; its quotation marks may be those of the text or of the JSON.
    written = json.dumps(text)[1:-1]
    detail = cast(AuditRow.detail, Text)
    return or_(
        *(column.icontains(text, autoescape=True) for column in (AuditRow.actor, AuditRow.action, AuditRow.subject)),
        *(detail.icontains(each, autoescape=True) for each in sorted({text, written, written.replace('\\"', '"')})),
    )
