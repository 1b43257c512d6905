"""Who did something new: few keys of all, and the only ones whose history detectors of novelty have to read.

What is asked here is asked of every key, so it stays in the engine: pandas gets the pairs that are new.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from model.event import Outcome
from model.window import Window
from store.dialect import Instant
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.frame_columns import EMPTY, empty_frame
from store.queries.framing import summed, values
from store.queries.rows import faceted, hourly, known
from store.queries.shape import TEXT, shaped
from store.queries.spans import DAY, HOUR, floor, widened, within

NEW_VALUES: Final = {"kind": TEXT, "key_ref": TEXT, "value": TEXT}
KINDS: Final = ("network", "client", "asn", "country", "route")
QUIET: Final = timedelta(days=14)
"""A value that a key had not succeeded with for so long is looked at. Detectors look back 30 days, or as long as a key
has to rest to be dormant: whatever they call new is new to these two weeks."""
SPREAD: Final = 4
"""A key of so many networks, or so many clients, in the hours that are judged is looked at."""
OTHERS: Final = 50
"""So many other keys of a route tell as much as all of them: that it is nothing special."""
_STEPS: Final = (DAY, timedelta(days=7), timedelta(days=400))
"""How far back is looked for them."""


def judged_days(window: Window) -> Window:
    """The whole days in which buckets of a window lie."""
    return widened(Window(since=window.since - HOUR, until=window.until), DAY)


def new_values(reader: EventsReader, window: Window) -> pd.DataFrame:
    """What a key succeeded with in the window's days and not in the two weeks before: [kind, key_ref, value]."""
    days = judged_days(window)
    last = floor(window.until - timedelta(microseconds=1), DAY)
    span = Window(since=min(last - QUIET, days.since), until=window.until)
    parts = [_new(reader, kind, span, days) for kind in KINDS]
    return shaped(reader.frame(sa.union_all(*parts).subquery().select()), NEW_VALUES)


def spread_refs(reader: EventsReader, window: Window) -> set[str]:
    """The key_refs that had many networks or many clients in the hours of the window and the two before."""
    near = Window(since=floor(window.since, HOUR) - 2 * HOUR, until=window.until)
    many = sa.or_(
        sa.func.count(events.c.network.distinct()) >= SPREAD, sa.func.count(events.c.client.distinct()) >= SPREAD
    )
    rows = sa.select(events.c.key_ref).where(within(events.c.ts, near), events.c.key_ref.is_not(None))
    return set(reader.frame(rows.group_by(events.c.key_ref).having(many))["key_ref"])


def used_refs(reader: EventsReader, span: Window) -> set[str]:
    """The key_refs that succeeded in the span."""
    rows = hourly(span)
    query = sa.select(rows.c.key_ref).where(known(rows), rows.c.outcome == Outcome.OK.value).distinct()
    return set(reader.frame(query)["key_ref"])


def days_at(
    reader: EventsReader, name: str, span: Window, *, at: Collection[str], but: Collection[str]
) -> pd.DataFrame:
    """The rows of network_days (`name`) at some networks, of other key_refs than `but`."""
    kind = name.removesuffix("_days")
    rows = values(reader, kind, span)
    found = shaped(reader.frame(summed(name, rows, known).where(rows.c[kind].in_(sorted(at)))), EMPTY[name])
    return found[~found["key_ref"].isin(but)]


def users_of(
    reader: EventsReader,
    window: Window,
    span: Window,
    *,
    routes: Collection[str],
    but: Collection[str] = (),
    most: int | None = None,
) -> pd.DataFrame:
    """Rows of route_days that tell who uses routes, without the key_refs `but`: `most` a route, or all.

    Of the days before the window's, each key has its last one; in the window's days its first success counts.
    """
    days = judged_days(window)
    before = Window(since=span.since, until=max(span.since, days.since))
    last = _last_of_most(reader, before, routes, but, most) if most else _last_of_each(reader, before, routes)
    parts = []
    for found, by in ((last, "day"), (_asked(reader, span, days, routes), "first_ok")):
        ordered = found[~found["key_ref"].isin(but)].sort_values([by, "key_ref"], ascending=[by != "day", True])
        parts.append(ordered.groupby("route").head(most) if most else ordered)
    return pd.concat(parts)


def _last_of_most(
    reader: EventsReader, span: Window, routes: Collection[str], but: Collection[str], most: int
) -> pd.DataFrame:
    """As `_last_of_each`, without `but`, and no further back than until each route has `most` of them.

    The day before tells enough of most routes: a month of all keys at once took 300 MB.
    """
    parts, left, until = [empty_frame("route_days")], set(routes), span.until
    for reach in _STEPS:
        since = max(span.since, span.until - reach)
        if not left or since >= until:
            break
        found = _last_of_each(reader, Window(since=since, until=until), left)
        found = found[~found["key_ref"].isin(but)]
        later = pd.MultiIndex.from_frame(pd.concat(parts)[["key_ref", "route"]])
        parts.append(found[~pd.MultiIndex.from_frame(found[["key_ref", "route"]]).isin(later)])
        count = pd.concat(parts).groupby("route").size()
        left, until = left - set(count[count >= most].index), since
    return pd.concat(parts, ignore_index=True)


def _last_of_each(reader: EventsReader, span: Window, routes: Collection[str]) -> pd.DataFrame:
    """The last day in the span of each key_ref and route, as rows of route_days.

    The engine picks it: a month of all keys would be a hundred times as many rows.
    """
    rows = values(reader, "route", span)
    tried = _succeeded(rows, routes)
    place = (rows.c.key_ref, rows.c.route)
    last = sa.select(sa.func.max(rows.c.day), *place).where(*tried).group_by(*place)
    query = summed("route_days", rows, known).order_by(None)
    query = query.where(*tried, sa.tuple_(rows.c.day, *place).in_(last))
    return shaped(reader.frame(query), EMPTY["route_days"])


def _asked(reader: EventsReader, span: Window, days: Window, routes: Collection[str]) -> pd.DataFrame:
    """The rows of route_days with a success, within `days`."""
    rows = values(reader, "route", Window(since=max(span.since, days.since), until=span.until))
    query = summed("route_days", rows, known).order_by(None).where(*_succeeded(rows, routes))
    return shaped(reader.frame(query), EMPTY["route_days"])


def _succeeded(rows: "sa.FromClause", routes: Collection[str]) -> tuple["sa.ColumnElement[bool]", ...]:
    return rows.c.route.in_(sorted(routes)), rows.c.outcome == Outcome.OK.value


def _new(reader: EventsReader, kind: str, span: Window, days: Window) -> "sa.Select[Any]":
    rows = faceted(kind, span, newest=reader.newest)
    lately = sa.func.max(sa.case((rows.c.day >= Instant(days.since), 1), else_=0))
    earlier = sa.func.max(sa.case((rows.c.day < Instant(days.since), 1), else_=0))
    query = sa.select(sa.literal(kind).label("kind"), rows.c.key_ref, rows.c.value)
    query = query.where(known(rows), rows.c.outcome == Outcome.OK.value)
    return query.group_by(rows.c.key_ref, rows.c.value).having(lately == 1, earlier == 0)
