"""Where each key was used from, and by what."""

from typing import Final, Literal

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.events.reader import EventsReader
from store.queries.rows import faceted, known
from store.queries.shape import TEXT, shaped

Origin = Literal["ip", "network", "client", "country"]
"""A column of events that is a kind of facet too, under the same values."""

ORIGINS_BY_KEY: Final = {"key_ref": TEXT, "value": TEXT}


def origins_by_key(reader: EventsReader, window: Window, origin: Origin) -> pd.DataFrame:
    """The distinct addresses, networks or clients of each key_ref: [key_ref, value], in that order.

    From facets, the ragged ends of the window from events. Null and folded unknown credentials are left out, and so
    are requests that have no such value.
    """
    rows = faceted(origin, window)
    pairs = (rows.c.key_ref, rows.c.value)
    query = sa.select(*pairs).where(known(rows)).distinct().order_by(*pairs)
    return shaped(reader.frame(query), ORIGINS_BY_KEY)
