"""Requests that match, over time, by any dimension, and one by one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from model.event import Outcome
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import facets
from store.queries.counts import COUNTS, counts, requests_of, total
from store.queries.matching import Dimension, Match, Values, is_one_of, matching, of_events, timed
from store.queries.requests import last
from store.queries.seen import ends, exactly
from store.queries.shape import COUNT, MOMENT, TEXT, shaped
from store.queries.spans import DAY, positive, widened, within

GROUPED: Final = {"part": TEXT, **COUNTS, "first_seen": MOMENT, "last_seen": MOMENT}
BUSIEST: Final = {"place": COUNT, **GROUPED, "groups": COUNT}
SERIES: Final = {"bucket": MOMENT, "part": TEXT, "requests": COUNT, "failures": COUNT, "bytes_out": COUNT}
SUGGESTED: Final = {"kind": TEXT, "value": TEXT}

_FAILED: Final = tuple(outcome for outcome in Outcome if outcome not in {Outcome.OK, Outcome.UNKNOWN})


def grouped(
    reader: EventsReader, window: Window, match: Match, *, by: Dimension, limit: int | None = None
) -> pd.DataFrame:
    """Counts by a dimension: [part, requests … bytes_out, first_seen, last_seen], the most requests first.

    first_seen and last_seen are exact to the hour where usage answers, and to the moment for keys, as `timed` has them.
    See `matching` for what is in no row.
    """
    groups = _counted(reader, window, match, by)
    order = _most_first(groups)
    return shaped(reader.frame(sa.select(groups).order_by(*order).limit(limit)), GROUPED)


def busiest(reader: EventsReader, window: Window, match: Match, *, by: Dimension, limit: int) -> pd.DataFrame:
    """The groups with the most requests, as `grouped` in order of their `place` from 1 on, and all others as one.

    That one, if there are others, has the place after the `limit`-th and no part. `groups` is how many a row stands
    for: so requests add up to all that match, and groups to how many there are.
    """
    counted = _counted(reader, window, match, by)
    number = sa.func.row_number().over(order_by=_most_first(counted))
    numbered = sa.select(counted, number.label("number")).subquery()
    listed = numbered.c.number <= limit
    told = sa.select(
        *(numbered.c[name] for name in GROUPED if name != "part"),
        sa.case((listed, numbered.c.part)).label("part"),
        sa.case((listed, numbered.c.number), else_=limit + 1).label("place"),
    ).subquery()
    query = sa.select(
        told.c.place,
        sa.func.min(told.c.part).label("part"),
        *(total(told.c[name]).label(name) for name in COUNTS),
        *ends(told),
        sa.func.count().label("groups"),
    )
    return shaped(reader.frame(query.group_by(told.c.place).order_by(told.c.place)), BUSIEST)


def series(
    reader: EventsReader,
    window: Window,
    match: Match,
    *,
    by: Dimension,
    bucket: timedelta,
    groups: Sequence[tuple[str, Values]],
) -> pd.DataFrame:
    """Requests by bucket and group: [bucket, part, requests, failures, bytes_out], in order of bucket and part.

    `groups` are labels with the values of `by` that they stand for; everything else is the part None. Failures are all
    outcomes but ok and unknown. Raises UsageError for a bucket that is not longer than nothing.
    """
    rows = matching(window, match, by, positive(bucket), newest=reader.newest)
    labels = [(is_one_of(rows.c.part, values), sa.literal(label)) for label, values in groups]
    part = sa.case(*(labels or [(sa.false(), sa.literal(""))]), else_=sa.null())
    begun = sa.select(
        Bucket(rows.c.moment, bucket).label("bucket"),
        part.label("part"),
        rows.c.outcome,
        rows.c.requests,
        rows.c.bytes_out,
    ).subquery()
    by_ = (begun.c.bucket, begun.c.part)
    query = sa.select(
        *by_,
        total(begun.c.requests).label("requests"),
        requests_of(begun, *_FAILED).label("failures"),
        total(begun.c.bytes_out).label("bytes_out"),
    )
    ordered = query.group_by(*by_).order_by(begun.c.bucket, begun.c.part.asc().nulls_last())
    return shaped(reader.frame(ordered), SERIES)


def newest(reader: EventsReader, window: Window, match: Match, *, limit: int) -> pd.DataFrame:
    """The newest requests that match: the columns of an event, newest first."""
    return last(reader, window, of_events(window, match), limit)


def suggested(reader: EventsReader, window: Window, *, kinds: Sequence[str], limit: int) -> pd.DataFrame:
    """The values of kinds of facets with the most requests: [kind, value], at most `limit` a kind, the most first.

    Of the whole UTC days that the window touches, since they only help to write a filter.
    """
    requests: sa.ColumnElement[Any] = sa.func.sum(facets.c.requests)
    place = sa.func.row_number().over(partition_by=facets.c.kind, order_by=(requests.desc(), facets.c.value))
    ranked = (
        sa.select(facets.c.kind, facets.c.value, place.label("place"))
        .where(within(facets.c.day, widened(window, DAY)), facets.c.kind.in_(list(kinds)))
        .group_by(facets.c.kind, facets.c.value)
        .subquery()
    )
    query = sa.select(ranked.c.kind, ranked.c.value).where(ranked.c.place <= limit)
    return shaped(reader.frame(query.order_by(ranked.c.kind, ranked.c.place)), SUGGESTED)


def _counted(reader: EventsReader, window: Window, match: Match, by: Dimension) -> sa.Subquery:
    rows = matching(window, match, by, newest=reader.newest)
    groups = sa.select(rows.c.part, *counts(rows), *ends(rows)).group_by(rows.c.part).subquery()
    times = timed(window, match, by, newest=reader.newest) if by == "key" else None
    return groups if times is None else exactly(groups, times).subquery()


def _most_first(groups: sa.Subquery) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    return groups.c.requests.desc(), groups.c.part.asc().nulls_last()
