"""Files and tables of a database as sources of keys."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.inventory.file import File
from ingest.inventory.pull import Ways, pull
from ingest.inventory.sql import SqlTable
from ingest.inventory.table import keys
from model.errors import ConfigError, InventoryError
from model.key import Key

T0 = datetime(2026, 10, 1, tzinfo=UTC)
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "app.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE api_keys (uuid TEXT, title TEXT, made TEXT, live INTEGER, token TEXT)")
    rows = [(f"k{n}", f"app-{n}", "2026-10-01 00:00:00", n % 2, f"{SECRET}{n}") for n in range(3)]
    connection.executemany("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def selected(url: str, query: str, **ways: object) -> list[Key]:
    table = SqlTable(url=url, query=query)
    try:
        return pull(table, source="sql", ways=Ways(**ways), pulled_at=T0)  # type: ignore[arg-type]  # as given
    finally:
        table.close()


def test_a_table_is_read_by_a_column_map(database: str) -> None:
    query = "SELECT uuid, title, made, CASE live WHEN 1 THEN 'active' ELSE 'inactive' END AS state FROM api_keys;"
    columns = {"key_id": "uuid", "name": "title", "created_at": "made", "status": "state"}

    found = selected(database, query, columns=columns, prefix="app:")

    assert [("app:k0", "app-0", "inactive", T0, ("id:k0",)), ("app:k1", "app-1", "active", T0, ("id:k1",))] == [
        (key.key_id, key.name, str(key.status), key.created_at, key.key_refs) for key in found[:2]
    ]


def test_a_secret_of_a_table_needs_hash_keys_and_is_not_shown(database: str) -> None:
    with pytest.raises(InventoryError, match="hash_keys = true") as caught:
        selected(database, "SELECT * FROM api_keys", columns={"key_id": "uuid", "secret": "token"})

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("query", ["DELETE FROM api_keys", "UPDATE api_keys SET live = 0", ""])
def test_a_query_that_is_no_select_is_refused(database: str, query: str) -> None:
    with pytest.raises(ConfigError, match="is no SELECT"):
        SqlTable(url=database, query=query)


def test_a_select_that_writes_writes_nothing_and_its_failure_quotes_no_value(database: str) -> None:
    with pytest.raises(InventoryError, match=r"did not answer the query \(OperationalError\)") as caught:
        selected(database, f"WITH a AS (SELECT 1) DELETE FROM api_keys WHERE token != '{SECRET}'")

    assert SECRET not in str(caught.value)
    assert 3 == len(selected(database, "SELECT uuid AS key_id FROM api_keys"))


def test_a_file_without_its_column_is_an_error_and_dots_lead_into_objects(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"keys": [{"meta": {"id": "k1"}, "name": "a"}]}')
    file = File(path=tmp_path / "keys.json", kind="json", key_column="meta.id")

    (key,) = pull(file, source="json", ways=Ways(columns={"key_id": "meta.id"}), pulled_at=T0)
    assert "k1" == key.key_id
    with pytest.raises(InventoryError, match="has no column 'uid'"):
        list(File(path=tmp_path / "keys.json", kind="json", key_column="uid").rows())


def read(**row: object) -> Key:
    (key,) = keys([{"key_id": "k1", **row}], where="f", source="s", pulled_at=T0, columns={}, pepper=None)
    return key


@pytest.mark.parametrize("column", ["name", "owner", "team", "environment", "last_used_detail"])
def test_a_secret_that_slipped_into_another_column_is_redacted(column: str) -> None:
    assert SECRET not in repr(read(**{column: SECRET}))


@pytest.mark.parametrize("labels", [{"a": SECRET}, [{"Key": "a", "Value": SECRET}], [SECRET], f"a:{SECRET}"])
def test_a_secret_that_slipped_into_a_label_is_redacted(labels: object) -> None:
    assert SECRET not in repr(read(labels=labels))


@pytest.mark.parametrize(
    ("hint", "kept"), [("sk-...HN1w", True), ("ac_l…9f", True), ("abcd1234", True), (SECRET, False)]
)
def test_a_hint_that_is_as_long_as_a_secret_is_cut_down(hint: str, kept: bool) -> None:  # noqa: FBT001 (a parameter)
    assert (hint if kept else "ac_live_…Pd9F") == read(hint=hint).hint


@pytest.mark.parametrize(
    "labels", [{"team": "core", "beta": True}, "team:core beta", "team=core,beta", ["team:core", "beta"]]
)
def test_labels_of_each_spelling_are_read(labels: object) -> None:
    assert {"team": "core", "beta": "true"} == {name: text.lower() for name, text in read(labels=labels).labels.items()}


def test_the_time_that_go_writes_for_none_is_none() -> None:
    assert read(created_at="0001-01-01T00:00:00Z").created_at is None
