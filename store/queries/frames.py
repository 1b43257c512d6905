"""The frames that detectors read, by name, as far as they come from events; one select each.

A frame spans the window that is judged and the lookback before it. Nothing later than `window.until` is in it, and
rows of the last hour or day hold only what came before that moment.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pandas as pd
import sqlalchemy as sa

from model.errors import DetectorError
from model.event import Outcome
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events, usage
from store.queries.auth_frames import auth_hours, auth_minutes, platform_minutes, worked
from store.queries.breadth import breadth, walks
from store.queries.frame_columns import EMPTY
from store.queries.framing import grouped as _grouped
from store.queries.framing import measure
from store.queries.framing import single_events as _events
from store.queries.framing import values as _values
from store.queries.life_frames import LIFE_FRAMES
from store.queries.pacing import list_hours, probed_hours, walk_hours, walked_hours
from store.queries.rows import hourly, known
from store.queries.shape import COUNT, shaped
from store.queries.spans import HOUR, by_day, widened, within

USE: Final = {
    name: kind
    for name, kind in EMPTY["key_hours"].items()
    if name in {"hour", "key_ref", "requests", "unauthenticated", "client_error", "server_error", "bytes_out"}
}
OFTEN: Final = 10
"""Fewer refusals of a key in an hour than throttled or retry-loop would ever fire at."""

_MINUTE: Final = timedelta(minutes=1)
_FAILED: Final = (Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN)
_REFUSED: Final = (*_FAILED, Outcome.THROTTLED, Outcome.CLIENT_ERROR)


def event_frame(name: str, reader: EventsReader, window: Window, lookback: timedelta) -> pd.DataFrame:
    """The frame `name` over [window.since - lookback, window.until); columns and order as in frame_columns.EMPTY.

    Raises DetectorError for a name that is none of EMPTY.
    """
    if name not in FRAMES:
        msg = f"No frame of events is called {name!r}."
        raise DetectorError(msg, hint=f"Frames of events are {', '.join(EMPTY)}.")
    return FRAMES[name](reader, Window(since=window.since - lookback, until=window.until))


def key_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hours of every key_ref: [hour, key_ref, requests, ok … server_error, bytes_out]; null and unknown left out."""
    return _grouped(reader, "key_hours", hourly(span), known)


def use_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """What baselines are made of: USE, the columns of key_hours that count for them, in no order.

    Half as many columns and no sorting: a day of all keys is asked for 43 times in a row.
    """
    rows = hourly(span)
    by = (rows.c.hour, rows.c.key_ref)
    sums = [measure(rows, name) for name, kind in USE.items() if kind == COUNT]
    return shaped(reader.frame(sa.select(*by, *sums).where(known(rows)).group_by(*by)), USE)


def origin_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Where key_refs were used from: [hour, key_ref, ip, network, asn, country, client, requests, …, last_seen].

    From events; requests without a key are left out, and so are credentials that no inventory row knows and that never
    succeeded: a million guesses are no rows.
    """
    listed = sa.select(usage.c.key_ref).where(within(usage.c.hour, widened(span, HOUR)), known(usage))
    places = ("ip", "network", "asn", "country", "client")
    parts = [_events(part, "hour", HOUR, *places).where(events.c.key_ref.in_(listed)) for part in by_day(span)]
    return pd.concat([_grouped(reader, "origin_hours", part.subquery()) for part in parts], ignore_index=True)


def network_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Networks that key_refs were used from: [day, key_ref, network, requests, ok, first_seen, last_seen]."""
    return _grouped(reader, "network_days", _values(reader, "network", span), known)


def client_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Clients that key_refs were used by: [day, key_ref, client, requests, ok, first_seen, last_seen]."""
    return _grouped(reader, "client_days", _values(reader, "client", span), known)


def refused_minutes(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Minutes of every key_ref that was refused OFTEN times in an hour, by route.

    [minute, key_ref, method, route, outcome, requests]

    A refused call (401, 403, 429 and other 4xx) has its method, route and outcome; all others of a minute are one
    row with neither method nor route, and outcome ok.
    """
    refused = events.c.outcome.in_([outcome.value for outcome in _REFUSED])
    hour = Bucket(events.c.ts, HOUR)
    often = sa.select(events.c.key_ref).where(within(events.c.ts, span), refused, events.c.key_ref.is_not(None))
    often = often.group_by(events.c.key_ref, hour).having(sa.func.count() >= OFTEN)
    rows = (
        sa.select(
            Bucket(events.c.ts, _MINUTE).label("minute"),
            events.c.key_ref,
            sa.case((refused, events.c.method)).label("method"),
            sa.case((refused, events.c.route)).label("route"),
            sa.case((refused, events.c.outcome), else_=sa.literal(Outcome.OK.value)).label("outcome"),
            sa.literal(1).label("requests"),
        )
        .where(within(events.c.ts, span), events.c.key_ref.in_(often))
        .subquery()
    )
    return _grouped(reader, "refused_minutes", rows)


def asn_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Autonomous systems that key_refs were used from: [day, key_ref, asn, requests, ok, first_seen, last_seen]."""
    return _grouped(reader, "asn_days", _values(reader, "asn", span), known)


def country_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Countries that key_refs were used from: [day, key_ref, country, requests, ok, first_seen, last_seen]."""
    return _grouped(reader, "country_days", _values(reader, "country", span), known)


def route_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Routes, with their methods, that key_refs asked for: [day, key_ref, route, requests, …, last_seen, first_ok].

    `first_ok` is the moment of the day's first success, null where none succeeded.
    """
    return _grouped(reader, "route_days", _values(reader, "route", span), known)


DEEP: Final = dict.fromkeys(("auth_minutes", "worked"), timedelta(days=33))
"""Frames whose selects look further back than their rows reach, and how far: for where keys had settled."""

FRAMES: Final[dict[str, Callable[[EventsReader, Window], pd.DataFrame]]] = {
    "auth_minutes": auth_minutes,
    "worked": worked,
    "key_hours": key_hours,
    "origin_hours": origin_hours,
    "network_days": network_days,
    "client_days": client_days,
    "auth_hours": auth_hours,
    "platform_minutes": platform_minutes,
    "refused_minutes": refused_minutes,
    "asn_days": asn_days,
    "country_days": country_days,
    "route_days": route_days,
    "breadth": breadth,
    "walks": walks,
    "walk_hours": walk_hours,
    "walked_hours": walked_hours,
    "list_hours": list_hours,
    "probed_hours": probed_hours,
    **LIFE_FRAMES,
}
"""Frame to the function that reads it over a span."""
