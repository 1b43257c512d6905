"""Engines of events: DuckDB over files, and ClickHouse inside this process (chDB), with a database for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from store.events.clickhouse.connecting import Server

ENGINES = ("duckdb", "clickhouse")
_numbers = count(1)


@pytest.fixture
def clickhouse() -> Iterator[str]:
    """The URL of a database that is not there yet; it is dropped afterwards."""
    url = f"chdb://memory/test_{next(_numbers)}"
    yield url
    drop(url)


def drop(url: str) -> None:
    server = Server.of(url)
    session = server.session()
    session.client.command(f"DROP DATABASE IF EXISTS {server.database} SYNC")
    session.close()
