"""Usage broken down by one thing: `keywatch usage --by`, and the tables of the dashboard and the report."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, Select, Subquery

from model.errors import UsageError
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.queries.counts import COUNTS, counts
from store.queries.rows import faceted, hourly
from store.queries.shape import COUNT, MOMENT, TEXT, shaped
from store.queries.spans import DAY

if TYPE_CHECKING:
    import pandas as pd

By = Literal["hour", "day", "route", "ip", "network", "status", "client", "host", "key"]
BY: Final[tuple[By, ...]] = get_args(By)

_IN_USAGE: Final = {"hour": "hour", "day": "hour", "status": "outcome", "host": "host", "key": "key_ref"}
"""What usage knows; anything else is a kind of facet."""
_TIMES: Final = ("hour", "day")


def usage_by(
    reader: EventsReader,
    window: Window,
    *,
    by: By,
    key_refs: Sequence[str] | None = None,
    limit: int | None = None,
) -> "pd.DataFrame":
    """Counts by one thing: [<by>, requests … bytes_out, first_seen, last_seen].

    Hours and days are in order of time, everything else has the most requests first, then by name; `limit` keeps the
    first rows of that order. By status groups by outcome, by key by key_ref (None: no credential presented;
    `unknown:<network>`: folded unknown credentials), by route by method and route.

    By hour, day, status, host and key whole hours come from usage, which knows the hour but no finer time: first_seen
    and last_seen are exact to the hour. By route, ip, network and client whole UTC days come from facets, with exact
    times; requests that have none of it are in no row. The ragged ends of a window always come from events.
    Raises UsageError for any other `by`.
    """
    return shaped(reader.frame(_asked(reader, window, by, key_refs, limit)), columns(by))


def usage_rows(
    reader: EventsReader,
    window: Window,
    *,
    by: By,
    key_refs: Sequence[str] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """The rows of `usage_by` as dictionaries; without pandas, which takes longer to start than most answers take."""
    kinds = columns(by)
    query = _asked(reader, window, by, key_refs, limit)
    return [{name: _plain(row[name], kinds[name]) for name in kinds} for row in reader.rows(query)]


def columns(by: By) -> dict[str, str]:
    """The columns and dtypes of `usage_by`."""
    return {by: MOMENT if by in _TIMES else TEXT, **COUNTS, "first_seen": MOMENT, "last_seen": MOMENT}


def _plain(value: Any, kind: str) -> Any:  # noqa: ANN401 (whatever a cell may hold)
    """ClickHouse's moments do not say that they are of UTC; a sum of DuckDB's may be of any integer type."""
    if kind == MOMENT:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return int(value) if kind == COUNT else value


def _asked(
    reader: EventsReader, window: Window, by: By, key_refs: Sequence[str] | None, limit: int | None
) -> Select[*tuple[Any, ...]]:
    if by not in BY:
        msg = f"Usage cannot be broken down by {by!r}."
        raise UsageError(msg, hint=f"Choose one of {', '.join(BY)}.")
    rows = _grouped(window, by, key_refs, reader.newest)
    seen = (sa.func.min(rows.c.first_seen).label("first_seen"), sa.func.max(rows.c.last_seen).label("last_seen"))
    query = sa.select(rows.c.part.label(by), *counts(rows), *seen).group_by(rows.c.part)
    order = [rows.c.part] if by in _TIMES else [sa.func.sum(rows.c.requests).desc(), rows.c.part.asc().nulls_last()]
    return query.order_by(*order).limit(limit)


def _grouped(window: Window, by: By, key_refs: Sequence[str] | None, newest: datetime | None) -> Subquery:
    rows = hourly(window, key_refs, newest=newest) if by in _IN_USAGE else faceted(by, window, key_refs, newest=newest)
    part: ColumnElement[Any] = rows.c[_IN_USAGE.get(by, "value")]
    if by == "day":
        part = Bucket(part, DAY)
    return sa.select(
        part.label("part"), rows.c.outcome, rows.c.requests, rows.c.bytes_out, rows.c.first_seen, rows.c.last_seen
    ).subquery()
