"""What the selects of the detectors' frames share."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause, Label, Select, Subquery

from model.event import Outcome
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.counts import requests_of, total
from store.queries.frame_columns import EMPTY, SEEN
from store.queries.rows import faceted
from store.queries.shape import COUNT, shaped
from store.queries.spans import within

_MOMENTS: Final = (*SEEN, "first_ok")


def single_events(span: Window, unit: str, width: timedelta, *places: str) -> Select[*tuple[Any, ...]]:
    """Single events with the beginning of their minute or hour, named `unit`, and the columns `places`."""
    return sa.select(
        Bucket(events.c.ts, width).label(unit),
        events.c.key_ref,
        *(events.c[place] for place in places),
        events.c.outcome,
        sa.literal(1).label("requests"),
        events.c.ts.label("first_seen"),
        events.c.ts.label("last_seen"),
    ).where(within(events.c.ts, span))


def values(reader: EventsReader, kind: str, span: Window) -> Subquery:
    """The rows of one kind of facet, its value named after the kind."""
    rows = faceted(kind, span, newest=reader.newest)
    others = [column for column in rows.c if column.name != "value"]
    return sa.select(rows.c.value.label(kind), *others).subquery()


def grouped(
    reader: EventsReader, name: str, rows: FromClause, keep: Callable[[Any], ColumnElement[bool]] | None = None
) -> pd.DataFrame:
    """The frame `name` of `rows`: grouped by all its columns that are no counts and no times of first and last."""
    return shaped(reader.frame(summed(name, rows, keep)), EMPTY[name])


def summed(
    name: str, rows: FromClause, keep: Callable[[Any], ColumnElement[bool]] | None = None
) -> Select[*tuple[Any, ...]]:
    """The select of `grouped`."""
    by = [rows.c[column] for column, dtype in EMPTY[name].items() if dtype != COUNT and column not in _MOMENTS]
    measures = [measure(rows, column) for column in EMPTY[name] if column not in {group.name for group in by}]
    query = sa.select(*by, *measures).group_by(*by).order_by(*(column.asc().nulls_last() for column in by))
    return query.where(keep(rows)) if keep else query


def measure(rows: FromClause, name: str) -> Label[Any]:
    """The count or time `name` over `rows`."""
    if name == "first_seen":
        return sa.func.min(rows.c.first_seen).label(name)
    if name == "last_seen":
        return sa.func.max(rows.c.last_seen).label(name)
    if name == "first_ok":
        return sa.func.min(sa.case((rows.c.outcome == Outcome.OK.value, rows.c.first_seen))).label(name)
    if name in ("requests", "bytes_out"):
        return total(rows.c[name]).label(name)
    return requests_of(rows, Outcome(name)).label(name)
