"""Why lines of a source were rejected: how many for each reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.state.schema import RejectReasonRow, SourceRow

MOST: Final = 50
"""Reasons of one source that are told apart; reasons are few, but a name out of a header may stand in one."""
OTHER: Final = "other reasons"
BEFORE: Final = "counted before reasons were"
"""Of rejects that an older keywatch counted."""
_LONGEST: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Lines of one source that one reason has rejected."""

    source: str
    reason: str
    rejects: int


def count(tx: Session, source: str, reasons: Mapping[str, int]) -> None:
    """Add the rejects of one batch."""
    if not reasons:
        return
    rows = {row.reason: row for row in tx.scalars(select(RejectReasonRow).where(RejectReasonRow.source == source))}
    for told, number in reasons.items():
        reason = told[:_LONGEST]
        if reason not in rows and len(rows) >= MOST:
            reason = OTHER
        if reason not in rows:
            rows[reason] = RejectReasonRow(source=source, reason=reason, rejects=0)
            tx.add(rows[reason])
        rows[reason].rejects += number


def reasons(tx: Session) -> list[Reason]:
    """Of all sources, by source and the most frequent first; together as many as the sources' rejects."""
    query = select(RejectReasonRow.source, RejectReasonRow.reason, RejectReasonRow.rejects)
    found = [Reason(source=source, reason=reason, rejects=number) for source, reason, number in tx.execute(query)]
    counted = (
        select(RejectReasonRow.source, func.sum(RejectReasonRow.rejects).label("number"))
        .group_by(RejectReasonRow.source)
        .subquery()
    )
    left = select(SourceRow.name, SourceRow.rejects - func.coalesce(counted.c.number, 0)).join(
        counted, counted.c.source == SourceRow.name, isouter=True
    )
    found += [Reason(source=source, reason=BEFORE, rejects=int(n)) for source, n in tx.execute(left) if n > 0]
    return sorted(found, key=lambda one: (one.source, -one.rejects, one.reason))
