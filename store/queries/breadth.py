"""How wide and how systematically one credential or address asks: the frames `breadth` and `walks`.

Both are counted from events in buckets of `WIDTH`: what is distinct cannot be added up from facets.
"""

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, Label, Subquery

from model.event import Outcome
from model.window import Window
from store.dialect import Bucket, Correlation, PathNumber
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.counts import requests_of, total
from store.queries.frame_columns import EMPTY
from store.queries.shape import shaped
from store.queries.spans import by_day, within

WIDTH: Final = timedelta(minutes=5)
"""Half of the ten minutes that the detectors look at, so that what straddles a bucket is still seen."""
FEWEST_REFUSED: Final = 2
"""Fewer routes refused within a bucket (401 without a credential, or 403) are not worth reading: five that straddle one
are two and three at worst, or one and four."""
FEWEST_MISSING: Final = 8
"""As FEWEST_REFUSED, of client errors: a quarter of what enumeration asks for in two buckets."""
FEWEST_PATHS: Final = 20
"""Fewer paths of one route within a bucket are no walk."""
FEWEST_OK: Final = 50
"""Fewer successes on one route within a bucket are no scraping."""

_PLACE: Final = ("minute", "key_ref", "ip", "network")
_FAILED: Final = (Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN, Outcome.CLIENT_ERROR)
_ROUTES: Final = ("refused_routes", "forbidden_routes", "missing_routes")
"""How many routes met each of `_FAILED`."""

_OVERFLOW: Final = "/…"
"""The route of paths beyond the cap of routes (ingest.routes): there, the path tells them apart."""
_SCALE: Final = 1000
"""`rising` is a correlation in thousandths: frames hold whole numbers."""


