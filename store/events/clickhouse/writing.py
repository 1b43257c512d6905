"""A batch into ClickHouse: which batches its segment holds first, then all its events in one insert."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from model.coded import constant
from model.segment import SegmentId
from store.events import segments
from store.events.clickhouse.connecting import Client, Server
from store.events.counting import counted, folded_refs, span
from store.events.interface import Written
from store.events.segments import batched

if TYPE_CHECKING:
    import duckdb

    from store.events.interface import Batches


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Written):
    """A segment that waits to be put on the server."""

    put: Callable[[Any], None]
    """With a client."""


def draft(
    server: Server,
    duck: "duckdb.DuckDBPyConnection",
    events: pa.Table,
    *,
    segment: SegmentId,
    kept: Collection[str],
    batches: "Batches | None",
) -> Waiting:
    """The events as the server takes them; nothing is sent yet. It is the server that counts usage and facets."""
    sealed = len(events) >= segments.SEAL_ROWS
    activity = counted(duck, events, kept, sealed=False).activity
    counted_as = folded_refs(events, kept) if sealed else events["key_ref"]
    whole = batched(events, segment, batches)
    rows = (
        whole.append_column("counted_as", counted_as)
        .append_column("segment", constant(segment, len(whole)).arrow())
        .append_column("sealed", pa.array([sealed] * len(whole)))
    )
    low, high = span(events)
    names = [segment] if batches is None else list(batches[0])

    def put(client: Client) -> None:
        note(client, server, segment, names, span=(low, high), token=f"{segment} batches")
        send(client, server, "arriving", rows, token=segment)

    return Waiting(id=segment, sealed=sealed, bytes=0, min_ts=low, max_ts=high, activity=activity, put=put)


def note(
    client: Client,
    server: Server,
    segment: str,
    batches: Sequence[str],
    *,
    span: tuple[datetime, datetime],
    token: str,
) -> None:
    """Which batches a segment holds, and where in time they are."""
    moments = pa.timestamp("us", "UTC")
    count = len(batches)
    rows = pa.table(
        {
            "segment": [segment] * count,
            "batch": list(batches),
            "since": pa.array([span[0]] * count, moments),
            "until": pa.array([span[1]] * count, moments),
        }
    )
    send(client, server, "batches", rows, token=token)


def send(client: Client, server: Server, table: str, rows: pa.Table, *, token: str) -> None:
    """Insert rows. A repetition of an insert whose answer was lost is known by its token, and adds nothing."""
    client.insert_arrow(table, rows, database=server.database, settings={"insert_deduplication_token": token})
