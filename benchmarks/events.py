"""A store full of events, written by the store's own writer: as fast as it goes, without a log in between."""

import csv
import inspect
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from keywatch.workspace import Workspace
from model.event import EVENT_COLUMNS
from model.segment import Segment
from model.window import Window
from store.events.ids import new_id
from store.events.segments import write_segment
from store.state import activity, inventory, segments

SOURCE: Final = "edge"
_ROUTES: Final = [
    f"/v1/{name}{tail}" for name in ("agents", "calls", "contacts", "conversations", "keys") for tail in ("", "/{id}")
]
_CLIENTS: Final = [
    f"{name}/{version}" for name in ("python-requests", "axios", "okhttp", "aloochat-node") for version in (1, 2, 3)
]


def write_inventory(path: Path, keys: int, end: datetime) -> None:
    """A CSV of keys in good order."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["key_id", "name", "environment", "owner", "status", "created_at", "expires_at"])
        made, over = (end - timedelta(days=60)).isoformat(), (end + timedelta(days=120)).isoformat()
        writer.writerows(
            [f"key_{n:05d}", f"customer-{n:05d}", "production", f"team-{n // 3}@example.com", "active", made, over]
            for n in range(keys)
        )


def vocabulary(duck: duckdb.DuckDBPyConnection, keys: int) -> None:
    """The tables that events are dealt from: each key has one network, four addresses and a client."""
    duck.execute(f"""
        CREATE TEMP TABLE who AS SELECT k::INTEGER AS k, format('id:key_{{:05d}}', k) AS key_ref,
            format('10.{{}}.{{}}.', k >> 8, k & 255) AS stem,
            {_CLIENTS}[1 + k % {len(_CLIENTS)}] AS client FROM range({keys}) t(k)""")
    duck.execute(
        "CREATE TEMP TABLE how AS SELECT (n - 1)::INTEGER AS r,"
        f" {_ROUTES}[n] AS route FROM range(1, {len(_ROUTES)} + 1) t(n)",
    )
    for name, texts in (
        ("refs", "SELECT key_ref FROM who"),
        ("ips", "SELECT stem || h FROM who, range(2, 6) t(h)"),
        ("nets", "SELECT stem || '0/24' FROM who"),
        ("clients", "SELECT client FROM who"),
        ("routes", "SELECT route FROM how"),
    ):
        duck.execute(f"CREATE TYPE {name} AS ENUM (SELECT DISTINCT * FROM ({texts}) ORDER BY 1)")


def deal(
    duck: duckdb.DuckDBPyConnection, table: str, *, rows: int, seed: int, window: Window, keys: int, few: int = 0
) -> None:
    """Make `table` of `rows` events in a window: keys by a power law, or `few` keys evenly; 1 % of the calls fail."""
    begin, span = int(window.since.timestamp() * 1e6), int((window.until - window.since) / timedelta(microseconds=1))
    which = (
        f"(a % {few}) * {max(1, keys // max(1, few))}" if few else f"floor({keys} * pow((a % 1000003) / 1000003.0, 3))"
    )
    missing = {"country", "asn", "request_id", "flags", "key_hint"}
    made = {
        "ts": f"make_timestamptz({begin} + (i * {span}) // {rows})",
        "source": f"'{SOURCE}'",
        "key_ref": "CAST(who.key_ref AS refs)",
        "ip": "CAST(who.stem || (2 + least(3, b % 11)) AS ips)",
        "method": "CASE WHEN c % 5 = 0 THEN 'POST' ELSE 'GET' END",
        "route": "CAST(how.route AS routes)",
        "path": "CAST(how.route AS routes)",
        "host": "'api.example.com'",
        "status": "CAST(CASE WHEN c % 1000 < 990 THEN 200 WHEN c % 1000 < 993 THEN 404 WHEN c % 1000 < 996 THEN 500 "
        "WHEN c % 1000 < 998 THEN 403 ELSE 401 END AS SMALLINT)",
        "outcome": "CASE WHEN c % 1000 < 990 THEN 'ok' WHEN c % 1000 < 993 THEN 'client_error' "
        "WHEN c % 1000 < 996 THEN 'server_error' WHEN c % 1000 < 998 THEN 'forbidden' ELSE 'unauthenticated' END",
        "bytes_out": "CAST(200 + c % 9000 AS BIGINT)",
        "bytes_in": "CAST(300 AS BIGINT)",
        "duration_ms": "CAST(5 + c % 120 AS DOUBLE)",
        "user_agent": "CAST(who.client AS clients)",
        "client": "CAST(who.client AS clients)",
        "network": "CAST(who.stem || '0/24' AS nets)",
        "line": "CAST(i + 1 AS INTEGER)",
    } | {name: f"CAST(NULL AS {EVENT_COLUMNS[name]})" for name in missing}
    columns = ", ".join(f"{made[name]} AS {name}" for name in EVENT_COLUMNS if name != "batch")
    duck.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM (
            SELECT i, CAST({which} AS INTEGER) AS k, b, c, CAST(b % {len(_ROUTES)} AS INTEGER) AS r FROM (
                SELECT i, hash(i + {seed} * 1000003) AS a, hash(i * 7 + {seed}) AS b, hash(i * 13 + {seed} + 1) AS c
                FROM range({rows}) t(i)))
        JOIN who USING (k) JOIN how USING (r)""")


