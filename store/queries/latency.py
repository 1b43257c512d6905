"""How long requests took."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.dialect import Bucket, Quantile
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.shape import MOMENT, NUMBER, shaped
from store.queries.spans import of_keys, positive, within

QUANTILES: Final = {"bucket": MOMENT, "p50_ms": NUMBER, "p95_ms": NUMBER}


def quantiles(
    reader: EventsReader, window: Window, *, bucket: timedelta, key_refs: Sequence[str] | None = None
) -> pd.DataFrame:
    """The median and the 95th percentile of durations by bucket: [bucket, p50_ms, p95_ms], in milliseconds.

    From events: quantiles of partial counts do not add up. Requests whose log has no duration do not count, and a
    bucket without durations has no row. Raises UsageError for a bucket that is not longer than nothing.
    """
    timed = (
        sa.select(Bucket(events.c.ts, positive(bucket)).label("bucket"), events.c.duration_ms)
        .where(within(events.c.ts, window), of_keys(events.c.key_ref, key_refs), events.c.duration_ms.is_not(None))
        .subquery()
    )
    median, high = (Quantile(timed.c.duration_ms, at) for at in (0.5, 0.95))
    query = sa.select(timed.c.bucket, median.label("p50_ms"), high.label("p95_ms"))
    return shaped(reader.frame(query.group_by(timed.c.bucket).order_by(timed.c.bucket)), QUANTILES)
