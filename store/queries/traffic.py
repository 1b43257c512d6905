"""How much came in: requests over time, and one row of totals."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import Label

from model.event import UNKNOWN_PREFIX
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.queries.counts import COUNTS, counts, of_outcomes, total
from store.queries.rows import faceted, hourly, known, moments
from store.queries.shape import COUNT, MOMENT, TEXT, shaped
from store.queries.spans import HOUR, positive

OVER_TIME: Final = {"bucket": MOMENT, "outcome": TEXT, "requests": COUNT}
TOTALS: Final = {**COUNTS, "keys": COUNT, "addresses": COUNT}


def over_time(
    reader: EventsReader, window: Window, *, bucket: timedelta, key_refs: Sequence[str] | None = None
) -> pd.DataFrame:
    """Requests by bucket and outcome: [bucket, outcome, requests], in that order; empty buckets have no row.

    Buckets of whole hours come from usage, shorter ones from events (which are gone sooner). They are counted from
    1970-01-01T00:00Z. Credentials that usage folds are found by their `unknown:` key_ref only, whatever the bucket.
    Raises UsageError for a bucket that is not longer than nothing.
    """
    rows = moments(window, key_refs, whole_hours=not positive(bucket) % HOUR, newest=reader.newest)
    begin = sa.select(Bucket(rows.c.moment, bucket).label("bucket"), rows.c.outcome, rows.c.requests).subquery()
    query = sa.select(begin.c.bucket, begin.c.outcome, total(begin.c.requests).label("requests"))
    by = (begin.c.bucket, begin.c.outcome)
    return shaped(reader.frame(query.group_by(*by).order_by(*by)), OVER_TIME)


def totals(reader: EventsReader, window: Window, *, key_refs: Sequence[str] | None = None) -> pd.DataFrame:
    """One row: counts, `keys` and `addresses`; all 0 over nothing.

    `keys` is the number of distinct key_refs; requests without a key, and folded unknown credentials, add none.
    """
    rows = hourly(window, key_refs, newest=reader.newest)
    # Not labelled `keys`: pandas takes a row with an attribute of that name for a mapping.
    keys: Label[Any] = sa.func.count(sa.distinct(sa.case((known(rows), rows.c.key_ref)))).label("key_refs")
    frame = reader.frame(sa.select(keys, *counts(rows)))
    return shaped(frame.assign(keys=frame["key_refs"], addresses=addresses(reader, window, key_refs=key_refs)), TOTALS)


def counted(reader: EventsReader, window: Window, *, key_refs: Sequence[str] | None = None) -> pd.DataFrame:
    """The COUNTS of `totals` alone: where the window is of whole hours, no single event is read for them."""
    rows = hourly(window, key_refs, newest=reader.newest)
    return shaped(reader.frame(sa.select(*counts(rows))), COUNTS)


def counted_of_outcomes(by_outcome: pd.DataFrame) -> pd.DataFrame:
    """The same of [outcome, requests, bytes_out], one row an outcome."""
    return shaped(of_outcomes(by_outcome), COUNTS)


def totals_of_keys(usage: pd.DataFrame, addresses: int) -> pd.DataFrame:
    """As `totals`, of what `breakdown.usage_by` counted of a window by key, and its number of addresses."""
    keys = sum(ref is not None and not ref.startswith(UNKNOWN_PREFIX) for ref in usage["key"])
    sums = {name: usage[name].sum() for name in COUNTS} | {"keys": keys, "addresses": addresses}
    return shaped(pd.DataFrame([sums]), TOTALS)


def addresses(reader: EventsReader, window: Window, *, key_refs: Sequence[str] | None = None) -> int:
    """The number of distinct addresses."""
    rows = faceted("ip", window, key_refs, newest=reader.newest)
    return int(
        reader.frame(sa.select(sa.func.count(sa.distinct(rows.c.value)).label("addresses")))["addresses"].iloc[0]
    )


def address_marks(reader: EventsReader, window: Window) -> np.ndarray:
    """A mark of 64 bits for each distinct address (uint64), for who counts those of several windows together.

    Two of n addresses have the same mark in n * n / 2**65 of all cases: of a million in 3 of 10**8.
    """
    rows = faceted("ip", window, newest=reader.newest)
    values = reader.frame(sa.select(rows.c.value).distinct())["value"]
    return pd.util.hash_array(values.to_numpy(dtype=object), categorize=False)
