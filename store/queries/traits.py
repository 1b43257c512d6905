"""With what some keys were used, all kinds of it at once, and what of that is new."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.events.reader import EventsReader
from store.queries.counts import COUNTS, counts
from store.queries.rows import all_faceted
from store.queries.shape import COUNT, MOMENT, TEXT, empty, shaped

Kind = Literal["route", "ip", "network", "client", "country", "asn"]
TRAITS: Final = {
    "kind": TEXT, "value": TEXT, **COUNTS, "first_seen": MOMENT, "last_seen": MOMENT, "place": COUNT, "debut": COUNT,
}  # fmt: skip


def traits(
    reader: EventsReader,
    window: Window,
    before: Window,
    *,
    key_refs: Sequence[str],
    most: Mapping[Kind, int],
    newest: int,
) -> pd.DataFrame:
    """The busiest values of kinds of facets in the window, and the newest that `before` had not: one row a value.

    `most` says how many of each kind; `before` ends where the window begins. Columns: kind, value, the counts of the
    window, first_seen and last_seen in it; `place`, from 1 on, by requests and then by value; `debut`, from 1 on, by
    the latest first use, of what is new, and 0 of what is not. In order of kind and place.
    """
    if not most:
        return empty(TRAITS)
    kinds = list(most)
    now = all_faceted(kinds, window, key_refs, newest=reader.newest)
    then = all_faceted(kinds, before, key_refs, newest=reader.newest)
    seen = (sa.func.min(now.c.first_seen).label("first_seen"), sa.func.max(now.c.last_seen).label("last_seen"))
    used = sa.select(now.c.kind, now.c.value, *counts(now), *seen).group_by(now.c.kind, now.c.value).subquery()
    known = sa.select(then.c.kind.label("of"), then.c.value.label("what"), sa.literal(1).label("old")).distinct()
    old = known.subquery()
    joined = sa.and_(used.c.kind == old.c.of, used.c.value == old.c.what)
    told = sa.select(*used.c, sa.func.coalesce(old.c.old, 0).label("old")).join_from(used, old, joined, isouter=True)
    rows = told.subquery()
    place = sa.func.row_number().over(partition_by=rows.c.kind, order_by=(rows.c.requests.desc(), rows.c.value))
    first = sa.func.row_number().over(
        partition_by=(rows.c.kind, rows.c.old), order_by=(rows.c.first_seen.desc(), rows.c.value)
    )
    debut = sa.case((rows.c.old == 0, first), else_=0)
    ranked = sa.select(*rows.c, place.label("place"), debut.label("debut")).subquery()
    busy = sa.or_(*(sa.and_(ranked.c.kind == kind, ranked.c.place <= count) for kind, count in most.items()))
    new = sa.and_(ranked.c.debut > 0, ranked.c.debut <= newest)
    query = sa.select(ranked).where(sa.or_(busy, new)).order_by(ranked.c.kind, ranked.c.place)
    return shaped(reader.frame(query), TRAITS)
