"""The requests themselves, newest first."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import sqlalchemy as sa

from model.event import EVENT_COLUMNS
from model.window import Window
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.shape import INTEGER, MOMENT, NUMBER, TEXT, shaped
from store.queries.spans import of_keys, within

_DTYPES: Final = {"TIMESTAMP WITH TIME ZONE": MOMENT, "VARCHAR": TEXT, "DOUBLE": NUMBER}
LATEST: Final = {name: _DTYPES.get(kind, INTEGER) for name, kind in EVENT_COLUMNS.items()}
"""The event's columns; whole numbers that a log may not have are Int64."""


def latest(
    reader: EventsReader,
    window: Window,
    *,
    key_refs: Sequence[str] | None = None,
    ip: str | None = None,
    outcome: str | None = None,
    limit: int = 200,
) -> pd.DataFrame:
    """The newest events that match all of what is given: the columns of an event, newest first.

    key_refs are those of the log: a credential that usage folds is found here by its own key_ref.
    """
    query = sa.select(events).where(within(events.c.ts, window), of_keys(events.c.key_ref, key_refs))
    if ip is not None:
        query = query.where(events.c.ip == ip)
    if outcome is not None:
        query = query.where(events.c.outcome == outcome)
    newest = (events.c.ts.desc(), events.c.batch.desc(), events.c.line.desc())
    return shaped(reader.frame(query.order_by(*newest).limit(limit)), LATEST)
