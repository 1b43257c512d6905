"""Rows of SQLite and PostgreSQL: each once, also those that share a cursor, and nothing is ever written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ingest.sources.records import Page, Position
from ingest.sources.sql import Sql
from model.errors import ConfigError, IngestError

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/app.db" if request.param == "sqlite" else request.getfixturevalue("postgres")


class Table:
    """A table of requests."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        self.run("DROP TABLE IF EXISTS requests")
        self.run("CREATE TABLE requests (id INTEGER, at TIMESTAMP, path TEXT)")

    def run(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def add(self, *numbers: int, same: int = 1) -> None:
        for n in numbers:
            at = (T0 + timedelta(seconds=n // same)).replace(tzinfo=None)
            self.run("INSERT INTO requests VALUES (:id, :at, :path)", id=n, at=str(at), path=f"/x{n}")


@pytest.fixture
def table(url: str) -> Iterator[Table]:
    made = Table(url)
    yield made
    made.engine.dispose()


def sql(url: str, **settings: Any) -> Sql:  # noqa: ANN401 (fields of Sql)
    given: dict[str, Any] = {"query": "SELECT * FROM requests", "cursor": "id", "first": 0, "id": None, "line": "path"}
    return Sql(url=url, **{**given, "overlap": None, "batch": 3, **settings})


def read(source: Sql, position: Position | None = None) -> list[Page]:
    try:
        return list(source.pages(None, position or {}))
    finally:
        source.close()


def lines(pages: list[Page]) -> list[str]:
    return [line.decode() for line in {one.id: one.line for page in pages for one in page.records}.values()]


BOUND = "SELECT * FROM requests WHERE id >= :cursor ORDER BY id LIMIT :batch"


@pytest.mark.parametrize("query", ["SELECT * FROM requests;", BOUND, BOUND.replace("LIMIT :batch", "")])
def test_all_rows_come_in_pages_and_the_next_look_hands_out_those_that_came_since(
    url: str, table: Table, query: str
) -> None:
    table.add(*range(10))
    pages = read(sql(url, query=query))
    table.add(*range(10, 14))

    assert lines(pages) == [f"/x{n}" for n in range(10)]
    assert lines(read(sql(url, query=query), pages[-1].position)) == [f"/x{n}" for n in range(9, 14)]


@pytest.mark.parametrize("same", [2, 3, 4, 10])
def test_rows_of_one_moment_are_all_read_though_a_page_ends_between_them(url: str, table: Table, same: int) -> None:
    table.add(*range(20), same=same)

    assert sorted(lines(read(sql(url, cursor="at")))) == sorted(f"/x{n}" for n in range(20))


def test_a_look_goes_on_from_the_position_of_any_page(url: str, table: Table) -> None:
    table.add(*range(10), same=2)
    pages = read(sql(url, cursor="at"))

    for place, page in enumerate(pages):
        rest = read(sql(url, cursor="at"), page.position)
        assert len(lines([*pages[: place + 1], *rest])) == 10


def test_rows_that_came_late_are_found_within_the_overlap(url: str, table: Table) -> None:
    table.add(1, 2, 9, 10)
    pages = read(sql(url))
    table.add(7)

    without, within = read(sql(url), pages[-1].position), read(sql(url, overlap=5), pages[-1].position)

    assert "/x7" not in lines(without)
    assert "/x7" in lines(within)
    assert within[-1].position["cursor"] == {"type": "int", "value": "10"}
    assert within[-1].keep_from == 5


def test_an_overlap_longer_than_a_page_skips_no_row(url: str, table: Table) -> None:
    table.add(*range(20))
    pages = read(sql(url))

    assert lines(read(sql(url, overlap=15), pages[-1].position)) == [f"/x{n}" for n in range(4, 20)]


@pytest.mark.parametrize("url", ["postgres"], indirect=True)  # SQLite has no times
def test_an_overlap_of_time_goes_with_a_cursor_of_time(table: Table, url: str) -> None:
    table.add(*range(10))
    pages = read(sql(url, cursor="at", overlap=timedelta(seconds=4)))
    again = read(sql(url, cursor="at", overlap=timedelta(seconds=4)), pages[-1].position)

    assert lines(again) == [f"/x{n}" for n in range(5, 10)]
    with pytest.raises(ConfigError, match="does not go with a cursor"):
        read(sql(url, cursor="at", overlap=4), pages[-1].position)


def test_rows_whole_become_json_with_times_in_utc(url: str, table: Table) -> None:
    table.add(1)

    [page] = read(sql(url, line=None))

    assert b'"id":1' in page.records[0].line
    assert b"2026-10-01" in page.records[0].line


@pytest.mark.parametrize("statement", ["DELETE FROM requests", "DROP TABLE requests"])
def test_a_query_that_is_no_select_is_refused(statement: str, url: str) -> None:
    with pytest.raises(ConfigError, match="no SELECT"):
        sql(url, query=statement)


@pytest.mark.parametrize("url", ["postgres"], indirect=True)  # SQLite has no SELECT that writes
def test_a_select_that_writes_is_refused_by_the_database(url: str, table: Table) -> None:
    table.add(1)
    table.run(
        "CREATE OR REPLACE FUNCTION purge() RETURNS INTEGER LANGUAGE sql AS 'DELETE FROM requests; SELECT 1'",
    )

    with pytest.raises(IngestError, match="read-only transaction"):
        read(sql(url, query="SELECT purge() AS id"))
    assert lines(read(sql(url))) == ["/x1"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"query": "SELECT * FROM nowhere"}, "did not answer"),
        ({"query": "SELECT id AS other FROM requests WHERE id > :cursor"}, "have no id"),
        ({"query": "SELECT * FROM requests WHERE id > :cursor ORDER BY id DESC"}, "do not come in the order of id"),
    ],
)
def test_what_is_wrong_with_a_query_is_a_sentence(url: str, table: Table, settings: dict[str, Any], said: str) -> None:
    table.add(1, 2)

    with pytest.raises(IngestError, match=said):
        read(sql(url, **settings))


@pytest.mark.parametrize("address", ["nonsense", "mars://x/y", "postgresql+psycopg://u:pw-secret@h:port/db"])
def test_a_url_without_a_driver_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        sql(address)

    assert "pw-secret" not in str(caught.value)
