"""The requests themselves, newest first."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from model.event import EVENT_COLUMNS
from model.window import Window
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.shape import INTEGER, MOMENT, NUMBER, TEXT, empty, shaped
from store.queries.spans import of_keys, within

_DTYPES: Final = {"TIMESTAMP WITH TIME ZONE": MOMENT, "VARCHAR": TEXT, "DOUBLE": NUMBER}
LATEST: Final = {name: _DTYPES.get(kind, INTEGER) for name, kind in EVENT_COLUMNS.items()}
"""The event's columns; whole numbers that a log may not have are Int64."""
_SHARES: Final = (100, 10, 1)
"""Of a window that is searched for its newest events: its last hundredth, its last tenth, and all."""
_MOMENT: Final = timedelta(microseconds=1)


def latest(
    reader: EventsReader,
    window: Window,
    *,
    key_refs: Sequence[str] | None = None,
    ip: str | None = None,
    outcome: str | None = None,
    limit: int = 200,
    about: int | None = None,
) -> pd.DataFrame:
    """The newest events that match all of what is given: the columns of an event, newest first.

    `about` is how many there may be, for who knows it: times that hold too few are not looked at then.
    key_refs are those of the log: a credential that usage folds is found here by its own key_ref.
    """
    wanted = [of_keys(events.c.key_ref, key_refs)]
    if ip is not None:
        wanted.append(events.c.ip == ip)
    if outcome is not None:
        wanted.append(events.c.outcome == outcome)
    return last(reader, window, wanted, limit, about)


def last(
    reader: EventsReader, window: Window, wanted: Sequence[ColumnElement[bool]], limit: int, about: int | None = None
) -> pd.DataFrame:
    """The newest events that meet conditions: the columns of an event, newest first.

    The end of the window is looked at first, and more of it only where that has too few: who asks for the newest
    hundred of a week need not read the week.
    """
    newest = (events.c.ts.desc(), events.c.batch.desc(), events.c.line.desc())
    end = window.until if reader.newest is None else min(window.until, max(window.since, reader.newest) + _MOMENT)
    found = empty(LATEST)
    for share in _SHARES if about is None else [each for each in _SHARES if each == 1 or about / each >= limit]:
        near = Window(since=max(window.since, end - window.length / share), until=window.until)
        query = sa.select(events).where(within(events.c.ts, near), *wanted).order_by(*newest).limit(limit)
        found = shaped(reader.frame(query), LATEST)
        if len(found) == limit:
            break
    return found
