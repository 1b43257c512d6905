"""What the detectors of keys' upkeep share: one finding a key, or one for the platform when most share the fault."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd

from detectors.scores import Scored, moment
from model.finding import Severity

FEW: Final = 5
"""So many keys are told one by one, whatever their share is."""
MOST: Final = 0.5
"""If more than this share of the keys have the fault, it is the platform's and not theirs."""
_NAMED: Final = 20


def fault(
    key_id: object,
    opened: datetime,
    until: datetime,
    *,
    title: str,
    summary: str,
    severity: Severity | None = None,
    score: float = 1.0,
    count: int = 1,
    detail: Mapping[str, object] | None = None,
) -> Scored:
    """The row of one key. It is seen once a day while it lasts, so that a finding does not change every minute."""
    return Scored(
        bucket=opened,
        subject=f"key:{key_id}",
        key_id=str(key_id),
        severity=severity,
        score=score,
        count=count,
        first_seen=opened,
        last_seen=max(opened, _midnight(until)),
        title=title,
        summary=summary,
        detail=dict(detail or {}),
    )


def folded(
    rows: Sequence[Scored],
    among: int,
    until: datetime,
    *,
    what: str,
    todo: str,
    of: str = "keys",
    severity: Severity = Severity.LOW,
    most: float = MOST,
) -> list[Scored]:
    """The rows, or one about the platform when more than FEW and more than `most` of `among` keys have the fault.

    `what` completes "12 of 20 keys …" (or what `of` names); `todo` is a sentence. An inventory in which nobody ever
    set an expiry is one thing to do, and 250 findings would hide the rest.
    """
    if len(rows) <= FEW or len(rows) <= most * among:
        return list(rows)
    worst = sorted(rows, key=lambda row: (-row.score, row.bucket, row.subject))
    opened = min(row.bucket for row in rows)
    named = [row.key_id for row in worst[:_NAMED]]
    return [
        Scored(
            bucket=opened,
            subject="platform:all",
            severity=severity,
            score=round(len(rows) / max(among, 1), 2),
            count=len(rows),
            first_seen=opened,
            last_seen=max(opened, _midnight(until)),
            title=f"{{count}} of {among} {of} {what}",
            summary=f"So many keys share it that it is told once. {todo}",
            detail={"keys": named, "among": among},
        )
    ]


def began(key: Any, until: datetime) -> datetime:  # noqa: ANN401 (a row of the frame keys)
    """When a fault that a key was born with began: its creation, else when it was first known of."""
    for value in (key.created_at, key.first_seen, key.pulled_at):
        if not pd.isna(value) and value <= pd.Timestamp(until):
            return moment(value)
    return _midnight(until)


def each(rows: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples of whatever pandas holds."""
    yield from rows.itertuples(index=False)


def blank(column: "pd.Series[str]") -> "pd.Series[bool]":
    """Where a text is null or has nothing but spaces."""
    return column.isna() | (column.str.strip() == "")


def _midnight(until: datetime) -> datetime:
    return until.replace(hour=0, minute=0, second=0, microsecond=0)
