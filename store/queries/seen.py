"""When requests were first and last seen: to the moment where facets of routes know it, else to the hour.

Rows of usage, whose times are the beginnings of hours, stand beside rows of the same requests in facets, whose times
are exact; these have a 1 in `exact`, and count nothing. A request without a route is in no facet of routes.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause, Label, Select, Subquery

from store.dialect import Bucket
from store.queries.counts import COUNTS, total
from store.queries.spans import HOUR


def first(rows: FromClause) -> ColumnElement[Any]:
    """The first of `rows`, which has `first_seen` and `exact`."""
    hour, moment = sa.func.min(rows.c.first_seen), sa.func.min(sa.case((rows.c.exact == 1, rows.c.first_seen)))
    # An hour begins before its first request, so the exact moment is better when it lies in that hour.
    return sa.case((Bucket(moment, HOUR) <= hour, moment), else_=hour)


def last(rows: FromClause) -> ColumnElement[Any]:
    """The last of `rows`, which has `last_seen`: for the same reason an hour never beats an exact moment in it."""
    return sa.func.max(rows.c.last_seen)


def ends(rows: FromClause) -> tuple[Label[Any], Label[Any]]:
    """The columns first_seen and last_seen over `rows`, which all know as much of their times."""
    return sa.func.min(rows.c.first_seen).label("first_seen"), sa.func.max(rows.c.last_seen).label("last_seen")


def exactly(groups: Subquery, timed: Subquery) -> Select[*tuple[Any, ...]]:
    """The groups [part, COUNTS, first_seen, last_seen] with what `timed`, facets of the same requests by part, adds."""
    nothing = (sa.literal(0).label(name) for name in COUNTS)
    times = sa.select(timed.c.part, *nothing, *ends(timed), sa.literal(1).label("exact")).group_by(timed.c.part)
    both = sa.union_all(sa.select(groups, sa.literal(0).label("exact")), times).subquery()
    query = sa.select(
        both.c.part,
        *(total(both.c[name]).label(name) for name in COUNTS),
        first(both).label("first_seen"),
        last(both).label("last_seen"),
    )
    return query.group_by(both.c.part).having(sa.func.min(both.c.exact) == 0)
