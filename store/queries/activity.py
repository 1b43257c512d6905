"""When each key was last used within a window; its life beyond what is stored is in the state's key_activity."""

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import Select, Subquery

from model.event import Outcome
from model.window import Window
from store.events.reader import EventsReader
from store.queries import seen
from store.queries.counts import COUNTS, counts
from store.queries.rows import faceted, hourly, known
from store.queries.shape import MOMENT, TEXT, shaped

LAST_USE: Final = {"key_ref": TEXT, "first_seen": MOMENT, "last_seen": MOMENT, "last_success": MOMENT, **COUNTS}


def last_use(reader: EventsReader, window: Window) -> pd.DataFrame:
    """One row a key_ref that was seen: [key_ref, first_seen, last_seen, last_success, requests … bytes_out].

    In order of key_ref; null and folded unknown credentials are left out; last_success is NaT for a key that only
    failed. Counts come from usage; times come from the facets of routes, whose times are exact, and are exact to the
    hour for a key none of whose requests had a route.
    """
    rows = _rows(window)
    succeeded = sa.case((rows.c.outcome == Outcome.OK.value, rows.c.last_seen))
    query = sa.select(
        rows.c.key_ref,
        seen.first(rows).label("first_seen"),
        seen.last(rows).label("last_seen"),
        sa.func.max(succeeded).label("last_success"),
        *counts(rows),
    )
    return shaped(reader.frame(query.where(known(rows)).group_by(rows.c.key_ref).order_by(rows.c.key_ref)), LAST_USE)


def _rows(window: Window) -> Subquery:
    counted, timed = hourly(window), faceted("route", window)
    return sa.union_all(_part(counted, exact=False), _part(timed, exact=True)).subquery()


def _part(rows: Subquery, *, exact: bool) -> Select[*tuple[Any, ...]]:
    """Exact rows bring times, the others counts: both stand for the same requests, which must not count twice."""
    requests, size = (sa.literal(0), sa.literal(0)) if exact else (rows.c.requests, rows.c.bytes_out)
    return sa.select(
        rows.c.key_ref,
        rows.c.outcome,
        requests.label("requests"),
        size.label("bytes_out"),
        rows.c.first_seen,
        rows.c.last_seen,
        sa.literal(int(exact)).label("exact"),
    )
