"""Writing one segment: its Parquet files, durable before anybody hears of them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from model.errors import StoreError
from model.event import EVENT_COLUMNS
from model.segment import SegmentId
from store.events import aggregate
from store.events.files import path_of, publish

SEAL_ROWS = 5_000
"""A batch of fewer events stays a tail: its facets would outweigh its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A segment's files, durable but not yet in the manifest."""

    id: SegmentId
    sealed: bool
    bytes: int
    min_ts: datetime
    max_ts: datetime
    activity: list[tuple[str, str | None, datetime, datetime, datetime | None]]
    """(key_ref, hint, first seen, last seen, last success) of the credentials that are kept."""


def new_id(now: datetime) -> SegmentId:
    """Sorts by time of writing; the random tail keeps two writers apart."""
    return SegmentId(f"{now:%Y%m%dT%H%M%S}{now.microsecond:06d}-{secrets.token_hex(4)}")


def write_segment(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    *,
    rows: int,
    root: Path,
    segment: SegmentId,
    kept: Sequence[str],
) -> Written:
    """Write the events in `table` (columns of EVENT_COLUMNS except `batch`, in order of lines) as one segment.

    `duck` is the connection that parsed them: copying inside one engine is what makes ingest fast. `kept` are the
    key_refs that are never folded.
    """
    sealed = rows >= SEAL_ROWS
    path_of(root, segment, "events").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    duck.execute("CREATE OR REPLACE TEMP TABLE kept AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(kept)])
    columns = ", ".join(f"'{segment}' AS batch" if name == "batch" else name for name in EVENT_COLUMNS)
    size = _copy(duck, f"SELECT {columns} FROM {table}", path_of(root, segment, "events"))
    _fold(duck, table)
    if sealed:
        size += _copy(duck, f"{aggregate.usage('folded')} ORDER BY ALL", path_of(root, segment, "usage"))
        size += _copy(
            duck, f"{aggregate.facets('folded')} ORDER BY key_ref, kind, day", path_of(root, segment, "facets")
        )
    low, high = duck.execute(f"SELECT min(ts), max(ts) FROM {table}").fetchall()[0]
    return Written(id=segment, sealed=sealed, bytes=size, min_ts=low, max_ts=high, activity=_activity(duck))


def _fold(duck: duckdb.DuckDBPyConnection, table: str) -> None:
    """The table `folded`; its key_refs are an enumeration, which is quick to group and sort by."""
    for name in ("folded", "known"):
        duck.execute(f"DROP TABLE IF EXISTS {name}")
    duck.execute("DROP TYPE IF EXISTS folded_refs")
    duck.execute(f"CREATE TEMP TABLE known AS {aggregate.known(table, 'kept')}")
    pairs = f"(SELECT DISTINCT key_ref, network FROM {table} WHERE key_ref IS NOT NULL)"
    refs = f"SELECT DISTINCT {aggregate.REF} AS v FROM {pairs} e LEFT JOIN known k ON e.key_ref = k.key_ref"
    # An enumeration of nothing is none: the empty text is always in it.
    duck.execute(f"CREATE TYPE folded_refs AS ENUM (SELECT v FROM ({refs}) UNION SELECT '' ORDER BY 1)")
    duck.execute(f"CREATE TEMP TABLE folded AS {aggregate.folded(table, 'known', kind='folded_refs')}")


def _copy(duck: duckdb.DuckDBPyConnection, select: str, final: Path) -> int:
    draft = final.with_name(final.name + ".draft")
    copy = f"COPY ({select}) TO '{str(draft).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)"
    try:
        duck.execute(copy)
        return publish(draft, final)
    except (duckdb.IOException, OSError) as error:
        msg = f"The segment {final} cannot be written: {error}"
        raise StoreError(msg, hint="Nothing of it counts. Make room, check the disk, and ingest again.") from None


def _activity(duck: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None, datetime, datetime, datetime | None]]:
    return duck.execute(
        "SELECT key_ref, max(key_hint), min(ts), max(ts), max(ts) FILTER (WHERE outcome = 'ok') FROM folded"
        " WHERE key_ref IS NOT NULL AND NOT starts_with(CAST(key_ref AS VARCHAR), 'unknown:') GROUP BY 1 ORDER BY 1",
    ).fetchall()
