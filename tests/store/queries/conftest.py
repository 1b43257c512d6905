"""The same few events in DuckDB and in ClickHouse (chDB), with usage and facets in two partial rows a group.

Longer than most files, for the data and what is compared with it belong side by side.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import clickhouse_connect.dbapi
import duckdb
import duckdb_engine
import pandas as pd
import pytest
import sqlalchemy as sa
from pandas.testing import assert_frame_equal
from sqlalchemy.pool import StaticPool

from model.event import EVENT_COLUMNS
from model.window import Window
from store.events import aggregate
from store.events.clickhouse.tables import SESSION, ddl
from store.events.reader import EventsReader
from store.events.tables import kept, metadata

Rows = list[dict[str, Any]]
KEPT = ("fp:1:aaaa", "fp:1:bbbb")
_SHORT = ("ts", "key_ref", "ip", "method", "route", "host", "status", "outcome", "bytes_out", "duration_ms", "client")
_A, _B, _GUESS, _OTHER_GUESS = "fp:1:aaaa", "fp:1:bbbb", "fp:1:9999", "fp:1:8888"
_LIST = ("GET", "/v1/agents", "api")
# Clocks in Berlin jump from 02:00 to 03:00 at 2026-03-29T01:00Z, a Sunday.
EVENTS = [
    ("2026-03-28T22:59:59.999999Z", _A, "192.0.2.1", *_LIST, 200, "ok", 100, 10.0, "curl/8"),
    ("2026-03-28T23:10:00Z", _A, "192.0.2.1", *_LIST, 200, "ok", 100, 20.0, "curl/8"),
    ("2026-03-28T23:20:00Z", _A, "192.0.2.7", "POST", "/v1/agents", "api", 429, "throttled", 10, None, "curl/8"),
    ("2026-03-28T23:59:00Z", None, "203.0.113.9", "GET", "/", None, 401, "unauthenticated", None, None, None),
    ("2026-03-29T00:30:00Z", _A, "192.0.2.1", *_LIST, 200, "ok", 300, 30.0, "curl/8"),
    ("2026-03-29T00:45:00Z", _B, "192.0.2.1", "GET", "/v1/x", "api", None, "unknown", 0, 5.0, "python"),
    ("2026-03-29T01:00:00Z", _A, "192.0.2.1", *_LIST, 403, "forbidden", 10, 40.0, "curl/8"),
    ("2026-03-29T01:05:00Z", _GUESS, "198.51.100.5", *_LIST, 401, "unauthenticated", 5, None, "curl/8"),
    ("2026-03-29T01:05:10Z", _GUESS, "198.51.100.5", *_LIST, 401, "unauthenticated", 5, None, "curl/8"),
    ("2026-03-29T01:05:30Z", _OTHER_GUESS, "198.51.100.6", *_LIST, 401, "unauthenticated", 5, None, "curl/8"),
    ("2026-03-29T01:06:00Z", _GUESS, "198.51.100.5", *_LIST, 401, "unauthenticated", 5, None, "curl/8"),
    ("2026-03-29T01:07:00Z", _B, "198.51.100.5", *_LIST, 200, "ok", 50, 15.0, "curl/8"),
    ("2026-03-29T02:00:00Z", _B, "192.0.2.1", None, None, "api", 500, "server_error", None, 100.0, None),
    ("2026-03-29T02:30:00Z", _B, "192.0.2.1", None, "/v1/x", "api", 404, "client_error", 7, None, "python"),
    ("2026-03-30T00:00:00Z", _A, "192.0.2.1", *_LIST, 200, "ok", 1, 1.0, "curl/8"),
]


def _event(line: int, short: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(_SHORT, short, strict=True))
    network = f"{values['ip'].rpartition('.')[0]}.0/24"
    known = {**values, "ts": datetime.fromisoformat(values["ts"]), "network": network, "source": "edge", "line": line}
    return {**dict.fromkeys(EVENT_COLUMNS), **known, "batch": f"batch-{line % 2}"}


def _duck() -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect(":memory:", config={"threads": 1})
    duck.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f"{name} {kind}" for name, kind in EVENT_COLUMNS.items())
    duck.execute(f"CREATE TABLE events ({columns})")
    duck.execute("CREATE TABLE kept AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(KEPT)])
    duck.execute("CREATE TABLE no_rows AS FROM events")
    for name, partial in (("usage", aggregate.usage), ("facets", aggregate.facets)):
        duck.execute(f"CREATE TABLE {name} AS {partial('no_rows')}")
    return duck


def _fill(duck: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """Insert the events; every batch adds its own partial rows, as a sealed segment does."""
    if rows:
        marks = ", ".join("?" * len(EVENT_COLUMNS))
        duck.executemany(f"INSERT INTO events VALUES ({marks})", [list(row.values()) for row in rows])
    for batch in sorted({row["batch"] for row in rows}):
        duck.execute(f"CREATE OR REPLACE TABLE batch AS FROM events WHERE batch = '{batch}'")
        known = f"({aggregate.known('batch', 'kept')})"
        duck.execute(f"CREATE OR REPLACE TABLE folded AS {aggregate.folded('batch', known)}")
        duck.execute(f"INSERT INTO usage {aggregate.usage('folded')}")
        duck.execute(f"INSERT INTO facets {aggregate.facets('folded')}")


def _engine(duck: duckdb.DuckDBPyConnection) -> sa.Engine:
    return sa.create_engine(
        "duckdb:///:memory:", creator=lambda: duckdb_engine.ConnectionWrapper(duck), poolclass=StaticPool
    )


@pytest.fixture
def load() -> Iterator[Callable[[Rows], EventsReader]]:
    """A function that replaces the events of a DuckDB of its own by others."""
    with _duck() as duck, _engine(duck).connect() as connection:

        def loaded(rows: Rows) -> EventsReader:
            for table in metadata.sorted_tables:
                duck.execute(f"DELETE FROM {table.name}")
            _fill(duck, rows)
            return EventsReader(connection, kept=KEPT)

        yield loaded


@pytest.fixture
def stored(engine: str, load: Callable[[Rows], EventsReader]) -> Iterator[Callable[[Rows], EventsReader]]:
    """As `load`, in each engine in turn."""
    if engine == "duckdb":
        yield load
        return
    connection = _clickhouse("stored")

    def loaded(rows: Rows) -> EventsReader:
        duck = load(rows).connection
        for table in metadata.sorted_tables:
            held = [dict(row) for row in duck.execute(sa.select(table)).mappings()]
            if held:
                connection.execute(sa.insert(table), held)
        return EventsReader(connection, kept=KEPT)

    yield loaded
    connection.exec_driver_sql("DROP DATABASE stored")


@pytest.fixture
def event() -> Callable[[int, Sequence[Any]], dict[str, Any]]:
    """A whole event from its line and its few telling columns."""
    return _event


@pytest.fixture(scope="session")
def _loaded() -> Iterator[dict[str, EventsReader]]:
    with _duck() as full, _duck() as bare, _clickhouse("queries") as ch_full, _clickhouse("no_queries") as ch_bare:
        _fill(full, [_event(line, short) for line, short in enumerate(EVENTS)])
        with _engine(full).connect() as duck, _engine(bare).connect() as bare_duck:
            for table in metadata.sorted_tables:
                ch_full.execute(sa.insert(table), [dict(row) for row in duck.execute(sa.select(table)).mappings()])
            yield {
                "duckdb": EventsReader(duck, kept=KEPT),
                "clickhouse": EventsReader(ch_full, kept=KEPT),
                "duckdb, empty": EventsReader(bare_duck, kept=KEPT),
                "clickhouse, empty": EventsReader(ch_bare, kept=KEPT),
            }


def _clickhouse(database: str) -> sa.Connection:
    engine = sa.create_engine(
        "clickhousedb://", creator=lambda: clickhouse_connect.dbapi.connect(dsn="chdb://memory"), poolclass=StaticPool
    )
    connection = engine.connect()
    for statement in (
        f"CREATE DATABASE {database}",
        f"USE {database}",
        *(f"SET {name} = {value}" for name, value in SESSION.items()),
        *ddl(database),
    ):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("CREATE TABLE kept (key_ref String) ENGINE = Memory")
    connection.execute(sa.insert(kept), [{"key_ref": ref} for ref in KEPT])
    return connection


@pytest.fixture(params=["duckdb", "clickhouse"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def reader(engine: str, _loaded: dict[str, EventsReader]) -> EventsReader:
    """EVENTS in each engine in turn."""
    return _loaded[engine]


@pytest.fixture
def empty_reader(engine: str, _loaded: dict[str, EventsReader]) -> EventsReader:
    """Tables without rows in each engine in turn."""
    return _loaded[f"{engine}, empty"]


@pytest.fixture
def window() -> Callable[[str, str], Window]:
    """A window from two ISO moments in UTC."""

    def made(since: str, until: str) -> Window:
        moments = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until))
        return Window(since=next(moments), until=next(moments))

    return made


@pytest.fixture
def everything(window: Callable[[str, str], Window]) -> Window:
    """Three whole UTC days that hold all of EVENTS."""
    return window("2026-03-28", "2026-03-31")


@pytest.fixture
def same() -> Callable[..., None]:
    """Compares a frame, dtypes included, with rows written by hand; moments are ISO text."""

    def compare(rows: Sequence[Sequence[Any]], columns: Mapping[str, str], frame: pd.DataFrame) -> None:
        expected = {}
        for place, (name, dtype) in enumerate(columns.items()):
            values: pd.Series = pd.Series([row[place] for row in rows], dtype="object")
            if dtype.startswith("datetime64"):
                values = pd.to_datetime(values, utc=True, format="ISO8601")
            expected[name] = values.astype(pd.api.types.pandas_dtype(dtype))
        assert_frame_equal(pd.DataFrame(expected), frame, rtol=1e-12)

    return compare