def breadth(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Buckets in which a key_ref or address was refused on many routes, or asked for many that are not there.

    [minute, key_ref, ip, network, requests, ok, unauthenticated, forbidden, client_error, refused_routes,
    forbidden_routes, missing_routes, first_seen, last_seen]; `minute` is the beginning of five. Routes are distinct
    ones, with their paths where there is no route. `refused_routes` are those answered 401.
    """
    wide = _wide(span)
    by = [wide.c[name] for name in _PLACE]
    single = _rows(span).subquery()
    here = sa.and_(
        single.c.minute == wide.c.minute,
        *(_text(single.c[name]) == _text(wide.c[name]) for name in _PLACE if name != "minute"),
    )
    query = (
        sa.select(
            *by,
            *_counts(single, Outcome.OK, *_FAILED),
            *(sa.func.max(wide.c[name]).label(name) for name in _ROUTES),
            *_seen(single),
        )
        .select_from(sa.join(single, wide, here))
        .group_by(*by)
    )
    ordered = query.order_by(*(column.asc().nulls_last() for column in by))
    return shaped(reader.frame(ordered), EMPTY["breadth"])


def walks(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Buckets in which a key_ref went through many paths of one route, or often succeeded on it.

    [minute, key_ref, ip, network, route, requests, ok, forbidden, client_error, addresses, paths, numbers, lowest,
    highest, rising, first_seen, last_seen]; `minute` is the beginning of five, `route` has its method. Without a
    key_ref each address is counted by itself. `ip` and `network` are the smallest of `addresses` distinct ones.
    `paths` are distinct; `numbers` the distinct numbers in them, from `lowest` to `highest`; `rising` is how they
    grow with time, a correlation in thousandths.
    """
    parts = [shaped(reader.frame(_walks(part)), EMPTY["walks"]) for part in by_day(span)]
    return pd.concat(parts, ignore_index=True)


def asked() -> ColumnElement[str]:
    """What was asked for: the route, or the path where there is none of its own."""
    return sa.case((sa.or_(events.c.route.is_(None), events.c.route == _OVERFLOW), events.c.path), else_=events.c.route)


def _walks(span: Window) -> "sa.Select[*tuple[Any, ...]]":
    number = PathNumber(events.c.path)
    route = (sa.func.coalesce(events.c.method + " ", "") + events.c.route).label("route")
    keyless = sa.case((events.c.key_ref.is_(None), events.c.ip)).label("keyless")
    at = sa.extract("epoch", events.c.ts).label("at")
    picked = _rows(span, route, keyless, at, events.c.path, number.label("number"))
    rows = picked.where(_busy(span)).subquery()
    by = [rows.c[name] for name in ("minute", "key_ref", "keyless", "route")]
    paths = sa.func.count(rows.c.path.distinct())
    query = sa.select(
        *by,
        sa.func.min(rows.c.ip).label("ip"),
        sa.func.min(rows.c.network).label("network"),
        *_counts(rows, Outcome.OK, Outcome.FORBIDDEN, Outcome.CLIENT_ERROR),
        sa.func.count(rows.c.ip.distinct()).label("addresses"),
        paths.label("paths"),
        sa.func.count(rows.c.number.distinct()).label("numbers"),
        sa.func.min(rows.c.number).label("lowest"),
        sa.func.max(rows.c.number).label("highest"),
        sa.func.round(Correlation(rows.c.at, rows.c.number) * _SCALE).label("rising"),
        *_seen(rows),
    )
    enough = sa.or_(paths >= FEWEST_PATHS, requests_of(rows, Outcome.OK) >= FEWEST_OK)
    return query.group_by(*by).having(enough).order_by(*(column.asc().nulls_last() for column in by))


def _rows(span: Window, *more: ColumnElement[Any]) -> "sa.Select[*tuple[Any, ...]]":
    return sa.select(
        Bucket(events.c.ts, WIDTH).label("minute"),
        events.c.key_ref,
        events.c.ip,
        events.c.network,
        events.c.outcome,
        events.c.ts,
        sa.literal(1).label("requests"),
        *more,
    ).where(within(events.c.ts, span))


def _wide(span: Window) -> Subquery:
    """The rows of `breadth` with their distinct routes: only failures are read, which are few of all events."""
    failed = events.c.outcome.in_([outcome.value for outcome in _FAILED])
    # Once a row and then counted: two plain groupings are cheaper than one with what is distinct.
    each = _rows(span, asked().label("asked")).where(failed).subquery()
    columns = [each.c[name] for name in (*_PLACE, "outcome", "asked")]
    once = sa.select(*columns).distinct().subquery()
    by = [once.c[name] for name in _PLACE]
    counts = {
        name: sa.func.count(sa.case((once.c.outcome == outcome.value, once.c.asked)))
        for name, outcome in zip(_ROUTES, _FAILED, strict=True)
    }
    fewest = (FEWEST_REFUSED, FEWEST_REFUSED, FEWEST_MISSING)
    enough = sa.or_(*(count >= least for count, least in zip(counts.values(), fewest, strict=True)))
    named = [count.label(name) for name, count in counts.items()]
    return sa.select(*by, *named).group_by(*by).having(enough).subquery()


def _busy(span: Window) -> ColumnElement[bool]:
    """Only buckets in which a subject made enough calls to a route: counting what is distinct is what costs."""
    who = sa.func.coalesce(events.c.key_ref, events.c.ip)
    groups = (Bucket(events.c.ts, WIDTH), who, events.c.route)
    calls = sa.select(*groups).where(within(events.c.ts, span), events.c.route.is_not(None), who.is_not(None))
    return sa.tuple_(*groups).in_(calls.group_by(*groups).having(sa.func.count() >= FEWEST_PATHS))


def _counts(rows: Subquery, *outcomes: Outcome) -> list[Label[int]]:
    return [
        total(rows.c.requests).label("requests"),
        *(requests_of(rows, outcome).label(outcome.value) for outcome in outcomes),
    ]


def _seen(rows: Subquery) -> list[Label[Any]]:
    return [sa.func.min(rows.c.ts).label("first_seen"), sa.func.max(rows.c.ts).label("last_seen")]


def _text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Null is a place like others."""
    return sa.func.coalesce(column, "")
