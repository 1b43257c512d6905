"""The routes that the events of a source have."""

import sqlalchemy as sa

from store.events.reader import EventsReader
from store.events.tables import events


def routes_of(reader: EventsReader, source: str) -> list[tuple[str | None, str]]:
    """The distinct (host, route) of a source's events; facets know routes, but not of which host."""
    query = sa.select(events.c.host, events.c.route).where(events.c.source == source, events.c.route.is_not(None))
    return [(host, route) for host, route in reader.connection.execute(query.distinct())]
