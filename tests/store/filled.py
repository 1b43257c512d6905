"""Stores that hold small segments, and what is counted in them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from model.event import EVENT_COLUMNS
from model.segment import Segment, SegmentId
from store.events.ids import new_id
from store.handle import Store
from store.state import segments

DAY = datetime(2026, 10, 1, tzinfo=UTC)
NOW = DAY + timedelta(days=2)
EACH = 20
"""Events of a segment."""
ONE = Segment(
    id=SegmentId(""),
    source="edge",
    origin="o1",
    from_offset=0,
    to_offset=100,
    from_line=0,
    rows=3,
    rejects=0,
    min_ts=DAY,
    max_ts=DAY,
    ingested_at=DAY,
    sealed=False,
)
Fill = Callable[..., list[Segment]]
COUNTS = {
    "usage": "hour, key_ref, host, outcome",
    "facets": "day, key_ref, kind, value, outcome",
}


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def fill(empty_store: Store, duck: duckdb.DuckDBPyConnection) -> Fill:
    """`fill(count)`: so many segments of EACH events, a minute apart, of three keys and guesses."""
    return filler(empty_store, duck)


def filler(store: Store, duck: duckdb.DuckDBPyConnection) -> Fill:
    """The same for any store."""

    def run(count: int, *, source: str = "edge", since: datetime = DAY, first: int = 0) -> list[Segment]:
        made = []
        for number in range(first, first + count):
            began = since + timedelta(minutes=number)
            columns = {name: "NULL" for name in EVENT_COLUMNS if name != "batch"} | {
                "ts": f"TIMESTAMPTZ '{began.isoformat()}' + to_seconds(i)",
                "source": f"'{source}'",
                "key_ref": "CASE i % 5 WHEN 4 THEN 'fp:1:guess' || i ELSE 'fp:1:' || (i % 3) END",
                "outcome": "CASE i % 5 WHEN 4 THEN 'unauthenticated' ELSE 'ok' END",
                "network": "'192.0.2.0/24'",
                "ip": "'192.0.2.' || (i % 7)",
                "route": "'/v1/x'",
                "host": "'api'",
                "path": f"'/v1/x/{source}/' || ({number * EACH} + i)",
                "bytes_out": "i * 10",
                "duration_ms": "i",
                "line": "i + 1",
            }
            chosen = ", ".join(f"CAST({value} AS {EVENT_COLUMNS[name]}) AS {name}" for name, value in columns.items())
            duck.execute(f"CREATE OR REPLACE TABLE made AS SELECT {chosen} FROM range({EACH}) t(i)")
            made_now = duck.table("made").to_arrow_table()
            written = store.events.draft(duck, made_now, segment=new_id(began), kept=["fp:1:0"])
            row = replace(
                ONE,
                id=written.id,
                min_ts=written.min_ts,
                max_ts=written.max_ts,
                source=source,
                rows=EACH,
                from_line=number * EACH,
                ingested_at=began + timedelta(seconds=30),
                sealed=written.sealed,
                bytes=written.bytes,
            )
            store.publish(written, row)
            with store.transaction() as tx:
                segments.add_segment(tx, row)
            made.append(row)
        return made

    return run


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.reader() as reader:
        return [tuple(row) for row in reader.connection.exec_driver_sql(query).fetchall()]


def counted(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Events, and usage and facets as sums of their parts."""
    sums = "sum(requests), sum(bytes_out), sum(duration_sum), max(duration_max), sum(timed)"
    found = {
        name: rows(store, f"SELECT {groups}, {sums} FROM {name} GROUP BY {groups} ORDER BY ALL")
        for name, groups in COUNTS.items()
    }
    events = ", ".join(name for name in EVENT_COLUMNS)
    return found | {"events": rows(store, f"SELECT {events} FROM events ORDER BY path, ts")}


def manifest(store: Store) -> list[Segment]:
    with store.reading() as tx:
        return segments.overlapping(tx, None)
