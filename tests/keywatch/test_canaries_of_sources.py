"""A thousand secrets of all families through every kind of source: none stays in the workspace, none is shown."""

import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pytest
from answering import Answering, Asked, Reply, serve
from canaries import CANARIES, EACH, FAMILIES, IDS, left, lines, records
from logstores import LokiServer

from ingest.sources.records import nanoseconds
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.sources import reject_frame

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
SOON = T0.replace(minute=10)
PLACES = 9
CONFIG = '[secrets]\nprefixes = ["acme-"]\n'


@pytest.fixture
def house(workspace: Workspace) -> Iterator[Workspace]:
    """A workspace that knows the prefix of its own company's keys."""
    config = workspace.root / "keywatch.toml"
    config.write_text(CONFIG)
    made = Workspace.at(config)
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[Answering]:
    with serve() as running:
        yield running


def everything(root: Path, *names: str) -> bytes:
    """All bytes of the workspace but those of the files that we put there, and all texts of the packed ones."""
    found = [path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name not in names]
    with duckdb.connect(":memory:") as duck:
        for path in root.rglob("*.parquet"):
            held = duck.execute(f"SELECT list(DISTINCT CAST(COLUMNS(*) AS VARCHAR)) FROM read_parquet('{path}')")
            found.append(str(held.fetchall()).encode())
    return b"\n".join(found)


def read(house: Workspace, **source: Any) -> Ingested:  # noqa: ANN401 (fields of SourceConfig)
    return ingest_source(house, SourceConfig(name="edge", **source), clock=FixedClock(SOON))


def assert_none_is_left(house: Workspace, done: Ingested, *names: str, broken: bool = True) -> None:
    assert len(CANARIES) * PLACES == done.events
    assert (2 * len(CANARIES) if broken else 0) == done.rejects
    found = everything(house.root, *names) + str(done).encode()
    assert b"/v1" in found
    assert [] == left(found)


def test_the_canaries_are_a_thousand_of_all_families_and_would_be_found() -> None:
    assert len(CANARIES) == EACH * len(FAMILIES) > 1000
    assert len({canary[-12:] for canary in CANARIES}) == len(CANARIES)
    assert CANARIES == left("\n".join(lines()).encode())


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_none_of_a_file(house: Workspace, tmp_path: Path, name: str) -> None:
    data = "".join(f"{line}\n" for line in lines()).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)

    assert_none_is_left(house, read(house, path=str(tmp_path / name)))


def test_an_id_of_aws_is_kept_as_a_key_s_id_and_nowhere_else(house: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("".join(f"{line}\n" for line in lines(IDS)))

    done = read(house, path=str(tmp_path / "a.log"))

    with house.store.reader() as reader, house.store.reading() as tx:
        texts = "path, route, user_agent, host, request_id"
        rows = reader.connection.exec_driver_sql(f"SELECT DISTINCT {texts} FROM events").fetchall()
        samples = list(reject_frame(tx)["sample"])
    assert (len(IDS) * PLACES, 2 * len(IDS)) == (done.events, done.rejects)
    assert samples
    assert [] == left(str((rows, samples)).encode(), IDS)


def test_none_of_standard_input_and_none_in_what_is_printed(house: Workspace) -> None:
    words = [sys.executable, "-m", "keywatch", "-c", str(house.root / "keywatch.toml"), "ingest", "-", "--json"]
    done = subprocess.run(
        words, input="\n".join(lines()).encode() + b"\n", capture_output=True, check=True, timeout=120
    )

    [counted] = json.loads(done.stdout)
    assert (len(CANARIES) * PLACES, 2 * len(CANARIES)) == (counted["events"], counted["rejects"])
    assert [] == left(everything(house.root) + done.stdout + done.stderr)


def test_none_of_a_database(house: Workspace) -> None:
    with sqlite3.connect(house.root / "app.db") as db:
        db.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT)")
        db.executemany("INSERT INTO log VALUES (?, ?)", enumerate(lines()))
    db.close()
    sql = {"query": "SELECT * FROM log", "cursor": "id", "line": "line"}

    assert_none_is_left(house, read(house, url="sqlite:///app.db", sql=sql), "app.db")


def test_none_of_an_http_api(house: Workspace, server: Answering) -> None:
    pages = [list(records())[at::3] for at in range(3)]

    def answer(asked: Asked) -> Reply:
        number = int(asked.query.get("page", "1"))
        return Reply(json.dumps({"items": pages[number - 1] if number <= len(pages) else []}).encode())

    server.answer = answer
    http = {"records": "items", "id": "id", "pages": {"kind": "page", "parameter": "page"}}

    assert_none_is_left(house, read(house, url=server.url, http=http, allow_private=True), broken=False)


def test_none_of_loki(house: Workspace, server: Answering) -> None:
    server.answer = store = LokiServer([])
    store.entries = [(nanoseconds(T0) + n, {"app": "nginx"}, line) for n, line in enumerate(lines())]
    pull = {"start": "1h", "overlap": "60s", "step": "10m"}

    done = read(house, url=server.url, loki={"query": '{app="nginx"}'}, pull=pull, allow_private=True)

    assert_none_is_left(house, done)


def test_none_of_an_object_store(house: Workspace) -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe("/canaries/a.log", "".join(f"{line}\n" for line in lines()).encode())

    assert_none_is_left(house, read(house, url="memory://canaries/*.log"))

    fs.rm("/canaries", recursive=True)
