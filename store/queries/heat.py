"""When in the week a key is used, by the clocks of one zone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import sqlalchemy as sa

from model.errors import UsageError
from model.window import Window
from store.dialect import LocalHour, LocalWeekday
from store.events.reader import EventsReader
from store.queries.counts import total
from store.queries.rows import moments
from store.queries.shape import COUNT, shaped
from store.queries.spans import DAY, HOUR

HOUR_BY_WEEKDAY: Final = {"weekday": COUNT, "hour": COUNT, "requests": COUNT}


def hour_by_weekday(
    reader: EventsReader, window: Window, *, zone: str, key_refs: Sequence[str] | None = None
) -> pd.DataFrame:
    """Requests by local weekday (0 is Monday) and hour: [weekday, hour, requests]; empty hours have no row.

    `zone` is an IANA name such as Europe/Berlin. Usage answers where the zone is whole hours from UTC throughout the
    window, else (Asia/Kolkata) events do, which are gone sooner. Raises UsageError for a zone that does not exist.
    """
    rows = moments(window, key_refs, whole_hours=_whole_hours(window, _zone(zone)), newest=reader.newest)
    local = sa.select(
        LocalWeekday(rows.c.moment, zone).label("weekday"),
        LocalHour(rows.c.moment, zone).label("hour"),
        rows.c.requests,
    ).subquery()
    by = (local.c.weekday, local.c.hour)
    query = sa.select(*by, total(local.c.requests).label("requests")).group_by(*by).order_by(*by)
    return shaped(reader.frame(query), HOUR_BY_WEEKDAY)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{name!r} is not a time zone."
        raise UsageError(msg, hint="Write an IANA name such as UTC, Europe/Berlin or Asia/Kolkata.") from None


def _whole_hours(window: Window, zone: ZoneInfo) -> bool:
    days = range(window.length // DAY + 1)
    moments = [*(window.since + day * DAY for day in days), window.until]
    return not any((moment.astimezone(zone).utcoffset() or timedelta(0)) % HOUR for moment in moments)
