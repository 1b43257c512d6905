"""Events by key and time, some keys after another: no more is sorted at once than memory holds.

Sorted all at once, 2.7 million events of 60 segments took 420 to 580 MB on the disk, where the segment that they
became takes 5 to 25: a disk of 256 MB was too small for its own events. In parts it is a seventh more processor time.
"""

from collections.abc import Iterator
from typing import Final

import duckdb
import pyarrow as pa

AT_ONCE: Final = 400_000
"""Events that are sorted together: at 155 to 215 bytes each (measured) a third of what a merge may take, so nothing
goes to the disk; with 750,000 something did."""
ROWS: Final = 50_000
"""Of a batch."""
_PARTS: Final = """
    WITH counted AS (SELECT key_ref, count(*) AS n FROM {source} GROUP BY key_ref),
    placed AS (
        SELECT key_ref, n, n > {at_once} AS large,
            (sum(n) OVER (ORDER BY key_ref) - n) // {at_once} AS part FROM counted)
    SELECT min(key_ref), max(key_ref), CAST(sum(n) AS BIGINT) FROM placed
    GROUP BY key_ref IS NULL, part, large, CASE WHEN large THEN key_ref END ORDER BY 1 NULLS LAST"""


def by_key_and_time(duck: duckdb.DuckDBPyConnection, source: str, at_once: int = AT_ONCE) -> pa.RecordBatchReader:
    """All columns of `source`, a table function with key_ref and ts, in batches that stand by key_ref, then ts.

    No key comes last. Raises duckdb.Error when it cannot be read.
    """
    schema = duck.sql(f"SELECT * FROM {source} LIMIT 0").to_arrow_table().schema
    return pa.RecordBatchReader.from_batches(schema, _batches(duck, source, at_once))


def ranges(duck: duckdb.DuckDBPyConnection, source: str, at_once: int = AT_ONCE) -> Iterator[tuple[str, list[str]]]:
    """Conditions with their parameters that divide `source` by key, and a busy key by time: each holds about `at_once`.

    They are in the order of key_ref, then ts. Raises duckdb.Error when it cannot be read.
    """
    for first, last, count in duck.execute(_PARTS.format(source=source, at_once=at_once)).fetchall():
        if first is None:
            keys, names = "key_ref IS NULL", []
        else:
            keys, names = "key_ref BETWEEN ? AND ?", [first, last]
        for span in _spans(duck, f"{source} WHERE {keys}", names, -(-count // at_once) if first == last else 1):
            yield f"{keys}{span}", names


def _batches(duck: duckdb.DuckDBPyConnection, source: str, at_once: int) -> Iterator[pa.RecordBatch]:
    for condition, names in ranges(duck, source, at_once):
        part = f"SELECT * FROM {source} WHERE {condition} ORDER BY key_ref, ts"
        yield from duck.sql(part, params=names).to_arrow_reader(ROWS)


def _spans(duck: duckdb.DuckDBPyConnection, of_key: str, names: list[str], pieces: int) -> Iterator[str]:
    """Conditions that divide the events of one key by time."""
    if pieces == 1:
        yield ""
        return
    shares = ", ".join(str(n / pieces) for n in range(1, pieces))
    rows = duck.execute(f"SELECT quantile_disc(epoch_us(ts), [{shares}]) FROM {of_key}", names).fetchall()
    cuts = sorted(set(rows[0][0]))
    for since, until in zip([None, *cuts], [*cuts, None], strict=True):
        after = "" if since is None else f" AND epoch_us(ts) >= {since}"
        yield after + ("" if until is None else f" AND epoch_us(ts) < {until}")
