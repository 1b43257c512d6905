"""Questions about events that only the report asks, put together from the parts of `store.queries`."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from model.window import Window
from reports.thresholds import HOUR, MINUTE
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.counts import total
from store.queries.rows import faceted, hourly, known
from store.queries.shape import COUNT, MOMENT, TEXT, shaped
from store.queries.spans import within

OUTCOMES: Final = {"key_ref": TEXT, "outcome": TEXT, "requests": COUNT}
PLACES: Final = {"key_ref": TEXT, "value": TEXT}
LATE: Final = {"key_ref": TEXT, "minute": MOMENT, "outcome": TEXT, "requests": COUNT}
HOURS: Final = {"source": TEXT, "hour": MOMENT}


def outcomes_by_key(reader: EventsReader, window: Window) -> pd.DataFrame:
    """Requests by key_ref and outcome: [key_ref, outcome, requests].

    key_ref is None where no credential was presented and `unknown:<network>` for folded unknown credentials.
    """
    rows = hourly(window)
    query = rows.select().with_only_columns(
        rows.c.key_ref, rows.c.outcome, total(rows.c.requests).label("requests"), maintain_column_froms=True
    )
    return shaped(reader.frame(query.group_by(rows.c.key_ref, rows.c.outcome)), OUTCOMES)


def values_by_key(reader: EventsReader, window: Window, kind: str) -> pd.DataFrame:
    """The distinct values of one kind of facet (`ip`, `client`) of each key_ref: [key_ref, value], in no order.

    Null and folded unknown credentials are left out.
    """
    rows = faceted(kind, window)
    query = rows.select().where(known(rows)).with_only_columns(rows.c.key_ref, rows.c.value).distinct()
    return shaped(reader.frame(query), PLACES)


def late_minutes(reader: EventsReader, window: Window, key_refs: Sequence[str]) -> pd.DataFrame:
    """Requests of key_refs by minute and outcome, from events: [key_ref, minute, outcome, requests].

    Meant for keys that were registered after their requests were read: usage and facets know these as folded unknown
    credentials, events still know them by their own reference.
    """
    minute = Bucket(events.c.ts, MINUTE).label("minute")
    one = events.c.line - events.c.line + 1
    mine = (within(events.c.ts, window), events.c.key_ref.in_(list(key_refs)))
    query = events.select().with_only_columns(
        events.c.key_ref, minute, events.c.outcome, total(one).label("requests"), maintain_column_froms=True
    )
    by = (events.c.key_ref, minute, events.c.outcome)
    return shaped(reader.frame(query.where(*mine).group_by(*by)), LATE)


def late_values(reader: EventsReader, window: Window, key_refs: Sequence[str], kind: str) -> pd.DataFrame:
    """As `values_by_key` for such key_refs, from events."""
    value = events.c[kind]
    mine = (within(events.c.ts, window), events.c.key_ref.in_(list(key_refs)), value.is_not(None))
    query = events.select().with_only_columns(events.c.key_ref, value.label("value")).where(*mine).distinct()
    return shaped(reader.frame(query), PLACES)


def source_hours(reader: EventsReader, window: Window) -> pd.DataFrame:
    """The hours in which each source has an event: [source, hour], in that order. From events."""
    hour = Bucket(events.c.ts, HOUR).label("hour")
    query = events.select().with_only_columns(events.c.source, hour).where(within(events.c.ts, window)).distinct()
    return shaped(reader.frame(query), HOURS).sort_values(["source", "hour"]).reset_index(drop=True)
