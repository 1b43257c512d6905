"""Engines of events: DuckDB over files, and ClickHouse inside this process (chDB), with a database for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from store.events.clickhouse.connecting import Client, Server

ENGINES = ("duckdb", "clickhouse")
_numbers = count(1)


@pytest.fixture(scope="session")
def clickhouse_server() -> Iterator[Client]:
    """The engine of this process; what is in its memory lasts as long as somebody is connected."""
    session = Server.of("chdb://memory/unused").session()
    yield session.client
    session.close()


@pytest.fixture
def clickhouse(clickhouse_server: Client) -> Iterator[str]:
    """The URL of a database that is not there yet; it is dropped afterwards."""
    name = f"test_{next(_numbers)}"
    yield f"chdb://memory/{name}"
    clickhouse_server.command(f"DROP DATABASE IF EXISTS {name} SYNC")