def fill(workspace: Workspace, duck: duckdb.DuckDBPyConnection, table: str, *, rows: int, now: datetime) -> None:
    """Write `table` as one segment and make it visible, as an ingest does."""
    with workspace.store.reading() as tx:
        kept = inventory.known_refs(tx)
    segment = new_id(now)
    # An older writer is told how many rows there are.
    told = {"rows": rows} if "rows" in inspect.signature(write_segment).parameters else {}
    written = write_segment(duck, table, files=workspace.store.files, segment=segment, kept=kept, **told)
    window = Window(since=written.min_ts, until=written.max_ts)
    with workspace.store.transaction() as tx:
        segments.add_segment(tx, _segment(written, rows, now))
        activity.save_activity(tx, written.activity)
        segments.count_lines(
            tx,
            SOURCE,
            lines=rows,
            events=rows,
            rejects={},
            skipped=0,
            now=now,
            span=window,
            reads_keys=True,
            format_name="nginx-json",
        )


def _segment(written: object, rows: int, now: datetime) -> Segment:
    """The manifest's row; what an ingest knows of its file is made up."""
    values = {"source": SOURCE, "origin": "made", "from_offset": 0, "to_offset": rows, "from_line": 0, "rows": rows}
    values |= {"rejects": 0, "ingested_at": now}
    values |= {name: getattr(written, name) for name in Segment.__slots__ if hasattr(written, name)}
    return Segment(**values)


def fill_days(workspace: Workspace, *, events: int, keys: int, days: int, end: datetime) -> Iterable[int]:
    """Fill a store with `days` before `end`, a segment a day; yields the events written so far."""
    pieces = days  # one segment a day, as compaction leaves them
    with duckdb.connect(config={"memory_limit": "3GB"}) as duck:
        vocabulary(duck, keys)
        for n in range(pieces):
            since = end - timedelta(days=days) + n * timedelta(days=1)
            rows = events * (n + 1) // pieces - events * n // pieces
            deal(
                duck, "made", rows=rows, seed=n, window=Window(since=since, until=since + timedelta(days=1)), keys=keys
            )
            fill(workspace, duck, "made", rows=rows, now=datetime.now(UTC))
            yield events * (n + 1) // pieces


def compact(workspace: Workspace) -> None:
    """Write each segment anew by key and time, as compaction leaves the segments of a day when it is over."""
    with workspace.store.reading() as tx:
        manifest, kept = segments.overlapping(tx, None), inventory.known_refs(tx)
    for one in manifest:
        now = datetime.now(UTC)
        written = workspace.store.events.merge([one], segment=new_id(now), kept=kept, seal=True)
        whole = replace(one, id=written.id, bytes=written.bytes, level=1)
        workspace.store.publish(written, whole)
        with workspace.store.transaction() as tx:
            segments.replace_with(tx, [one], whole, now)
        workspace.store.events.remove({one.id})
