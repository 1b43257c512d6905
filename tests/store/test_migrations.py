import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

import store.state.upgrade
from model.errors import StoreError
from store.handle import Store
from store.state.engine import open_engine
from store.state.schema import Base
from store.state.upgrade import HEAD, KNOWN, schema_of, upgrade
from tests.faults.conftest import ROOT
from tests.postgres import Postgres


def test_migrations_lead_to_the_tables_that_the_program_knows(empty_store: Store) -> None:
    with empty_store.state.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
        tables = set(inspect(connection).get_table_names())

    assert found == []
    assert {*Base.metadata.tables, "alembic_version"} == tables


def test_the_program_knows_its_newest_migration_and_all_others() -> None:
    scripts = ScriptDirectory(str(Path(store.state.upgrade.__file__).parent / "migrations"))

    assert scripts.get_current_head() == HEAD
    assert {script.revision for script in scripts.walk_revisions()} == KNOWN


def test_opening_a_store_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    dumps = []
    for _ in range(2):
        Store.open(url, tmp_path / "events").close()
        with sqlite3.connect(tmp_path / "state.db") as connection:
            dumps.append(list(connection.iterdump()))
        connection.close()

    assert dumps[0] == dumps[1]


def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    opened = Store.open(url, tmp_path / "events")
    with opened.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()

    with pytest.raises(StoreError, match=r"schema is 9999, newer than this keywatch") as caught:
        Store.open(url, tmp_path / "events")

    assert "newer one" in str(caught.value.hint)


def test_a_migration_that_dies_half_way_leaves_nothing_behind_and_can_be_run_again(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/state.db")

    def die(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "CREATE TABLE findings" in statement:
            raise InterruptedError

    event.listen(engine, "before_cursor_execute", die)
    with pytest.raises(InterruptedError):
        upgrade(engine)
    event.remove(engine, "before_cursor_execute", die)

    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    upgrade(engine)
    with engine.connect() as connection:
        assert "findings" in inspect(connection).get_table_names()
    engine.dispose()


@pytest.mark.parametrize("content", [b"this is no database, " * 100, b"SQLite format 3\x00" + b"\xff" * 2000])
def test_a_file_that_is_no_database_is_refused_in_a_sentence_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)

    with pytest.raises(StoreError, match="is damaged"):
        Store.open(f"sqlite:///{path}", tmp_path / "events")

    assert content == path.read_bytes()


@pytest.mark.parametrize("url", ["sqlite:///{}", "sqlite:///{}/file/state.db", "nonsense", "mars://x/y"])
def test_a_url_that_leads_nowhere_is_refused_in_a_sentence(tmp_path: Path, url: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError):
        Store.open(url.format(tmp_path), tmp_path / "events")


def test_the_database_is_for_its_owner_and_survives_a_power_cut(tmp_path: Path) -> None:
    opened = Store.open(f"sqlite:///{tmp_path}/deep/state.db", tmp_path / "events")
    with opened.reading() as tx:
        pragmas = [
            tx.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    opened.close()

    assert ["wal", 2, 1] == pragmas
    assert stat.S_IMODE((tmp_path / "deep" / "state.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "events").stat().st_mode) == 0o700


def test_a_transaction_that_raises_writes_nothing(empty_store: Store) -> None:
    def fail() -> None:
        with empty_store.transaction() as tx:
            tx.execute(text("INSERT INTO judged (detector, until, state) VALUES ('x', '2026-10-01', '{}')"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    with empty_store.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM judged")).scalar() == 0


def test_several_that_open_a_new_database_at_once_find_it_made(postgres_server: Postgres, tmp_path: Path) -> None:
    url, folder = postgres_server.database(), str(tmp_path / "events")
    code = "import sys, pathlib; from store.handle import Store; Store.open(sys.argv[1], pathlib.Path(sys.argv[2]))"
    openers = [subprocess.Popen([sys.executable, "-c", code, url, folder], cwd=ROOT) for _ in range(3)]

    assert [0, 0, 0] == [one.wait(60) for one in openers]
    engine = open_engine(url)
    assert HEAD == schema_of(engine)
    engine.dispose()


def test_a_migration_on_a_server_that_dies_half_way_leaves_nothing_behind(postgres_server: Postgres) -> None:
    engine = open_engine(postgres_server.database())

    def die(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "CREATE TABLE findings" in statement:
            raise InterruptedError

    event.listen(engine, "before_cursor_execute", die)
    with pytest.raises(InterruptedError):
        upgrade(engine)
    event.remove(engine, "before_cursor_execute", die)

    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    upgrade(engine)
    assert schema_of(engine) == HEAD
    engine.dispose()
