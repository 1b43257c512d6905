"""The frames of failed authentication: single minutes, hours of those who are slow, and minutes of the whole platform.

Each is bounded whatever an attacker sends. What decides about a row is only what happened in its own minute or hour,
or a count over the span that more time can but raise: so a subject that a detector would tell of is in the frame in
whatever windows time is judged.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause, Subquery

from model.event import UNKNOWN_PREFIX, Outcome
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events, usage
from store.queries.attacks import FAILED, PLACE, Attacks, past
from store.queries.counts import requests_of, total
from store.queries.frame_columns import EMPTY, SEEN, empty_frame
from store.queries.framing import summed, values
from store.queries.rows import known
from store.queries.shape import shaped
from store.queries.spans import DAY, HOUR, by_day, ceiling, floor, widened, within

KEPT_KEYS: Final = 50
"""So many key_refs of an address keep their names in a minute; what failed beyond is folded into one row."""
KEPT_ROWS: Final = 1000
"""So many rows with nothing but failures a minute keep their address; an hour of slow ones has as many."""

RANKED: Final = 200_000
"""So many failures are ranked at once: a million, each with a key_ref of its own, took 1.3 GB."""

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = "day"
_HOUR: Final = "hour"


def auth_minutes(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Minutes with failures, and those of subjects (key_ref, ip, network) that failed often, as `attacks` has it.

    [minute, key_ref, ip, network, requests, ok, unauthenticated, forbidden, throttled, refs, first_seen, last_seen],
    one row for a minute, key_ref, ip and network. key_refs are those of the log; null where no credential was sent. Of
    rows with nothing but failures, those beyond KEPT_KEYS at an address are one row `unknown:<network>` of it, and
    those beyond KEPT_ROWS one row without an address; `refs` is how many key_refs a row stands for.
    """
    matter, found = Attacks(span).matter(), []
    for part in _parts(reader, span):
        chosen = _grouped(part, "minute", _MINUTE, PLACE, matter)
        rows = _folded(_folded(chosen, KEPT_KEYS, ("minute", "ip")), KEPT_ROWS, ("minute",), nowhere=True)
        order = [rows.c[name].asc().nulls_last() for name in ("minute", *PLACE)]
        columns = [rows.c[name] for name in EMPTY["auth_minutes"]]
        found.append(shaped(reader.frame(sa.select(*columns).order_by(*order)), EMPTY["auth_minutes"]))
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)


