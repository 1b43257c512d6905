"""Requests over time of an address or a network, from events: usage knows keys, and facets know whole days only."""

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.shape import shaped
from store.queries.spans import positive, within
from store.queries.traffic import OVER_TIME

PLACES: Final = ("ip", "network")
"""By which a place is named."""


def over_time_from(
    reader: EventsReader, window: Window, *, bucket: timedelta, ip: str | None = None, network: str | None = None
) -> pd.DataFrame:
    """As `traffic.over_time`, of the requests from one address or network, whatever key they had; None: from any."""
    begin = Bucket(events.c.ts, positive(bucket)).label("bucket")
    query = sa.select(begin, events.c.outcome, sa.func.count().label("requests")).where(within(events.c.ts, window))
    for name, value in zip(PLACES, (ip, network), strict=True):
        query = query.where(events.c[name] == value) if value is not None else query
    by: tuple[sa.ColumnElement[Any], ...] = (begin, events.c.outcome)
    return shaped(reader.frame(query.group_by(*by).order_by(*by)), OVER_TIME)
