"""Walks, lists and probes at a reader's pace: the frames `walk_hours`, `list_hours` and `probed_hours`, hour by hour.

What five minutes hold of them is too little for `walks` and `breadth` (store/queries/breadth.py). All are counted from
events.
"""

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, Subquery

from model.event import Outcome
from model.window import Window
from store.dialect import Bucket, PathNumber
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.breadth import FEWEST_OK, FEWEST_PATHS, WIDTH, asked
from store.queries.counts import requests_of, total
from store.queries.frame_columns import EMPTY
from store.queries.shape import shaped
from store.queries.spans import HOUR, by_day, within

FEWEST_NUMBERS: Final = 8
"""Fewer numbers that follow each other within an hour are no walk: a quarter of what the detector asks for (ours)."""
GAP: Final = 5
"""Numbers further apart do not follow each other. Who walks leaves out one or two, seldom more (ours)."""
FEWEST_READ: Final = 20
"""Fewer successes on a list within an hour are not read: sixty within two hours that lie in three are one hour with
more at least (ours)."""
FAST: Final = 10
"""Routes that refused an address within five minutes: from so many on no-credential-probing tells it by `breadth`."""
FEWEST_PROBED: Final = 2
"""Fewer routes that refused an address within an hour are not read: fifteen within six hours are two or more in most of
them (ours), and a client that lost its key mostly has one."""
MOST_PROBED: Final = 60
"""Of more routes of an address and an hour the first ones are read: four times what is asked for (ours)."""

_BLOCK: Final = 16
_IN_BLOCK: Final = 4
_WHO: Final = sa.func.coalesce(events.c.key_ref, events.c.ip)
_FAILED: Final = (Outcome.FORBIDDEN, Outcome.CLIENT_ERROR)
_ENDS: Final = (
    ("ip", sa.func.min, events.c.ip),
    ("last_ip", sa.func.max, events.c.ip),
    ("first_seen", sa.func.min, events.c.ts),
    ("last_seen", sa.func.max, events.c.ts),
)
_SUMS: Final = ("requests", "ok", *(outcome.value for outcome in _FAILED))
_BY: Final = ("hour", "key_ref", "keyless", "route")


def walk_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hours in which a key_ref asked for numbers of one route that follow each other, whatever else it asked for.

    [hour, key_ref, ip, route, requests, ok, forbidden, client_error, addresses, numbers, slow, lowest, highest,
    first_seen, last_seen]; a row is a run of FEWEST_NUMBERS at least, none more than GAP after the one before it, that
    fill half of their range. Only the calls for these numbers are counted. Without a key_ref each address is counted by
    itself. `ip` is the smallest, `addresses` 2 where there are others. `slow` are the numbers that are not among so
    many within five minutes that `walks` has them. What decides about a row is in its own hour, so the days of a span
    may be read apart.
    """
    parts = [shaped(reader.frame(_runs(part)), EMPTY["walk_hours"]) for part in by_day(span)]
    return pd.concat(parts, ignore_index=True)


def walked_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """The rows of `walk_hours`, read at once: of a reader with few key_refs a day is not worth a query of its own."""
    return shaped(reader.frame(_runs(span)), EMPTY["walked_hours"])


def list_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hours in which a key_ref succeeded FEWEST_READ times on a route without identifiers.

    [hour, key_ref, ip, route, ok, slow, addresses, first_seen, last_seen]; `ip` and `addresses` as in `walk_hours`,
    `slow` the successes that are not among so many within five minutes that `walks` has them.
    """
    parts = [shaped(reader.frame(_lists(part)), EMPTY["list_hours"]) for part in by_day(span)]
    return pd.concat(parts, ignore_index=True)


