"""Which key_refs were used: what a live cycle has to judge anew."""

from datetime import datetime

import sqlalchemy as sa

from model.window import Window
from store.events.reader import EventsReader
from store.events.tables import usage
from store.handle import Store
from store.queries.rows import known
from store.queries.spans import HOUR, widened, within


def touched_refs(store: Store, window: Window, since: datetime | None) -> list[str]:
    """The key_refs used in the hours of the window, or told of by segments that came after `since` (None: no such).

    They are read from usage, so credentials that are folded there are not among them.
    """
    with store.reader(window) as reader:
        found = _used(reader, window)
    if since is not None:
        with store.reader(since=since) as reader:
            found |= _used(reader, None)
    return sorted(found)


def _used(reader: EventsReader, window: Window | None) -> set[str]:
    hours = within(usage.c.hour, widened(window, HOUR)) if window else sa.true()
    rows = sa.select(usage.c.key_ref).where(hours).distinct().subquery()
    frame = reader.frame(sa.select(rows.c.key_ref).where(known(rows)))
    return {str(ref) for ref in frame["key_ref"]}
