"""How a table becomes a Parquet file: columns whose texts repeat as dictionaries, times and numbers as differences."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

_DIFFERENCES: Final = frozenset(("ts", "line", "hour", "day"))
_REPEATING: Final = frozenset(("status", "requests", "timed", "duration_ms"))
"""Numbers that are written as dictionaries."""
_BY_BYTES: Final = frozenset(("bytes_out", "bytes_in", "duration_sum", "duration_max"))
"""Numbers whose first bytes are alike: all first bytes, then all second ones. A facet takes 5 % less so.

First and last times stand in no order: as they are they take 2 bytes, as dictionaries 3.8, as differences 4.4.
"""
_LEVEL: Final = 1
"""Of zstd. The fastest suffices, since dictionaries and differences leave little to find."""


_ROWS: Final = 100_000
"""Of a row group of events when a stream is written: so many are in memory at once."""
_COUNTS: Final = 25_000
"""Of usage and facets: what one key has there is read in less than half the time, all of it in the same."""
_DICTIONARY: Final = 32 << 20
"""Bytes of a column's dictionary in a row group, beyond which its texts are written as they are."""


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write the table. Raises OSError when the disk refuses.

    Only numbers get statistics: those of a text cost 0.035 µs a row and column, a third of all writing, and tell a
    reader nothing, for every segment has all keys.
    """
    texts = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    pq.write_table(table, path, **_options(table.schema, texts))


def write_sorted(rows: pa.RecordBatchReader, path: Path, kind: str) -> int:
    """Write rows of a kind (events, usage, facets) that stand by key_ref; returns how many there are.

    Raises OSError when the disk refuses.

    Here key_ref has statistics: a question about one key opens the row groups that hold it.
    """
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    options = _options(rows.schema, texts)
    options["write_statistics"].append("key_ref")
    count, most = 0, _ROWS if kind == "events" else _COUNTS
    with pq.ParquetWriter(path, rows.schema, dictionary_pagesize_limit=_DICTIONARY, **options) as file:
        for group in _groups(rows):
            file.write_table(group, row_group_size=most)
            count += len(group)
    return count


def _groups(rows: pa.RecordBatchReader) -> Iterator[pa.Table]:
    gathered: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        gathered.append(batch)
        size += len(batch)
        if size >= _ROWS:
            yield pa.Table.from_batches(gathered)
            gathered, size = [], 0
    if gathered:
        yield pa.Table.from_batches(gathered)


def _options(schema: pa.Schema, texts: Sequence[str]) -> dict[str, Any]:
    names = schema.names
    return {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "use_dictionary": [*texts, *(name for name in names if name in _REPEATING)],
        "column_encoding": {name: "DELTA_BINARY_PACKED" for name in names if name in _DIFFERENCES}
        | {name: "BYTE_STREAM_SPLIT" for name in names if name in _BY_BYTES},
        "write_statistics": [name for name in names if name not in texts],
        "data_page_version": "2.0",
        "store_schema": False,
    }
