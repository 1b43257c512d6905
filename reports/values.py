"""A cell of a DataFrame as a plain value: what pandas takes for missing becomes None."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pandas as pd

_CHUNK: Final = 2_000
"""Rows that are dictionaries at once."""


def moment(value: object) -> datetime | None:
    """An aware UTC datetime, or None for NaT and None."""
    if not isinstance(value, datetime) or pd.isna(value):
        return None
    plain = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
    return plain.astimezone(UTC)


def text(value: object) -> str | None:
    """A text, or None for what is missing or empty."""
    return value if isinstance(value, str) and value else None


def number(value: object) -> int:
    """A whole number; 0 for what is missing."""
    return 0 if value is None or pd.isna(value) else int(value)  # type: ignore[call-overload]


def records(frame: pd.DataFrame) -> Iterator[dict[str, object]]:
    """The rows of a frame by column name; never all of them in memory."""
    for start in range(0, len(frame), _CHUNK):
        for row in frame.iloc[start : start + _CHUNK].to_dict("records"):
            yield {str(name): value for name, value in row.items()}


def before(value: datetime | None, at: datetime) -> datetime | None:
    """The moment when it is before `at`, else None; for uses, since a period's end is excluded."""
    return value if value is not None and value < at else None


def earlier(value: datetime | None, at: datetime) -> datetime | None:
    """The moment when it is not after `at`, else None; for dates that count from their moment on."""
    return value if value is not None and value <= at else None
