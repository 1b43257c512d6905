"""Retention on ClickHouse: rows go by their age (TTL), some days after the manifest ceased to count them.

The manifest drops a segment when the last of its events is too old; the server looks at each row. So it is given MARGIN
more, and what it frees is what nobody sees any more.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from model.retention import Cuts
from model.segment import Segment
from store.events.clickhouse.connecting import Client, Server

MARGIN: Final = timedelta(days=7)
"""Longer than the events of a segment usually are apart, and than keywatch is usually down."""
_COLUMNS: Final = {"events": "ts", "usage": "hour", "facets": "day"}
_KEPT: Final = re.compile(r"TTL \w+\((?:ts|hour|day)\) \+ toIntervalDay\((\d+)\)")


def expire(client: Client, server: Server, cuts: Cuts, now: datetime) -> None:
    """Tell the server how long to keep what; nothing is asked of it that it does already."""
    for table, column in _COLUMNS.items():
        cut = cuts.events if table == "events" else cuts.counts
        wanted = None if cut is None else (now - cut + MARGIN).days
        if _days(client, server, table) == wanted:
            continue
        place = f"{server.database}.{table}"
        if wanted is None:
            client.command(f"ALTER TABLE {place} REMOVE TTL")
        else:
            # What is there is let go as its parts are merged: no rewriting of all of them at once.
            client.command(
                f"ALTER TABLE {place} MODIFY TTL toDateTime({column}) + toIntervalDay({wanted})",
                settings={"materialize_ttl_after_modify": 0},
            )


def not_expired(client: Client, server: Server, segments: Sequence[Segment]) -> bool:
    """Whether the server has let go none of their events."""
    days = _days(client, server, "events")
    if days is None:
        return True
    oldest = min(one.min_ts for one in segments)
    at = client.query("SELECT toUnixTimestamp(now())").result_rows[0][0]
    return bool(oldest.timestamp() > at - days * 86_400)


def _days(client: Client, server: Server, table: str) -> int | None:
    """How long the server keeps a table's rows now."""
    made = client.query(
        f"SELECT engine_full FROM system.tables WHERE database = '{server.database}' AND name = '{table}'"
    ).result_rows
    found = _KEPT.search(made[0][0])
    return int(found[1]) if found else None
