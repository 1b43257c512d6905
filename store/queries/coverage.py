"""Which hours each source's logs cover."""

from typing import Final

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.shape import MOMENT, TEXT, shaped
from store.queries.spans import HOUR, within

SOURCE_HOURS: Final = {"source": TEXT, "hour": MOMENT}


def source_hours(reader: EventsReader, window: Window) -> pd.DataFrame:
    """The UTC hours in which each source has an event: [source, hour], in that order; a silent hour has no row.

    From events, since usage does not know the source. An hour that the window cuts is named by its beginning, and
    counts when the part inside has an event.
    """
    rows = sa.select(events.c.source, Bucket(events.c.ts, HOUR).label("hour")).where(within(events.c.ts, window))
    single = rows.distinct().subquery()
    return shaped(reader.frame(sa.select(single).order_by(single.c.source, single.c.hour)), SOURCE_HOURS)
