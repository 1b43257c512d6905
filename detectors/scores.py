"""What a detector returns: one row for each bucket and subject that it has something to say about."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One bucket of one subject. In `title` and `summary` the fold replaces `{key}` and `{count}` (the total)."""

    bucket: datetime
    """The bucket's start; for a standing detector the moment the condition began."""
    subject: str
    """As `str(model.finding.Subject)`."""
    score: float
    """1.0 is at the detector's line, more is beyond it; of a statistical detector, the standardised score."""
    count: int
    """What is counted in this bucket alone: the finding's count is the sum over buckets."""
    first_seen: datetime
    last_seen: datetime
    title: str
    summary: str
    key_ref: str | None = None
    key_id: str | None = None
    ip: str | None = None
    severity: Severity | None = None
    """None means the detector's own."""
    p: float | None = None
    """Statistical detectors only: how likely a harmless bucket is to look like this."""
    tests: float | None = None
    """Statistical detectors only: how many buckets that day are tested."""
    detail: dict[str, object] = field(default_factory=dict)
    """Numbers and short lists, JSON values only."""


SCORE_COLUMNS: Final = tuple(column.name for column in fields(Scored))
"""The columns of a detector's result, in order."""

_TIMES: Final = ("bucket", "first_seen", "last_seen")
_OPTIONAL: Final = ("key_ref", "key_id", "ip", "severity", "p", "tests")


def to_frame(rows: Iterable[Scored]) -> pd.DataFrame:
    """Rows as a DataFrame of SCORE_COLUMNS, times aware in UTC, the rest plain Python objects."""
    records = [[getattr(row, column) for column in SCORE_COLUMNS] for row in rows]
    frame = pd.DataFrame(records, columns=list(SCORE_COLUMNS), dtype=object)
    for column in _TIMES:
        frame[column] = pd.to_datetime(frame[column], utc=True).dt.as_unit("us")
    return frame


def from_frame(frame: pd.DataFrame) -> list[Scored]:
    """The rows of a DataFrame of SCORE_COLUMNS (`severity`, `p`, `tests`, `ip` and the key's columns may be absent)."""
    present = [column for column in SCORE_COLUMNS if column in frame.columns]
    rows = frame[present].itertuples(index=False, name=None)
    return [Scored(**_plain(dict(zip(present, values, strict=True)))) for values in rows]


def one_a_bucket(rows: Iterable[Scored]) -> list[Scored]:
    """Of several rows of one subject in one bucket the one that says most: evidence is one piece a bucket."""
    best: dict[tuple[datetime, str], Scored] = {}
    for row in sorted(rows, key=lambda row: (-(row.severity.rank if row.severity else 0), -row.score, row.title)):
        best.setdefault((row.bucket, row.subject), row)
    return list(best.values())


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Timestamps become datetimes, and missing values None."""
    for column in _TIMES:
        values[column] = moment(values[column])
    for column in _OPTIONAL:
        if column in values and pd.isna(values[column]):
            values[column] = None
    return values


def looked_up(names: "pd.Series[str]", moments: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """The moment of each name (`moments` has the names as its index), null where there is none; aware UTC.

    `Series.map` cannot look up moments for texts once either of them is empty.
    """
    known = moments.to_dict()
    found = pd.Series([known.get(name, pd.NaT) for name in names], index=names.index, dtype="object")
    return pd.to_datetime(found, utc=True).dt.as_unit("us")


def moment(value: Any) -> datetime:  # noqa: ANN401 (whatever a pandas row holds)
    """A pandas timestamp as an aware datetime in UTC."""
    return pd.Timestamp(value).to_pydatetime().astimezone(UTC)
