"""What came of each key's requests."""

from typing import Final

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.events.reader import EventsReader
from store.queries.counts import total
from store.queries.rows import hourly
from store.queries.shape import COUNT, TEXT, shaped

OUTCOMES_BY_KEY: Final = {"key_ref": TEXT, "outcome": TEXT, "requests": COUNT}


def outcomes_by_key(reader: EventsReader, window: Window) -> pd.DataFrame:
    """Requests by key_ref and outcome: [key_ref, outcome, requests], in that order; every outcome has its own row.

    From usage, the ragged ends of the window from events. key_ref is None, and last, where no credential was presented,
    and `unknown:<network>` for folded unknown credentials.
    """
    rows = hourly(window)
    by = (rows.c.key_ref, rows.c.outcome)
    query = sa.select(*by, total(rows.c.requests).label("requests")).group_by(*by)
    return shaped(reader.frame(query.order_by(rows.c.key_ref.asc().nulls_last(), rows.c.outcome)), OUTCOMES_BY_KEY)
