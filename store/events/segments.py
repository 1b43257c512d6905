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
from store.events.files import KINDS, PARQUET, PARQUET_OF_EVENTS, draft_of, path_of, publish

SEAL_ROWS = 5_000
"""A batch of fewer events stays a tail: its facets would outweigh its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A segment's files, not yet in the manifest."""

    id: SegmentId
    sealed: bool
    bytes: int
    min_ts: datetime
    max_ts: datetime
    files: tuple[Path, ...]
    """Their final names."""
    activity: list[tuple[str, str | None, datetime, datetime, datetime | None]]
    """(key_ref, hint, first seen, last seen, last success) of the credentials that are kept."""


def new_id(now: datetime) -> SegmentId:
    """Sorts by time of writing; the random tail keeps two writers apart."""
    return SegmentId(f"{now:%Y%m%dT%H%M%S}{now.microsecond:06d}-{secrets.token_hex(4)}")


def draft_segment(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    *,
    rows: int,
    root: Path,
    segment: SegmentId,
    kept: Sequence[str],
) -> Written:
    """Write the events in `table` (columns of EVENT_COLUMNS except `batch`) as the drafts of one segment.

    `duck` is the connection that parsed them: copying inside one engine is what makes ingest fast. `kept` are the
    key_refs that are never folded. Raises StoreError when the disk refuses.
    """
    kinds = KINDS if rows >= SEAL_ROWS else KINDS[:1]
    path_of(root, segment, "events").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    duck.execute("CREATE OR REPLACE TEMP TABLE kept AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(kept)])
    columns = ", ".join(f"'{segment}' AS batch" if name == "batch" else name for name in EVENT_COLUMNS)
    _fold(duck, table)
    selects = {
        "events": f"SELECT {columns} FROM {table}",
        "usage": f"{aggregate.usage('folded')} ORDER BY ALL",
        "facets": f"{aggregate.facets('folded')} ORDER BY key_ref, kind, day",
    }
    files = tuple(path_of(root, segment, kind) for kind in kinds)
    options = {"events": PARQUET_OF_EVENTS}
    size = sum(
        _copy(duck, selects[kind], file, options.get(kind, PARQUET)) for kind, file in zip(kinds, files, strict=True)
    )
    low, high = duck.execute(f"SELECT min(ts), max(ts) FROM {table}").fetchall()[0]
    return Written(
        id=segment,
        sealed=len(kinds) > 1,
        bytes=size,
        min_ts=low,
        max_ts=high,
        files=files,
        activity=_activity(duck),
    )


def publish_segment(written: Written) -> None:
    """Make the drafts durable under their final names. Raises StoreError when the disk refuses."""
    try:
        publish(written.files)
    except OSError as error:
        raise _refused(written.files[0], error) from None


def write_segment(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    *,
    rows: int,
    root: Path,
    segment: SegmentId,
    kept: Sequence[str],
) -> Written:
    """Draft and publish at once."""
    written = draft_segment(duck, table, rows=rows, root=root, segment=segment, kept=kept)
    publish_segment(written)
    return written


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


def _copy(duck: duckdb.DuckDBPyConnection, select: str, final: Path, options: str) -> int:
    draft = draft_of(final)
    try:
        duck.execute(f"COPY ({select}) TO '{str(draft).replace(chr(39), chr(39) * 2)}' ({options})")
        return draft.stat().st_size
    except (duckdb.IOException, OSError) as error:
        raise _refused(final, error) from None


def _refused(final: Path, error: Exception) -> StoreError:
    msg = f"The segment {final} cannot be written: {error}"
    return StoreError(msg, hint="Nothing of it counts. Make room, check the disk, and ingest again.")


def _activity(duck: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None, datetime, datetime, datetime | None]]:
    return duck.execute(
        "SELECT key_ref, max(key_hint), min(ts), max(ts), max(ts) FILTER (WHERE outcome = 'ok') FROM folded"
        " WHERE key_ref IS NOT NULL AND NOT starts_with(CAST(key_ref AS VARCHAR), 'unknown:') GROUP BY 1 ORDER BY 1",
    ).fetchall()
