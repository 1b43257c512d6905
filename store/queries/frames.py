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
from model.window import Window
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.frame_columns import EMPTY
from store.queries.framing import failing as _failing
from store.queries.framing import grouped as _grouped
from store.queries.framing import single_events as _events
from store.queries.framing import values as _values
from store.queries.life_frames import LIFE_FRAMES
from store.queries.rows import hourly, known
from store.queries.spans import HOUR

_MINUTE: Final = timedelta(minutes=1)


def event_frame(name: str, reader: EventsReader, window: Window, lookback: timedelta) -> pd.DataFrame:
    """The frame `name` over [window.since - lookback, window.until); columns and order as in frame_columns.EMPTY.

    Raises DetectorError for a name that is none of EMPTY.
    """
    if name not in FRAMES:
        msg = f"No frame of events is called {name!r}."
        raise DetectorError(msg, hint=f"Frames of events are {', '.join(EMPTY)}.")
    return FRAMES[name](reader, Window(since=window.since - lookback, until=window.until))


def auth_minutes(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Minutes of every key_ref, address and network that failed to authenticate at least framing.FEWEST_FAILURES times.

    [minute, key_ref, ip, network, requests, ok, unauthenticated, forbidden, throttled, first_seen, last_seen], one row
    for a minute, key_ref, ip and network, the successes of such subjects among them. key_refs are those of the log,
    not folded; null where no credential was presented.
    """
    of_subjects = sa.or_(*(_failing(events.c[name], span) for name in ("key_ref", "ip", "network")))
    rows = _events(span, "minute", _MINUTE, "ip", "network").where(of_subjects).subquery()
    return _grouped(reader, "auth_minutes", rows)


def key_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hours of every key_ref: [hour, key_ref, requests, ok … server_error, bytes_out]; null and unknown left out."""
    return _grouped(reader, "key_hours", hourly(span), known)


def origin_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Where key_refs were used from: [hour, key_ref, ip, network, client, requests, …, first_seen, last_seen].

    From events, so not folded; requests without a key are left out.
    """
    rows = _events(span, "hour", HOUR, "ip", "network", "client").where(events.c.key_ref.is_not(None))
    return _grouped(reader, "origin_hours", rows.subquery())


def network_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Networks that key_refs were used from: [day, key_ref, network, requests, ok, first_seen, last_seen]."""
    return _grouped(reader, "network_days", _values("network", span), known)


def client_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Clients that key_refs were used by: [day, key_ref, client, requests, ok, first_seen, last_seen]."""
    return _grouped(reader, "client_days", _values("client", span), known)


FRAMES: Final[dict[str, Callable[[EventsReader, Window], pd.DataFrame]]] = {
    "auth_minutes": auth_minutes,
    "key_hours": key_hours,
    "origin_hours": origin_hours,
    "network_days": network_days,
    "client_days": client_days,
    **LIFE_FRAMES,
}
"""Frame to the function that reads it over a span."""
