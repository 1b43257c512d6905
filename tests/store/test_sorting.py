"""Events are written by key and time, part by part, as if they had been sorted in one piece."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from store.events.sorting import by_key_and_time

SHUFFLED = """CREATE TABLE made AS SELECT
    CASE WHEN h % 10 < 3 THEN NULL WHEN h % 10 < 6 THEN 'busy' ELSE 'key' || (h % 7) END AS key_ref,
    make_timestamptz(CAST(1790000000000000 + (h // 64) % 5000 * 1000000 AS BIGINT)) AS ts,
    i, repeat(md5(i::VARCHAR), 8) AS text
    FROM (SELECT i, hash(i) AS h FROM range({rows}) t(i))"""


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    config = {"threads": 1, "memory_limit": "128MB", "temp_directory": str(tmp_path), "preserve_insertion_order": False}
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("at_once", [1, 7, 300, 1_000, 100_000])
def test_parts_of_any_size_give_what_one_piece_gives(duck: duckdb.DuckDBPyConnection, at_once: int) -> None:
    duck.execute(SHUFFLED.format(rows=2_000))
    whole = duck.sql("SELECT key_ref, ts FROM made ORDER BY key_ref, ts").fetchall()

    found = by_key_and_time(duck, "made", at_once).read_all()

    assert whole == list(zip(found["key_ref"].to_pylist(), found["ts"].to_pylist(), strict=True))
    assert list(range(2_000)) == sorted(found["i"].to_pylist())


def test_no_events_are_no_rows(duck: duckdb.DuckDBPyConnection) -> None:
    duck.execute(SHUFFLED.format(rows=0))

    found = by_key_and_time(duck, "made").read_all()

    assert (["key_ref", "ts", "i", "text"], 0) == (found.column_names, len(found))


def test_what_memory_cannot_hold_at_once_takes_no_room_on_the_disk(
    duck: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    duck.execute(f"COPY ({SHUFFLED.partition(' AS ')[2].format(rows=600_000)}) TO '{tmp_path}/made.parquet'")
    source = f"read_parquet('{tmp_path}/made.parquet')"

    def spilled(rows: pa.RecordBatchReader) -> int:
        return max(sum(one.stat().st_size for one in tmp_path.rglob("duckdb_temp*")) for _ in rows)

    assert spilled(duck.sql(f"SELECT * FROM {source} ORDER BY key_ref, ts").to_arrow_reader(50_000))
    assert not spilled(by_key_and_time(duck, source, 50_000))
