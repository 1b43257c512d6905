"""A small curve a key, for tables."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from model.errors import UsageError
from model.window import Window
from store.dialect import Part
from store.events.reader import EventsReader
from store.queries.counts import total
from store.queries.rows import known, moments
from store.queries.shape import COUNT, SERIES, TEXT, shaped
from store.queries.spans import HOUR

BY_KEY: Final = {"key_ref": TEXT, "series": SERIES}
_POINTS: Final = {"key_ref": TEXT, "point": COUNT, "requests": COUNT}


def by_key(reader: EventsReader, window: Window, points: int, *, key_refs: Sequence[str] | None = None) -> pd.DataFrame:
    """One row a key_ref that was seen: [key_ref, series], in order of key_ref.

    `series` is a list of `points` numbers of requests, oldest first, that add up to the key's requests in the window.
    Where a point is an hour or longer, usage answers, and an hour counts for the point in which it begins. Null and
    folded unknown credentials are left out. Raises UsageError for fewer than one point.
    """
    return curves([counted(reader, window, window, points, key_refs=key_refs)], points)


def counted(
    reader: EventsReader, part: Window, window: Window, points: int, *, key_refs: Sequence[str] | None = None
) -> pd.DataFrame:
    """What a part of a window adds to its curves: [key_ref, point, requests], for `curves`. Raises as `by_key`."""
    if points < 1:
        msg = f"A curve of {points} points shows nothing."
        raise UsageError(msg, hint="Ask for one point or more.")
    rows = moments(part, key_refs, whole_hours=window.length / points >= HOUR, newest=reader.newest)
    placed = sa.select(
        rows.c.key_ref, Part(rows.c.moment, window.since, window.length, points).label("point"), rows.c.requests
    ).where(known(rows))
    return shaped(reader.frame(_summed(placed.subquery())), _POINTS)


def curves(parts: Sequence[pd.DataFrame], points: int) -> pd.DataFrame:
    """The curves, as `by_key` has them, of what `counted` says of each part of the window."""
    counts = pd.concat(parts, ignore_index=True)
    wide = counts.pivot_table(index="key_ref", columns="point", values="requests", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=range(points), fill_value=0).sort_index()
    frame = pd.DataFrame({"key_ref": list(wide.index), "series": wide.to_numpy(dtype="int64").tolist()})
    return shaped(frame, BY_KEY)


def _summed(part: sa.Subquery) -> sa.Select[Any]:
    by = (part.c.key_ref, part.c.point)
    return sa.select(*by, total(part.c.requests).label("requests")).group_by(*by)