def probed_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Routes that answered 401 to an address without a credential, of addresses with FEWEST_PROBED of them in the hour.

    [hour, ip, route, requests, first_seen, last_seen]; `route` is the path where there is no route, and MOST_PROBED of
    an hour are read. What `breadth` has FAST routes of within five minutes is left out.
    """
    parts = [shaped(reader.frame(_probed(part)), EMPTY["probed_hours"]) for part in by_day(span)]
    return pd.concat(parts, ignore_index=True)


def _lists(span: Window) -> "sa.Select[*tuple[Any, ...]]":
    five = Bucket(events.c.ts, WIDTH).label("five")
    read = (events.c.outcome == Outcome.OK.value, events.c.path == events.c.route, events.c.key_ref.is_not(None))
    groups = (five, events.c.key_ref, events.c.method, events.c.route)
    seen = (fun(column).label(name) for name, fun, column in _ENDS)
    counted = sa.select(*groups, _route().label("name"), sa.func.count().label("ok"), *seen)
    fives = counted.where(within(events.c.ts, span), *read).group_by(*groups).subquery()
    hour = Bucket(fives.c.five, HOUR).label("hour")
    by = [hour, fives.c.key_ref, fives.c.name.label("route")]
    query = sa.select(
        *by,
        sa.func.min(fives.c.ip).label("ip"),
        total(fives.c.ok).label("ok"),
        total(sa.case((fives.c.ok < FEWEST_OK, fives.c.ok), else_=0)).label("slow"),
        _addresses(fives.c.ip, fives.c.last_ip).label("addresses"),
        sa.func.min(fives.c.first_seen).label("first_seen"),
        sa.func.max(fives.c.last_seen).label("last_seen"),
    )
    return query.group_by(*by).having(total(fives.c.ok) >= FEWEST_READ).order_by(*by)


def _probed(span: Window) -> "sa.Select[*tuple[Any, ...]]":
    five = Bucket(events.c.ts, WIDTH).label("five")
    route = asked().label("route")
    refused = (events.c.outcome == Outcome.UNAUTHENTICATED.value, events.c.key_ref.is_(None), events.c.ip.is_not(None))
    seen = (sa.func.min(events.c.ts).label("first_seen"), sa.func.max(events.c.ts).label("last_seen"))
    counted = sa.select(five, events.c.ip, route, sa.func.count().label("requests"), *seen)
    each = counted.where(within(events.c.ts, span), *refused, route.is_not(None)).group_by(five, events.c.ip, route)
    fives = each.subquery()
    at_once = sa.func.count().over(partition_by=(fives.c.five, fives.c.ip)).label("at_once")
    told = sa.select(fives, at_once).subquery()
    hour = Bucket(told.c.five, HOUR).label("hour")
    by = (hour, told.c.ip, told.c.route)
    seen = (sa.func.min(told.c.first_seen).label("first_seen"), sa.func.max(told.c.last_seen).label("last_seen"))
    slow = sa.select(*by, total(told.c.requests).label("requests"), *seen).where(told.c.at_once < FAST)
    hours = slow.group_by(*by).subquery()
    place = (hours.c.hour, hours.c.ip)
    several = sa.func.count().over(partition_by=place).label("several")
    nth = sa.func.row_number().over(partition_by=place, order_by=hours.c.route).label("nth")
    rows = sa.select(hours, several, nth).subquery()
    columns = [rows.c[name] for name in EMPTY["probed_hours"]]
    few = (rows.c.several >= FEWEST_PROBED, rows.c.nth <= MOST_PROBED)
    return sa.select(*columns).where(*few).order_by(*columns[:3])


def _runs(span: Window) -> "sa.Select[*tuple[Any, ...]]":
    fives = _fives(_numbered(_asked(span)))
    by = [fives.c[name] for name in _BY]
    lowest, highest, numbers = sa.func.min(fives.c.lowest), sa.func.max(fives.c.highest), total(fives.c.numbers)
    query = sa.select(
        *by,
        sa.func.min(fives.c.ip).label("ip"),
        *(total(fives.c[name]).label(name) for name in _SUMS),
        _addresses(fives.c.ip, fives.c.last_ip).label("addresses"),
        numbers.label("numbers"),
        total(sa.case((fives.c.numbers < FEWEST_PATHS, fives.c.numbers), else_=0)).label("slow"),
        lowest.label("lowest"),
        highest.label("highest"),
        sa.func.min(fives.c.first_seen).label("first_seen"),
        sa.func.max(fives.c.last_seen).label("last_seen"),
    )
    dense = sa.and_(numbers >= FEWEST_NUMBERS, 2 * numbers >= highest - lowest + 1)
    order = (*(column.asc().nulls_last() for column in by), lowest)
    return query.group_by(*by, fives.c.run).having(dense).order_by(*order)


def _asked(span: Window) -> Subquery:
    """The numbers of an hour, each once: only of subjects and routes that may have a run."""
    groups = (Bucket(events.c.ts, HOUR), _WHO, events.c.route)
    each = _single(span).where(sa.tuple_(*groups).in_(_close(span))).subquery()
    by = [each.c[name] for name in (*_BY, "number")]
    once = sa.select(
        *by,
        total(each.c.requests).label("requests"),
        *(requests_of(each, outcome).label(outcome.value) for outcome in (Outcome.OK, *_FAILED)),
        sa.func.min(each.c.ip).label("ip"),
        sa.func.max(each.c.ip).label("last_ip"),
        sa.func.min(each.c.ts).label("first_seen"),
        sa.func.max(each.c.ts).label("last_seen"),
    )
    return once.where(each.c.number.is_not(None)).group_by(*by).subquery()


def _close(span: Window) -> "sa.Select[*tuple[Any, ...]]":
    """The hours, subjects and routes with _IN_BLOCK calls for numbers of one block, which every run has.

    A run fills half of its range, so where it is as long as the shortest it lies in two blocks, and half of it in one.
    Of all calls only this is counted: what is distinct, and the runs, are worked out for what is left.
    """
    each = _single(span).where(_WHO.is_not(None)).subquery()
    by = (each.c.hour, sa.func.coalesce(each.c.key_ref, each.c.keyless), each.c.name)
    block = each.c.number - each.c.number % _BLOCK
    several = sa.func.min(each.c.number) < sa.func.max(each.c.number)
    blocks = sa.select(*by).where(each.c.number.is_not(None)).group_by(*by, block)
    return blocks.having(sa.and_(sa.func.count() >= _IN_BLOCK, several)).distinct()


def _single(span: Window) -> "sa.Select[*tuple[Any, ...]]":
    """Calls to routes with identifiers."""
    return sa.select(
        Bucket(events.c.ts, HOUR).label("hour"),
        events.c.key_ref,
        sa.case((events.c.key_ref.is_(None), events.c.ip)).label("keyless"),
        events.c.route.label("name"),
        _route().label("route"),
        PathNumber(events.c.path).label("number"),
        events.c.ip,
        events.c.outcome,
        events.c.ts,
        sa.literal(1).label("requests"),
    ).where(within(events.c.ts, span), events.c.path != events.c.route)


def _numbered(once: Subquery) -> Subquery:
    """Each number with `run`: which of its hour's runs it is in, counted from the lowest."""
    by = [once.c[name] for name in _BY]
    before = sa.func.min(once.c.number).over(partition_by=by, order_by=once.c.number, rows=(-1, -1))
    follows = sa.select(once, sa.case((once.c.number - before <= GAP, 0), else_=1).label("begins")).subquery()
    by = [follows.c[name] for name in _BY]
    run = sa.func.sum(follows.c.begins).over(partition_by=by, order_by=follows.c.number, rows=(None, 0))
    return sa.select(follows, run.label("run")).subquery()


def _fives(rows: Subquery) -> Subquery:
    """The runs, by the five minutes in which each number was first asked for."""
    five = Bucket(rows.c.first_seen, WIDTH)
    by = [rows.c[name] for name in (*_BY, "run")]
    query = sa.select(
        *by,
        *(total(rows.c[name]).label(name) for name in _SUMS),
        sa.func.count().label("numbers"),
        sa.func.min(rows.c.number).label("lowest"),
        sa.func.max(rows.c.number).label("highest"),
        sa.func.min(rows.c.ip).label("ip"),
        sa.func.max(rows.c.last_ip).label("last_ip"),
        sa.func.min(rows.c.first_seen).label("first_seen"),
        sa.func.max(rows.c.last_seen).label("last_seen"),
    )
    return query.group_by(*by, five).subquery()


def _route() -> ColumnElement[str]:
    return sa.func.coalesce(events.c.method + " ", "") + events.c.route


def _addresses(first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
    """1, or 2 where there are several."""
    return sa.case((sa.func.min(first) < sa.func.max(last), 2), else_=1)
