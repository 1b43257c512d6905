"""What a reviewer writes about a key: as texts, which a worksheet has, and as what its fields hold."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

DECISIONS: Final = ("keep", "rotate", "revoke", "reassign")
"""As the closing of a review knows them."""
WRITTEN: Final = ("decision", "rationale", "new_owner", "due")
"""What a reviewer writes."""


def texts(held: Mapping[Any, object]) -> dict[str, str]:
    """WRITTEN as texts, of what fields hold."""
    return {name: _plain(held[name]) for name in WRITTEN}


def day(text: str) -> date | None:
    """The day of a text, or None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _plain(value: object) -> str:
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 (NaN differs from itself)
        return ""
    return value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
