"""Which requests are asked for, and by what they are told apart; answered from the smallest table that can.

Usage knows hours, keys, hosts and outcomes; facets know days, keys, outcomes and one kind of value; events know all of
it, but are gone sooner.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause, Subquery

from model.errors import UsageError
from model.event import FACET_KINDS, UNKNOWN_PREFIX
from model.window import Window
from store.dialect import Holds
from store.events.tables import events
from store.queries.rows import detailed, faceted, folded_ref, hourly
from store.queries.spans import DAY, HOUR

Dimension = Literal["key", "host", "status", "route", "method", "ip", "network", "client", "country", "asn"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
Text = Literal["path", "user_agent"]
"""What requests are chosen by a part of; there are too many to tell them apart by it."""
Table = Literal["usage", "facets", "events"]

_ANYWHERE: Final = {"key": "key_ref", "status": "outcome"}
_USAGE: Final = frozenset({"key", "status", "host"})
Values = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Requests that have a value of each dimension wanted, none of what is unwanted, and each part of a text; or all.

    key is a key_ref (`unknown:<network>` for folded unknown credentials), status an outcome, route carries the method;
    None stands for requests that have no such value.
    """

    wanted: tuple[tuple[Dimension, Values], ...] = ()
    unwanted: tuple[tuple[Dimension, Values], ...] = ()
    """A request that has no such value at all is let through, unless None is among them."""
    holding: tuple[tuple[Text, str], ...] = ()
    """In capital letters or small ones."""

    def __post_init__(self) -> None:
        for dimension, _ in (*self.wanted, *self.unwanted):
            if dimension not in DIMENSIONS:
                msg = f"Requests have no {dimension!r} to choose them by."
                raise UsageError(msg, hint=f"Choose of {', '.join(DIMENSIONS)}.")

    @property
    def key_refs(self) -> Sequence[str] | None:
        """The key_refs asked for; None when all are, or those without a credential too."""
        for dimension, values in self.wanted:
            if dimension == "key" and None not in values:
                return [value for value in values if value is not None]
        return None


def table_of(match: Match, by: Dimension, bucket: timedelta | None = None) -> Table:
    """The table that answers; `bucket` is what time is told apart by, None for the window as a whole."""
    told = {by, *(dimension for dimension, _ in match.wanted)}
    asked = _asked(match, by)
    if match.holding:
        return "events"
    if asked <= _USAGE and (bucket is None or not bucket % HOUR):
        return "usage"
    kinds = asked - _ANYWHERE.keys()
    # Facets have no requests without a value, which are not unwanted.
    if len(kinds) == 1 and kinds <= {*FACET_KINDS} & told and (bucket is None or not bucket % DAY):
        return "facets"
    return "events"


def matching(
    window: Window,
    match: Match,
    by: Dimension,
    bucket: timedelta | None = None,
    *,
    newest: datetime | None = None,
) -> Subquery:
    """Partial counts of the requests: [moment, part, outcome, requests, bytes_out, first_seen, last_seen].

    `part` is the value of `by`. Requests without an address, a client or another kind of facet are in no row when they
    are told apart by it, whichever table answers; those without a key or a host have a part of null. `newest` is
    the reader's.
    """
    table = table_of(match, by, bucket)
    if table == "usage":
        rows, moment = hourly(window, match.key_refs, newest=newest), "hour"
    elif table == "facets":
        kind = next(each for each in (by, *(dimension for dimension, _ in match.wanted)) if each not in _ANYWHERE)
        rows, moment = faceted(kind, window, match.key_refs, newest=newest), "day"
    else:
        rows, moment = detailed(window, match.key_refs), "moment"
    return _chosen(rows, table, match, by, moment)


def timed(window: Window, match: Match, by: Dimension, *, newest: datetime | None = None) -> Subquery | None:
    """The requests that usage counts, as facets of routes have them: their times are exact. Rows as of `matching`.

    None where usage does not answer, or facets cannot. Requests without a route are in no row.
    """
    if match.holding or not _asked(match, by) <= _ANYWHERE.keys():
        return None
    return _chosen(faceted("route", window, match.key_refs, newest=newest), "facets", match, by, "day")


def _asked(match: Match, by: Dimension) -> set[Dimension]:
    return {by, *(dimension for dimension, _ in (*match.wanted, *match.unwanted))}


def _chosen(rows: Subquery, table: Table, match: Match, by: Dimension, moment: str) -> Subquery:
    part = _column(rows, table, by)
    query = sa.select(
        rows.c[moment].label("moment"),
        part.label("part"),
        rows.c.outcome,
        rows.c.requests,
        rows.c.bytes_out,
        rows.c.first_seen,
        rows.c.last_seen,
    )
    query = query.where(*(is_one_of(_column(rows, table, each), values) for each, values in match.wanted))
    query = query.where(*(_is_none_of(_column(rows, table, each), values) for each, values in match.unwanted))
    query = query.where(*(Holds(rows.c[text], part) for text, part in match.holding))
    if by not in _USAGE:
        query = query.where(part.is_not(None))
    return query.subquery()


def of_events(window: Window, match: Match) -> list[ColumnElement[bool]]:
    """The conditions on `events` that choose the same requests; a key_ref finds those before it was known too."""
    texts = (Holds(events.c[text], part) for text, part in match.holding)
    wanted = (sa.or_(*_of_event(window, *each, is_one_of)) for each in match.wanted)
    unwanted = (sa.and_(*_of_event(window, *each, _is_none_of)) for each in match.unwanted)
    return [*wanted, *unwanted, *texts]


def is_one_of(column: ColumnElement[Any], values: Values) -> ColumnElement[bool]:
    """Whether a column is one of the values, null among them."""
    named = column.in_([value for value in values if value is not None])
    return sa.or_(named, column.is_(None)) if None in values else named


def _is_none_of(column: ColumnElement[Any], values: Values) -> ColumnElement[bool]:
    named = column.not_in([value for value in values if value is not None])
    return sa.and_(column.is_not(None), named) if None in values else sa.or_(column.is_(None), named)


def _of_event(
    window: Window,
    dimension: Dimension,
    values: Values,
    judged: Callable[[ColumnElement[Any], Values], ColumnElement[bool]],
) -> list[ColumnElement[bool]]:
    """What is judged of an event; its own key_ref and, where such are among the values, the one it is folded into."""
    if dimension == "key":
        folded = any(value is not None and value.startswith(UNKNOWN_PREFIX) for value in values)
        return [judged(each, values) for each in (events.c.key_ref, *([folded_ref(window)] if folded else []))]
    if dimension == "route":
        return [judged(sa.func.coalesce(events.c.method + " ", "") + events.c.route, values)]
    return [judged(events.c[_ANYWHERE.get(dimension, dimension)], values)]


def _column(rows: FromClause, table: Table, dimension: Dimension) -> ColumnElement[Any]:
    if dimension in _ANYWHERE:
        return rows.c[_ANYWHERE[dimension]]
    return rows.c["value" if table == "facets" else dimension]
