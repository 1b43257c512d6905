"""A segment out of ClickHouse whole, and into it under its own id: for moving a store from one engine to another."""

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
    rest, first = _batches(copy.events)
    note(client, server, segment.id, first or [segment.id], (segment.min_ts, segment.max_ts))
    known = set(first)
    for number, rows in enumerate(rest):
        names = sorted(set(_names(rows)) - known)
        if names:  # before their events, as always: what is not noted could not be swept
            note(client, server, segment.id, names, (segment.min_ts, segment.max_ts))
            known |= set(names)
        send(client, server, "events", rows, token=f"{segment.id} events {number}")
    for name, rows in (("usage", copy.usage), ("facets", copy.facets)):
        if rows is not None and len(rows):
            whole = rows.append_column("segment", pa.array([segment.id] * len(rows)).dictionary_encode())
            send(client, server, name, whole, token=f"{segment.id} {name}")


def _batches(events: pa.RecordBatchReader | None) -> tuple[Iterator[pa.Table], list[str]]:
    """The events in inserts, and the batches of the first."""
    inserts = _inserts(events) if events is not None else iter(())
    first = next(inserts, None)
    if first is None:
        return iter(()), []

    def chained() -> Iterator[pa.Table]:
        yield first
        yield from inserts

    return chained(), _names(first)


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
