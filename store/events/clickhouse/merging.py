"""Segments on ClickHouse that become one, or are counted anew: counts are written, events stay where they are.

ClickHouse merges the parts of its tables by itself. What goes by the name of compaction here seals: the partial counts
of several segments become those of one, and of tails are counted for the first time.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from model.errors import StoreError
from model.segment import Segment, SegmentId
from store.events import segments, tables
from store.events.clickhouse.connecting import Client, Server
from store.events.clickhouse.expiring import not_expired
from store.events.clickhouse.reading import fill
from store.events.clickhouse.tables import COUNTED, COUNTERS, GROUPS, TIMES
from store.events.clickhouse.views import folded, within
from store.events.clickhouse.writing import Waiting
from store.events.ids import new_id
from store.events.interface import Unfolded


def merged(
    server: Server, inputs: Sequence[Segment], *, segment: SegmentId, kept: Collection[str], seal: bool
) -> Waiting:
    """One segment in the place of several; nothing is written yet."""
    rows = sum(one.rows for one in inputs)
    sealed = seal or rows >= segments.SEAL_ROWS or any(one.sealed for one in inputs)

    def put(_client: Client) -> None:
        session = server.session()
        try:
            fill(session.client, inputs, list(kept), ())
            _put(session.client, server, inputs, segment, sealed=sealed)
            if sealed and not_expired(session.client, server, inputs):
                _check(session.client, server, segment, rows, len(inputs))
        finally:
            session.close()

    return Waiting(
        id=segment,
        sealed=sealed,
        bytes=0,
        min_ts=min(one.min_ts for one in inputs),
        max_ts=max(one.max_ts for one in inputs),
        activity=[],
        put=put,
    )


def resealed(
    server: Server,
    client: Client,
    manifest: Sequence[Segment],
    *,
    refs: Sequence[str],
    kept: Sequence[str],
    now: datetime,
) -> Unfolded:
    """Successors of the sealed segments that hold `refs`, counted anew from their events."""
    if not manifest or not refs:
        return Unfolded(successors=(), activity=())
    session = server.session()
    try:
        fill(session.client, manifest, [*kept, *refs], refs)
        mine = f"{_events(server, 'has_events')} AND key_ref IN (SELECT key_ref FROM chosen)"
        held = (
            f"SELECT DISTINCT segment FROM {server.database}.batches WHERE segment IN (SELECT segment FROM shown)"
            f" AND batch IN (SELECT DISTINCT batch FROM {mine})"
        )
        touched = {row[0] for row in session.client.query(held).result_rows}
        activity = session.client.query(
            "SELECT key_ref, max(key_hint), min(ts), max(ts), maxOrNullIf(ts, outcome = 'ok')"
            f" FROM {mine} GROUP BY key_ref ORDER BY key_ref",
            tz_mode="aware",
        ).result_rows
    finally:
        session.close()
    successors = []
    for one in manifest:
        if one.sealed and one.id in touched:
            successor = replace(one, id=new_id(now))
            again = merged(server, [replace(one, sealed=False)], segment=successor.id, kept=[*kept, *refs], seal=True)
            again.put(client)
            successors.append((one, successor))
    return Unfolded(successors=successors, activity=activity)


def _put(client: Client, server: Server, inputs: Sequence[Segment], segment: SegmentId, *, sealed: bool) -> None:
    database = server.database
    client.command(
        f"INSERT INTO {database}.batches SELECT DISTINCT '{segment}', batch, since, until FROM {database}.batches"
        " WHERE segment IN (SELECT segment FROM shown)"
    )
    if not sealed:
        return
    for name, table in (("usage", tables.usage), ("facets", tables.facets)):
        groups = ", ".join(GROUPS[name])
        how = COUNTERS | (TIMES if name == "facets" else {})
        sums = ", ".join(f"{each}({column}) AS {column}" for column, (each, _) in how.items())
        columns = ", ".join(column.name for column in table.columns)
        client.command(
            f"INSERT INTO {database}.{name} ({columns}, segment) SELECT {columns}, '{segment}' FROM"
            f" (SELECT {groups}, {sums} FROM {database}.{name}"
            f" WHERE segment IN (SELECT segment FROM shown WHERE sealed) GROUP BY {groups})"
        )
    tails = [one for one in inputs if not one.sealed]
    if tails:
        columns = ", ".join(COUNTED)
        before = ", ".join(
            f"{name} AS ({select})"
            for name, select in folded(f"{_events(server, 'NOT sealed')} AND {within(tails)}").items()
        )
        client.command(
            f"INSERT INTO {database}.sealing ({columns}, segment) WITH {before}"
            f" SELECT {columns}, '{segment}' FROM folded_tails"
        )


def _check(client: Client, server: Server, segment: SegmentId, rows: int, count: int) -> None:
    found = client.query(f"SELECT sum(requests) FROM {server.database}.usage WHERE segment = '{segment}'").result_rows
    if (found[0][0] or 0) != rows:
        msg = f"{count} segments should hold {rows} events, and {found[0][0]} are in {server.shown}."
        raise StoreError(msg, hint="Somebody took rows away: put them back from a backup.")


def _events(server: Server, which: str) -> str:
    return (
        f"{server.database}.events WHERE batch IN (SELECT batch FROM {server.database}.batches"
        f" WHERE segment IN (SELECT segment FROM shown WHERE {which}))"
    )
