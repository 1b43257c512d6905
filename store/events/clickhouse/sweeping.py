"""What lies on the server and counts no more: which segments have anything there, how it goes, and what it takes."""

from collections.abc import Collection, Sequence
from typing import Final

from model.segment import Segment
from store.events.clickhouse.connecting import Client, Server
from store.events.clickhouse.views import moment

_PART: Final = 500
"""Segments that are asked for, or removed, at once."""


def stored(client: Client, server: Server) -> set[str]:
    """Ids of the segments that have anything there: each is noted in `batches` before its first event is sent."""
    return {row[0] for row in client.query(f"SELECT DISTINCT segment FROM {server.database}.batches").result_rows}


def remove(client: Client, server: Server, gone: Collection[str]) -> None:
    """Remove segments: their counts, and the events of batches that no other segment holds.

    What the server knows of batches goes last, so that a removal that was cut short is done again.
    """
    ids = sorted(gone)
    for start in range(0, len(ids), _PART):
        chosen = _listed(ids[start : start + _PART])
        alone = client.query(
            f"SELECT batch, min(since), max(until) FROM {server.database}.batches WHERE batch IN (SELECT batch FROM"
            f" {server.database}.batches WHERE segment IN ({chosen})) GROUP BY batch HAVING countIf(segment NOT IN"
            f" ({chosen})) = 0",
            tz_mode="aware",
        ).result_rows
        if alone:
            low, high = min(row[1] for row in alone), max(row[2] for row in alone)
            _delete(
                client,
                server,
                "events",
                f"batch IN ({_listed([row[0] for row in alone])}) AND ts BETWEEN {moment(low)} AND {moment(high)}",
            )
        for table in ("usage", "facets", "batches"):
            _delete(client, server, table, f"segment IN ({chosen})")


def counts(client: Client, server: Server, manifest: Sequence[Segment]) -> dict[str, int]:
    """Segment to how many events of it are there."""
    found = dict.fromkeys((str(one.id) for one in manifest), 0)
    for start in range(0, len(manifest), _PART):
        part = manifest[start : start + _PART]
        low, high = min(one.min_ts for one in part), max(one.max_ts for one in part)
        chosen = _listed([one.id for one in part])
        held = f"SELECT segment, batch FROM {server.database}.batches WHERE segment IN ({chosen})"
        rows = client.query(
            f"SELECT segment, sum(n) FROM (SELECT batch, count() AS n FROM {server.database}.events"
            f" WHERE batch IN (SELECT batch FROM ({held})) AND ts BETWEEN {moment(low)} AND {moment(high)}"
            " GROUP BY batch) AS there"
            f" INNER JOIN ({held}) AS held ON there.batch = held.batch GROUP BY segment"
        ).result_rows
        found |= {segment: int(count) for segment, count in rows}
    return found


def size(client: Client, server: Server) -> int:
    """Bytes on the server's disk."""
    rows = client.query(
        f"SELECT sum(bytes_on_disk) FROM system.parts WHERE database = '{server.database}' AND active"
    ).result_rows
    return int(rows[0][0] or 0)


def _delete(client: Client, server: Server, table: str, where: str) -> None:
    place = f"{server.database}.{table}"
    # A mutation looks at every part of the table: a question that finds nothing saves it.
    if client.query(f"SELECT 1 FROM {place} WHERE {where} LIMIT 1").result_rows:
        client.command(f"DELETE FROM {place} WHERE {where}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join("'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'" for name in names)
