"""The frames about a key's life: hosts, days of use, keys in URLs, and tools that announce themselves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, Select, Subquery

from model.event import Flag, Outcome
from model.tools import SCANNERS
from model.window import Window
from store.dialect import Bucket
from store.events.reader import EventsReader
from store.events.tables import events, kept, usage
from store.queries.frame_columns import EMPTY
from store.queries.framing import grouped, single_events, summed, values
from store.queries.rows import hourly, known
from store.queries.shape import shaped
from store.queries.spans import DAY, HOUR, widened, within

REST: Final = timedelta(days=30)
"""Keys that were used on all days but fewer than these have not rested in the span."""

MOST_KEYS: Final = 50
"""So many keys of one tool and address in an hour are read, those that succeeded most first: guesses are millions."""

_FLAGS: Final = (Flag.KEY_IN_URL, Flag.KEY_IN_REFERER)
_WORKED: Final = (Outcome.OK, Outcome.UNKNOWN)
_LET_IN: Final = (Outcome.THROTTLED, Outcome.CLIENT_ERROR, Outcome.SERVER_ERROR)


def host_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hosts that key_refs asked: [hour, key_ref, host, requests, ok, forbidden, first_seen, last_seen].

    Of a whole hour only the hour is known, so its first_seen and last_seen are its beginning.
    """
    rows = hourly(span)
    named = sa.select(*rows.c).where(rows.c.host.is_not(None)).subquery()
    return grouped(reader, "host_hours", named, known)


def host_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Hosts that key_refs asked: [day, key_ref, host, requests, ok, first_seen, last_seen]."""
    return grouped(reader, "host_days", values(reader, "host", span), known)


def key_days(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Days of key_refs that rested: [day, key_ref, requests, ok, first_seen, last_seen] (to the hour).

    A key_ref that was used on all days of the span but fewer than REST is left out: it has not rested.
    """
    rows = hourly(span)
    daily = sa.select(
        Bucket(rows.c.hour, DAY).label("day"),
        rows.c.key_ref,
        rows.c.outcome,
        rows.c.requests,
        rows.c.first_seen,
        rows.c.last_seen,
    ).subquery()
    return _rested(reader, "key_days", daily, span)