def _parts(reader: EventsReader, span: Window) -> Iterator[Window]:
    """The span, in as many pieces of whole minutes as its failures need to be ranked in bounded memory."""
    failed = events.c.outcome.in_([outcome.value for outcome in FAILED])
    counted = reader.frame(sa.select(sa.func.count().label("failures")).where(within(events.c.ts, span), failed))
    pieces = -(-int(counted["failures"].iloc[0]) // RANKED)
    if pieces <= 1:
        yield span
        return
    width = ceiling(span.since + (span.until - span.since) / pieces, _MINUTE) - span.since
    since, width = span.since, max(width, _MINUTE)
    while since < span.until:
        until = min(floor(since + width, _MINUTE), span.until)
        yield Window(since=since, until=until)
        since = until


def worked(reader: EventsReader, span: Window) -> pd.DataFrame:
    """When keys had succeeded: [key_ref, network, at], of the keys and the networks that fail in the span.

    `at` is the end of the hour, for hours that began within the span's days; before those, the end of the last day
    alone, since all that is asked is whether there was one. Pairs of a key that settled have no hours: the day says it.
    """
    days = past(span)
    attacks = Attacks(span, days)
    failed = attacks.failed.c
    networks = sa.union_all(sa.select(failed.network), attacks.suspects("network")).subquery()
    at_networks = sa.select(networks.c.network).where(networks.c.network.is_not(None))
    of_keys = sa.select(failed.key_ref).where(failed.key_ref.is_not(None))
    before = sa.select(days.c.key_ref, days.c.network, days.c.at, sa.literal(_DAY).label("unit")).where(
        sa.or_(days.c.network.in_(at_networks), days.c.key_ref.in_(of_keys))
    )
    hour = Bucket(events.c.ts, HOUR).label("at")
    since = sa.select(events.c.key_ref, events.c.network, hour, sa.literal(_HOUR).label("unit")).where(
        within(events.c.ts, Window(since=floor(span.since, DAY), until=span.until)),
        events.c.outcome == Outcome.OK.value,
        events.c.key_ref.is_not(None),
        events.c.network.is_not(None),
        sa.or_(events.c.network.in_(at_networks), events.c.key_ref.in_(of_keys)),
        sa.tuple_(events.c.key_ref, events.c.network).not_in(
            sa.select(attacks.settled.c.key_ref, attacks.settled.c.network)
        ),
    )
    # One query, so that what both ask for is worked out once.
    found = reader.frame(sa.union_all(before, since.distinct()).subquery().select())
    frame = shaped(found, EMPTY["worked"])
    frame["at"] += pd.to_timedelta(found["unit"].map({_DAY: DAY, _HOUR: HOUR}))
    return shaped(frame.sort_values(["at", "key_ref", "network"], ignore_index=True), EMPTY["worked"])


def attacked_days(
    reader: EventsReader, span: Window, *, refs: Collection[str], networks: Collection[str]
) -> pd.DataFrame:
    """Rows of network_days of some key_refs, and at some networks; without either nothing is read."""
    if not refs and not networks:
        return empty_frame("attacked_days")
    rows = values(reader, "network", span)
    chosen = sa.or_(rows.c.key_ref.in_(sorted(refs)), rows.c.network.in_(sorted(networks)))
    return shaped(reader.frame(summed("attacked_days", rows, known).where(chosen)), EMPTY["attacked_days"])


def auth_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hours in which a key_ref failed at a place at least as often as not.

    [hour, key_ref, ip, network, asn, client, requests, ok, unauthenticated, forbidden, first_seen, last_seen], at most
    KEPT_ROWS an hour, those with most failures. Requests without a credential are left out. What decides about a row
    is in its own hour, so the days of a span may be read apart.
    """
    parts = [shaped(reader.frame(_hours_of(part)), EMPTY["auth_hours"]) for part in by_day(span)]
    return pd.concat(parts, ignore_index=True)


def _hours_of(span: Window) -> sa.Select[Any]:
    place = (*PLACE, "asn", "client")
    hour = Bucket(events.c.ts, HOUR)
    # Scanned twice: for the failures, and for all calls of the hours in which a key failed.
    failing = sa.select(hour.label("hour"), events.c.key_ref).where(
        within(events.c.ts, span),
        events.c.outcome.in_([outcome.value for outcome in FAILED]),
        events.c.key_ref.is_not(None),
    )
    grouped = _grouped(span, "hour", HOUR, place, sa.tuple_(hour, events.c.key_ref).in_(failing.distinct()))
    mostly = _failures(grouped) * 2 >= grouped.c.requests
    failed = sa.select(grouped).where(_failures(grouped) > 0, mostly, grouped.c.key_ref.is_not(None)).subquery()
    ranked = sa.select(failed, _rank(failed, ("hour",)).label("place")).subquery()
    order = [ranked.c[name].asc().nulls_last() for name in ("hour", *place)]
    chosen = sa.select(*(ranked.c[name] for name in EMPTY["auth_hours"]))
    return chosen.where(ranked.c.place <= KEPT_ROWS).order_by(*order)


def platform_minutes(reader: EventsReader, span: Window) -> pd.DataFrame:
    """What all keys that exist or ever succeeded met, minute by minute.

    [minute, active, failing, erring, requests, unauthenticated, forbidden, server_error]: keys with a request, those
    of them with half or more answered 401 or 403, those with half or more answered 5xx, and the sums over their
    requests.
    """
    refs = sa.select(usage.c.key_ref).where(
        within(usage.c.hour, widened(span, HOUR)), usage.c.key_ref.not_like(f"{UNKNOWN_PREFIX}%")
    )
    parts = [
        reader.frame(_platform(_grouped(part, "minute", _MINUTE, ("key_ref",), events.c.key_ref.in_(refs))))
        for part in by_day(span)
    ]
    return pd.concat([shaped(part, EMPTY["platform_minutes"]) for part in parts], ignore_index=True)


def _platform(keys: Subquery) -> sa.Select[Any]:
    minute = keys.c.minute
    query = sa.select(
        minute,
        sa.func.count().label("active"),
        total(sa.case((_failures(keys) * 2 >= keys.c.requests, 1), else_=0)).label("failing"),
        total(sa.case((keys.c.server_error * 2 >= keys.c.requests, 1), else_=0)).label("erring"),
        *(total(keys.c[name]).label(name) for name in ("requests", "unauthenticated", "forbidden", "server_error")),
    )
    return query.group_by(minute).order_by(minute)


def _grouped(span: Window, unit: str, width: timedelta, by: tuple[str, ...], *only: ColumnElement[bool]) -> Subquery:
    """Events counted by (minute or hour, columns), with every outcome that these frames have, and `refs`."""
    single = (
        sa.select(
            Bucket(events.c.ts, width).label(unit),
            *(events.c[name] for name in by),
            events.c.outcome,
            sa.literal(1).label("requests"),
            events.c.ts.label("seen"),
        )
        .where(within(events.c.ts, span), *only)
        .subquery()
    )
    counted = (Outcome.OK, *FAILED, Outcome.THROTTLED, Outcome.SERVER_ERROR)
    columns = [single.c[name] for name in (unit, *by)]
    return (
        sa.select(
            *columns,
            total(single.c.requests).label("requests"),
            *(requests_of(single, outcome).label(outcome.value) for outcome in counted),
            sa.case((single.c.key_ref.is_not(None), 1), else_=0).label("refs"),
            sa.func.min(single.c.seen).label("first_seen"),
            sa.func.max(single.c.seen).label("last_seen"),
        )
        .group_by(*columns)
        .subquery()
    )


def _folded(rows: Subquery, kept: int, group: tuple[str, ...], *, nowhere: bool = False) -> Subquery:
    """`rows` of auth_minutes where those with nothing but failures beyond the first `kept` of a group are one row.

    That row's key_ref is `unknown:<network>`; with `nowhere` it has no address and no network.
    """
    ranked = sa.select(rows, _only_failed(rows).label("bad"), _rank(rows, group).label("place")).subquery()
    beyond = sa.and_(ranked.c.bad == 1, ranked.c.place > kept)
    unknown = sa.literal(UNKNOWN_PREFIX) + (sa.literal("-") if nowhere else sa.func.coalesce(ranked.c.network, "-"))
    folded: dict[str, ColumnElement[Any]] = {"key_ref": unknown}
    if nowhere:
        folded |= {"ip": sa.null(), "network": sa.null()}
    by = [
        (sa.case((beyond, folded[name]), else_=ranked.c[name]) if name in folded else ranked.c[name]).label(name)
        for name in ("minute", *PLACE)
    ]
    sums = ("requests", "ok", "unauthenticated", "forbidden", "throttled", "refs")
    named = sa.select(*by, *(ranked.c[name] for name in (*sums, *SEEN))).subquery()
    columns = [named.c[name] for name in ("minute", *PLACE)]
    return (
        sa.select(
            *columns,
            *(total(named.c[name]).label(name) for name in sums),
            sa.func.min(named.c.first_seen).label("first_seen"),
            sa.func.max(named.c.last_seen).label("last_seen"),
        )
        .group_by(*columns)
        .subquery()
    )


def _rank(rows: Subquery, group: tuple[str, ...]) -> ColumnElement[int]:
    """The place of a row in its group, most failures first; of rows with nothing but failures apart from others."""
    # By key_ref before address: fingerprints are as good as chance, so each network keeps its share.
    order = (_failures(rows).desc(), *(sa.func.coalesce(rows.c[name], "").asc() for name in PLACE))
    parts = [*(rows.c[name] for name in group), _only_failed(rows)]
    return sa.func.row_number().over(partition_by=parts, order_by=order)


def _only_failed(rows: FromClause) -> ColumnElement[int]:
    return sa.case((sa.and_(rows.c.ok == 0, _failures(rows) > 0), 1), else_=0)


def _failures(rows: FromClause) -> ColumnElement[int]:
    return rows.c.unauthenticated + rows.c.forbidden
