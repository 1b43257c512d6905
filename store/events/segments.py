"""Writing one segment: its Parquet files, durable before anybody hears of them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from model.arrow import integers, strings
from model.coded import constant
from model.errors import StoreError
from model.event import EVENT_COLUMNS
from model.segment import SegmentId
from store.events.counting import counted, span
from store.events.files import KINDS, Files
from store.events.interface import Written
from store.events.parquet import write_parquet

if TYPE_CHECKING:
    from store.events.interface import Batches

SEAL_ROWS = 5_000
"""A batch of fewer events stays a tail: its facets would outweigh its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted(Written):
    """A segment's files."""

    kinds: tuple[str, ...]
    """What it has files of."""


def draft_segment(
    duck: duckdb.DuckDBPyConnection,
    events: pa.Table,
    *,
    files: Files,
    segment: SegmentId,
    kept: Collection[str],
    batches: "Batches | None" = None,
) -> Drafted:
    """Write events (columns of EVENT_COLUMNS except `batch`) as the drafts of one segment.

    Texts may be dictionaries: they are written as such. `kept` are the key_refs that are never folded; `duck` counts.
    `batches` tells the events of a segment apart that holds several. Raises StoreError when the disk refuses.
    """
    sealed = len(events) >= SEAL_ROWS
    counts = counted(duck, events, kept, sealed=sealed)
    tables = {"events": batched(events, segment, batches), "usage": counts.usage, "facets": counts.facets}
    kinds = KINDS if sealed else KINDS[:1]
    size = sum(_write(tables[kind], files, segment, kind) for kind in kinds)
    low, high = span(events)
    return Drafted(
        id=segment, sealed=sealed, bytes=size, min_ts=low, max_ts=high, kinds=kinds, activity=counts.activity
    )


def publish_segment(files: Files, written: Drafted) -> None:
    """Make the drafts durable under their final names. Raises StoreError when the disk refuses."""
    try:
        files.publish(written.id, written.kinds)
    except OSError as error:
        raise _refused(files.name(written.id, "events"), error) from None


def write_segment(
    duck: duckdb.DuckDBPyConnection, table: str, *, files: Files, segment: SegmentId, kept: Collection[str]
) -> Drafted:
    """Draft and publish the events of a table at once."""
    written = draft_segment(duck, duck.table(table).to_arrow_table(), files=files, segment=segment, kept=kept)
    publish_segment(files, written)
    return written


def batched(events: pa.Table, segment: SegmentId, batches: "Batches | None") -> pa.Table:
    """Events with the column `batch`, in the order of EVENT_COLUMNS; the segment is the batch unless it has several."""
    if batches is None:
        whole = events.append_column("batch", constant(segment, len(events)).arrow())
    else:
        ids, number, line = batches
        named = pa.DictionaryArray.from_arrays(integers(number.astype(np.int32)), strings(ids))
        events = events.set_column(events.schema.get_field_index("line"), "line", integers(line.astype(np.int32)))
        whole = events.append_column("batch", named)
    return whole.select(list(EVENT_COLUMNS))


def _write(table: pa.Table, files: Files, segment: SegmentId, kind: str) -> int:
    try:
        draft = files.draft(segment, kind)
        write_parquet(table, draft)
        return draft.stat().st_size
    except OSError as error:
        raise _refused(files.name(segment, kind), error) from None


def _refused(name: str, error: Exception) -> StoreError:
    msg = f"The segment {name} cannot be written: {error}"
    return StoreError(msg, hint="Nothing of it counts. Make room, check the disk, and ingest again.")