def rested_networks(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Networks of key_refs that rested: [day, key_ref, network, requests, ok, first_seen, last_seen]."""
    return _rested(reader, "rested_networks", values(reader, "network", span), span)


def flagged_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Keys that stood in a URL or a referer: [hour, key_ref, source, ip, route, flag, requests, ok, …].

    From events. A call that neither succeeded nor has no outcome counts only if its key_ref is known and the answer was
    not to the credential: a guess is no key, and a key in the URL of a call that found nothing is exposed as well. A
    referer is no credential, so there any answer will do, as it does for calls without one.
    """
    reader.keep()
    rows = sa.union_all(*(_flagged(flag, span) for flag in _FLAGS), _in_referers(span)).subquery()
    return grouped(reader, "flagged_hours", rows)


def carrier_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """How keys that worked came, by source: [hour, source, keys, in_url], both distinct key_refs. From events."""
    in_url = sa.case((events.c.flags.like(f"%{Flag.KEY_IN_URL}%"), events.c.key_ref))
    hour = Bucket(events.c.ts, HOUR).label("hour")
    query = (
        sa.select(
            hour,
            events.c.source,
            sa.func.count(events.c.key_ref.distinct()).label("refs"),  # pandas takes rows that have `keys` for dicts
            sa.func.count(in_url.distinct()).label("in_url"),
        )
        .where(within(events.c.ts, span), events.c.key_ref.is_not(None), events.c.outcome.in_(_WORKED))
        .group_by(hour, events.c.source)
        .having(sa.func.count(in_url) > 0)
        .order_by(hour, events.c.source)
    )
    return shaped(reader.frame(query).rename(columns={"refs": "keys"}), EMPTY["carrier_hours"])


def scanner_hours(reader: EventsReader, span: Window) -> pd.DataFrame:
    """Calls of SCANNERS: [hour, key_ref, ip, network, tool, requests, ok, unauthenticated, forbidden, first_seen, …].

    From events; key_ref is null where none was presented. At most MOST_KEYS rows an hour, address and tool.
    """
    agent = sa.func.lower(events.c.user_agent)
    tool = sa.case(*((agent.like(f"%{word}%"), sa.literal(word)) for word in SCANNERS)).label("tool")
    rows = single_events(span, "hour", HOUR, "ip", "network").add_columns(tool)
    named = rows.where(sa.or_(*(agent.like(f"%{word}%") for word in SCANNERS))).subquery()
    sums = summed("scanner_hours", named).order_by(None).subquery()
    most = (sums.c.ok.desc(), sums.c.requests.desc(), sums.c.key_ref.asc().nulls_last())
    places = (sums.c.hour, sums.c.ip, sums.c.tool)
    ranked = sa.select(*sums.c, sa.func.row_number().over(partition_by=places, order_by=most).label("rank")).subquery()
    by = [ranked.c[name].asc().nulls_last() for name in ("hour", "key_ref", "ip", "network", "tool")]
    query = sa.select(*(ranked.c[name] for name in EMPTY["scanner_hours"])).where(ranked.c.rank <= MOST_KEYS)
    return shaped(reader.frame(query.order_by(*by)), EMPTY["scanner_hours"])


LIFE_FRAMES: Final[dict[str, Callable[[EventsReader, Window], pd.DataFrame]]] = {
    "host_hours": host_hours,
    "host_days": host_days,
    "key_days": key_days,
    "rested_networks": rested_networks,
    "flagged_hours": flagged_hours,
    "carrier_hours": carrier_hours,
    "scanner_hours": scanner_hours,
}
"""Frame to the function that reads it over a span."""


def _rested(reader: EventsReader, name: str, rows: Subquery, span: Window) -> pd.DataFrame:
    query = summed(name, rows, known)
    if span.length <= REST:
        return shaped(reader.frame(query), EMPTY[name])
    sums = query.order_by(None).cte()
    most = -(-span.length // DAY) - REST // DAY
    used = sa.select(sums.c.key_ref).group_by(sums.c.key_ref).having(sa.func.count(sums.c.day.distinct()) <= most)
    by = [sums.c[column].asc().nulls_last() for column in ("day", "key_ref", "network") if column in sums.c]
    return shaped(reader.frame(sa.select(sums).where(sums.c.key_ref.in_(used)).order_by(*by)), EMPTY[name])


def _flagged(flag: Flag, span: Window) -> Select[*tuple[Any, ...]]:
    rows = single_events(span, "hour", HOUR, "source", "ip", "route").add_columns(sa.literal(flag.value).label("flag"))
    known_refs = sa.select(usage.c.key_ref).where(within(usage.c.hour, widened(span, HOUR)), known(usage))
    let_in = sa.and_(events.c.outcome.in_(_LET_IN), events.c.key_ref.in_(known_refs))
    real: ColumnElement[bool] = sa.or_(events.c.outcome.in_(_WORKED), let_in)
    if flag is Flag.KEY_IN_REFERER:
        real = sa.or_(real, _kept(events.c.key_ref))
    return rows.where(events.c.key_ref.is_not(None), events.c.flags.like(f"%{flag}%"), real)


def _in_referers(span: Window) -> Select[*tuple[Any, ...]]:
    """Known keys that stood in the referers of calls without a credential: the flag names them."""
    begin = f"{Flag.KEY_IN_REFERER}:"
    named = sa.func.substr(events.c.flags, len(begin) + 1)
    rows = single_events(span, "hour", HOUR, "source", "ip", "route").where(events.c.key_ref.is_(None))
    held = rows.add_columns(sa.literal(Flag.KEY_IN_REFERER.value).label("flag"), named.label("named"))
    found = held.where(events.c.flags.like(f"{begin}%"), _kept(named)).subquery()
    own = [found.c.named.label("key_ref") if c.name == "key_ref" else c for c in found.c if c.name != "named"]
    return sa.select(*own)


def _kept(key_ref: ColumnElement[str]) -> ColumnElement[bool]:
    return key_ref.in_(sa.select(kept.c.key_ref))
