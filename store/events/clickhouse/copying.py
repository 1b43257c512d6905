"""A segment out of ClickHouse whole, and into it under its own id: for moving a store from one engine to another."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Table

from model.event import EVENT_COLUMNS
from model.segment import Segment
from store.events import tables
from store.events.clickhouse.connecting import Client, Server
from store.events.clickhouse.sweeping import remove
from store.events.clickhouse.views import within
from store.events.clickhouse.writing import note, send
from store.events.interface import Copy

_ROWS: Final = 250_000
"""Events of one insert."""


@contextmanager
def exported(server: Server, segment: Segment) -> Iterator[Copy]:
    """All that is there of a segment."""
    session = server.session()
    try:
        usage = facets = None
        if segment.sealed:
            usage, facets = (_counts(session.client, server, segment, table) for table in (tables.usage, tables.facets))
        if segment.events_dropped_at is not None:
            yield Copy(events=None, usage=usage, facets=facets)
            return
        query = (
            f"SELECT {', '.join(_plain(name) for name in EVENT_COLUMNS)} FROM {server.database}.events WHERE batch IN"
            f" (SELECT batch FROM {server.database}.batches WHERE segment = '{segment.id}') AND {within([segment])}"
            " ORDER BY key_ref, ts"
        )
        # In one piece: a segment has 4 million events at most, and streams of the engine's own would be no Arrow.
        found = session.client.query_arrow(query, use_strings=True)
        yield Copy(events=found.to_reader(), usage=usage, facets=facets)
    finally:
        session.close()


def adopted(client: Client, server: Server, segment: Segment, copy: Copy) -> None:
    """Put a copy on the server; remains of an earlier try go first."""
    remove(client, server, [segment.id])
    # The server remembers the tokens of the earlier try, and would take this one for its repetition.
    this, span = f"{segment.id} {secrets.token_hex(4)}", (segment.min_ts, segment.max_ts)
    note(client, server, segment.id, [segment.id], span=span, token=f"{this} noted")
    known = {str(segment.id)}
    for number, rows in enumerate(_inserts(copy.events) if copy.events is not None else ()):
        names = sorted(set(_names(rows)) - known)
        if names:  # before their events, as always: what is not noted could not be swept
            note(client, server, segment.id, names, span=span, token=f"{this} noted {number}")
            known |= set(names)
        send(client, server, "events", rows, token=f"{this} events {number}")
    for name, rows in (("usage", copy.usage), ("facets", copy.facets)):
        if rows is not None and len(rows):
            whole = rows.append_column("segment", pa.array([segment.id] * len(rows)).dictionary_encode())
            send(client, server, name, whole, token=f"{this} {name}")


def _inserts(events: pa.RecordBatchReader) -> Iterator[pa.Table]:
    gathered: list[pa.RecordBatch] = []
    for batch in events:
        gathered.append(batch)
        if sum(map(len, gathered)) >= _ROWS:
            yield pa.Table.from_batches(gathered)
            gathered = []
    if gathered:
        yield pa.Table.from_batches(gathered)


def _names(rows: pa.Table) -> list[str]:
    return sorted(pc.unique(rows["batch"].cast(pa.string())).to_pylist())


def _counts(client: Client, server: Server, segment: Segment, table: Table) -> pa.Table:
    columns = ", ".join(_plain(column.name) for column in table.columns)
    order = "key_ref, hour" if table.name == "usage" else "key_ref, kind, day"
    query = f"SELECT {columns} FROM {server.database}.{table.name} WHERE segment = '{segment.id}' ORDER BY {order}"
    return client.query_arrow(query, use_strings=True)


_WORDS: Final = frozenset(
    ("source", "key_ref", "key_hint", "method", "route", "host", "client", "network", "country", "asn", "flags")
)


def _plain(name: str) -> str:
    """A column without what Arrow would make dictionaries of, so that every part of a stream has one type."""
    if name in _WORDS:
        return f"CAST({name} AS Nullable(String)) AS {name}"
    return f"CAST({name} AS String) AS {name}" if name in {"outcome", "kind", "batch"} else name
