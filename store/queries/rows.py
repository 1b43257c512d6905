"""What is counted: partial counts of whole hours and days, and single events at the ragged ends of a window.

So a window is answered exactly, and old days are still answered when retention has dropped their events. At the ends,
credentials are folded as they are in usage: a key_ref that usage does not know in those hours is an unknown one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause, Label, Select, Subquery

from model.event import FACET_KINDS, UNKNOWN_PREFIX
from model.window import Window
from store.dialect import Bucket
from store.events.tables import events, facets, usage
from store.queries.spans import DAY, HOUR, closed, of_keys, split, widened, within

_METHOD_AND_ROUTE: Final = sa.func.coalesce(events.c.method + " ", "") + events.c.route
_VALUES: Final[dict[str, ColumnElement[Any]]] = {
    kind: _METHOD_AND_ROUTE if kind == "route" else events.c[kind] for kind in FACET_KINDS
}
_FACETED: Final = (
    *(facets.c[name] for name in ("value", "key_ref", "outcome", "requests", "bytes_out")),
    facets.c.first_ts.label("first_seen"),
    facets.c.last_ts.label("last_seen"),
)
"""What a facet counts, as single events at a ragged end are counted."""


def hourly(window: Window, key_refs: Sequence[str] | None = None, *, newest: datetime | None = None) -> Subquery:
    """Partial counts [hour, host, key_ref, outcome, requests, bytes_out, first_seen, last_seen] of a window.

    Of a whole hour only the hour is known, so its first_seen and last_seen are its beginning. `newest` is the reader's:
    a window that ends after it needs no single events at that end.
    """
    core, ends = split(closed(window, HOUR, newest), HOUR)
    whole = sa.select(
        usage.c.hour,
        usage.c.host,
        usage.c.key_ref,
        usage.c.outcome,
        usage.c.requests,
        usage.c.bytes_out,
        usage.c.hour.label("first_seen"),
        usage.c.hour.label("last_seen"),
    )
    parts = [whole.where(within(usage.c.hour, core), of_keys(usage.c.key_ref, key_refs))] if core else []
    hour = Bucket(events.c.ts, HOUR).label("hour")
    return _stacked([*parts, *(_single(end, key_refs, hour, events.c.host.label("host")) for end in ends)])


def faceted(
    kind: str, window: Window, key_refs: Sequence[str] | None = None, *, newest: datetime | None = None
) -> Subquery:
    """Partial counts [day, value, key_ref, outcome, requests, bytes_out, first_seen, last_seen] by one kind of facet.

    `value` is never null: a request without an address is in no row of kind ip. Times are exact.
    `newest` as in `hourly`.
    """
    core, ends = split(closed(window, DAY, newest), DAY)
    whole = sa.select(facets.c.day, *_FACETED).where(facets.c.kind == kind)
    parts = [whole.where(within(facets.c.day, core), of_keys(facets.c.key_ref, key_refs))] if core else []
    day, value = Bucket(events.c.ts, DAY).label("day"), _VALUES[kind].label("value")
    singles = (_single(end, key_refs, day, value).where(events.c[kind].is_not(None)) for end in ends)
    return _stacked([*parts, *singles])


def all_faceted(
    kinds: Sequence[str], window: Window, key_refs: Sequence[str] | None = None, *, newest: datetime | None = None
) -> Subquery:
    """As `faceted` of several kinds, with their `kind`: the facets, and the events at a ragged end, are read once."""
    core, ends = split(closed(window, DAY, newest), DAY)
    names = ("kind", "value", "key_ref", "outcome", "requests", "bytes_out", "first_seen", "last_seen")
    whole = sa.select(facets.c.kind, *_FACETED).where(facets.c.kind.in_(list(kinds)))
    parts = [whole.where(within(facets.c.day, core), of_keys(facets.c.key_ref, key_refs))] if core else []
    each = sa.union_all(
        *(sa.select(sa.literal(kind).label("kind"), sa.literal(1).label("of")) for kind in kinds)
    ).subquery()
    for end in ends:
        single = _single(end, key_refs, *(_VALUES[kind].label(kind) for kind in kinds)).subquery()
        value = sa.case(*((each.c.kind == kind, single.c[kind]) for kind in kinds)).label("value")
        columns = {"kind": each.c.kind, "value": value} | {name: single.c[name] for name in names[2:]}
        parts.append(
            sa.select(*columns.values())
            .join_from(single, each, single.c.requests == each.c.of)
            .where(value.is_not(None))
        )
    return _stacked(parts)


def moments(
    window: Window, key_refs: Sequence[str] | None = None, *, whole_hours: bool, newest: datetime | None = None
) -> Subquery:
    """Requests in time [moment, key_ref, outcome, requests]: hours from usage, or every event at its own moment.

    Events are gone sooner than usage, so ask for them only where hours are too coarse.
    """
    if whole_hours:
        rows = hourly(window, key_refs, newest=newest)
        return sa.select(rows.c.hour.label("moment"), rows.c.key_ref, rows.c.outcome, rows.c.requests).subquery()
    rows = _single(window, key_refs, events.c.ts.label("moment")).subquery()
    return sa.select(rows.c.moment, rows.c.key_ref, rows.c.outcome, rows.c.requests).subquery()


def detailed(window: Window, key_refs: Sequence[str] | None = None) -> Subquery:
    """Single requests with all that can be asked of them: [moment, <facet kinds>, method, path, user_agent, …].

    key_ref, outcome and the rest are as in `hourly`, requests being 1. `route` carries the method, as in
    facets; what a request does not have is null.
    """
    columns = (
        events.c.ts.label("moment"),
        *(events.c[name].label(name) for name in ("method", "path", "user_agent")),
        *(value.label(kind) for kind, value in _VALUES.items()),
    )
    return _single(window, key_refs, *columns).subquery()


def folded_ref(window: Window) -> ColumnElement[str]:
    """The key_ref of an event of the window as usage has it."""
    return _folded(window)


def known(rows: FromClause) -> ColumnElement[bool]:
    """Whether a row is of a key_ref, rather than of no credential or of folded unknown ones."""
    return sa.and_(rows.c.key_ref.is_not(None), rows.c.key_ref.not_like(f"{UNKNOWN_PREFIX}%"))


def _single(end: Window, key_refs: Sequence[str] | None, *columns: Label[Any]) -> Select[*tuple[Any, ...]]:
    if key_refs is not None and not any(ref.startswith(UNKNOWN_PREFIX) for ref in key_refs):
        # What is folded has none of these key_refs; and a plain column prunes row groups.
        key_ref: ColumnElement[str] = events.c.key_ref
        chosen = sa.and_(of_keys(key_ref, key_refs), key_ref.in_(_known(end, key_refs)))
    else:
        key_ref = _folded(end)
        chosen = of_keys(key_ref, key_refs)
    return sa.select(
        *columns,
        key_ref.label("key_ref"),
        events.c.outcome,
        sa.literal(1).label("requests"),
        events.c.bytes_out,
        events.c.ts.label("first_seen"),
        events.c.ts.label("last_seen"),
    ).where(within(events.c.ts, end), chosen)


def _folded(end: Window) -> ColumnElement[str]:
    unknown = sa.literal(UNKNOWN_PREFIX) + sa.func.coalesce(events.c.network, "-")
    itself = sa.or_(events.c.key_ref.is_(None), events.c.key_ref.in_(_known(end)))
    return sa.case((itself, events.c.key_ref), else_=unknown)


def _known(end: Window, key_refs: Sequence[str] | None = None) -> Select[*tuple[Any, ...]]:
    """The key_refs, or which of these, that usage knows in the hours of a ragged end."""
    hours = within(usage.c.hour, widened(end, HOUR))
    return sa.select(usage.c.key_ref).where(hours, usage.c.key_ref.is_not(None), of_keys(usage.c.key_ref, key_refs))


def _stacked(parts: list[Select[*tuple[Any, ...]]]) -> Subquery:
    return parts[0].subquery() if len(parts) == 1 else sa.union_all(*parts).subquery()
