"""Answers about the parts of a window, added up to the answer about all of it.

Whoever asks again and again asks about a window in its parts (`store.queries.spans.parts`) and keeps the answers about
those that are over.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from store.queries.breakdown import By
from store.queries.breakdown import columns as usage_columns
from store.queries.counts import COUNTS
from store.queries.explored import GROUPED, SERIES
from store.queries.shape import shaped
from store.queries.traffic import OVER_TIME

_SEEN: Final = {"first_seen": "min", "last_seen": "max"}


def usage(parts: Sequence[pd.DataFrame], by: By) -> pd.DataFrame:
    """As `store.queries.breakdown.usage_by` without a limit, of its answers about the parts."""
    return _most_first(parts, by, usage_columns(by))


def grouped(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """As `store.queries.explored.grouped` without a limit."""
    return _most_first(parts, "part", GROUPED)


def series(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """As `store.queries.explored.series`."""
    return _summed(parts, ["bucket", "part"], SERIES)


def over_time(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """As `store.queries.traffic.over_time`."""
    return _summed(parts, ["bucket", "outcome"], OVER_TIME)


def distinct(parts: Sequence[np.ndarray]) -> int:
    """The number of different values in all parts, each as `store.queries.traffic.address_marks`."""
    return len(pd.unique(np.concatenate(parts)))


def _most_first(parts: Sequence[pd.DataFrame], by: str, columns: Mapping[str, str]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    sums = dict.fromkeys(COUNTS, "sum") | _SEEN
    whole = pd.concat(parts, ignore_index=True).groupby(by, sort=False, dropna=False).agg(sums).reset_index()
    order = ["requests", by]
    return shaped(whole.sort_values(order, ascending=[False, True], ignore_index=True), columns)


def _summed(parts: Sequence[pd.DataFrame], by: list[str], columns: Mapping[str, str]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    return shaped(pd.concat(parts, ignore_index=True).groupby(by, dropna=False).sum().reset_index(), columns)
