"""Refused calls by five minutes: what throttled and retry-loop work on."""

from datetime import timedelta
from typing import Final

import pandas as pd

FIVE: Final = timedelta(minutes=5)
RUNNING: Final = 3
"""So many buckets of five minutes in a row."""


def in_a_row(rows: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    """The least of the columns `values` over a bucket and the two before it, and their sum over them.

    `rows` has `bucket`, the columns `by` and the values, one row for each. Returns the buckets that have both before
    them, with `<value>_least` and `<value>_sum`.
    """
    found = rows
    for before in range(1, RUNNING):
        shifted = rows.assign(bucket=rows["bucket"] + before * FIVE)[["bucket", *by, *values]]
        found = found.merge(shifted, on=["bucket", *by], suffixes=("", f"_{before}"))
    for value in values:
        columns = [value, *(f"{value}_{before}" for before in range(1, RUNNING))]
        found[f"{value}_least"], found[f"{value}_sum"] = found[columns].min(axis=1), found[columns].sum(axis=1)
    return found
