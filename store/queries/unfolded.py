"""What events alone know of keys that were registered after their requests were read.

Usage and facets may know these as folded unknown credentials; events still know them by their own key_ref, as long as
retention keeps them.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.origins import ORIGINS_BY_KEY, Origin
from store.queries.shape import COUNT, MOMENT, TEXT, shaped
from store.queries.spans import of_keys, within

UNFOLDED_MINUTES: Final = {"key_ref": TEXT, "minute": MOMENT, "outcome": TEXT, "requests": COUNT}
_MINUTE: Final = timedelta(minutes=1)


def unfolded_minutes(reader: EventsReader, window: Window, *, key_refs: Sequence[str] | None = None) -> pd.DataFrame:
    """Requests of key_refs by minute and outcome: [key_ref, minute, outcome, requests], in that order.

    None: of all that the reader has, which is then one of some key_refs alone: a hundred thousand of them as
    parameters of a query would take half a gigabyte.
    key_refs are those of the log: `unknown:<network>` finds nothing. A minute without requests has no row.
    """
    mine = (within(events.c.ts, window), of_keys(events.c.key_ref, key_refs))
    rows = sa.select(events.c.key_ref, Bucket(events.c.ts, _MINUTE).label("minute"), events.c.outcome).where(*mine)
    single = rows.subquery()
    by = (single.c.key_ref, single.c.minute, single.c.outcome)
    query = sa.select(*by, sa.func.count().label("requests")).group_by(*by).order_by(*by)
    return shaped(reader.frame(query), UNFOLDED_MINUTES)


def unfolded_origins(reader: EventsReader, window: Window, origin: Origin, *, key_refs: Sequence[str]) -> pd.DataFrame:
    """The distinct addresses, networks or clients of such key_refs: [key_ref, value], in that order.

    Requests that have no such value are left out, as in `origins.origins_by_key`.
    """
    value = events.c[origin]
    pairs = (events.c.key_ref, value.label("value"))
    mine = (within(events.c.ts, window), of_keys(events.c.key_ref, key_refs), value.is_not(None))
    query = sa.select(*pairs).where(*mine).distinct().order_by(*pairs)
    return shaped(reader.frame(query), ORIGINS_BY_KEY)
