"""What is new in a window, and where addresses are."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import pandas as pd
import sqlalchemy as sa

from model.window import Window
from store.dialect import Instant
from store.events.reader import EventsReader
from store.events.tables import events
from store.queries.counts import total
from store.queries.rows import faceted
from store.queries.shape import COUNT, MOMENT, TEXT, empty, shaped
from store.queries.spans import of_keys, within

Kind = Literal["route", "ip", "network", "client", "country", "asn"]
DEBUTS: Final = {"kind": TEXT, "value": TEXT, "first_seen": MOMENT, "requests": COUNT}
PLACES: Final = {"ip": TEXT, "network": TEXT, "asn": TEXT, "country": TEXT}


def debuts(
    reader: EventsReader, window: Window, before: Window, *, kinds: Sequence[Kind], key_refs: Sequence[str], limit: int
) -> pd.DataFrame:
    """What some keys were first seen with in the window and not in `before`: [kind, value, first_seen, requests].

    `before` ends where the window begins. From facets; whatever the outcome. The newest first, at most `limit` a kind;
    nothing for no kinds.
    """
    span = Window(since=before.since, until=window.until)
    parts = [sa.select(_debut(kind, span, window, key_refs).limit(limit).subquery()) for kind in kinds]
    if not parts:
        return empty(DEBUTS)
    found = shaped(reader.frame(sa.union_all(*parts).subquery().select()), DEBUTS)
    place = found["kind"].map({kind: place for place, kind in enumerate(kinds)})
    ordered = found.assign(place=place).sort_values(["place", "first_seen", "value"], ascending=[True, False, True])
    return ordered[list(DEBUTS)].reset_index(drop=True)


def places(reader: EventsReader, window: Window, ips: Sequence[str], *, key_refs: Sequence[str]) -> pd.DataFrame:
    """The network, operator and country of addresses: [ip, network, asn, country], in order of address.

    From the events of some keys, since facets do not know which address belongs to which network; None where the log
    was read without a GeoIP file.
    """
    query = sa.select(
        events.c.ip,
        sa.func.max(events.c.network).label("network"),
        sa.func.max(events.c.asn).label("asn"),
        sa.func.max(events.c.country).label("country"),
    ).where(within(events.c.ts, window), of_keys(events.c.key_ref, key_refs), events.c.ip.in_(list(ips)))
    return shaped(reader.frame(query.group_by(events.c.ip).order_by(events.c.ip)), PLACES)


def _debut(kind: Kind, span: Window, window: Window, key_refs: Sequence[str]) -> "sa.Select[Any]":
    rows = faceted(kind, span, key_refs)
    first = sa.func.min(rows.c.first_seen)
    requests = total(rows.c.requests).label("requests")
    query = sa.select(sa.literal(kind).label("kind"), rows.c.value, first.label("first_seen"), requests)
    late = query.group_by(rows.c.value).having(first >= Instant(window.since))
    return late.order_by(first.desc(), rows.c.value)
