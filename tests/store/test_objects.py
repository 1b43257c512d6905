"""Segments in an object store: written whole, read by any number, merged, dropped, swept, backed up."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.inventory.registering import register
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import ConfigError, StoreError
from model.key import Key, KeyId, KeyRef
from model.retention import Cuts
from store.backup import backup, restore
from store.compaction import GRACE, merge
from store.events import objects
from store.events.files import Files
from store.retention import prune
from store.state import segments
from store.sweeping import sweep_alone

SECRET = "ac_live_Zr8Qm2Lk5Tn9Vb3Xw7Yc4Hd6"
NOW = SystemClock().now()


@dataclass(frozen=True)
class Bucket:
    url: str
    options: dict[str, object]

    def toml(self) -> str:
        options = ", ".join(f'{name} = "{value}"' for name, value in self.options.items())
        return (
            f'[store]\nevents = "{self.url}"\noptions = {{ {options} }}\n[secrets]\npepper = "file:keywatch.pepper"\n'
        )


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    if request.param == "memory":
        return Bucket(f"memory://{tmp_path.name}/prefix", {})
    import s3fs

    endpoint = request.getfixturevalue("s3")
    options = {"endpoint_url": endpoint, "key": "env:BUCKET_KEY", "secret": "env:BUCKET_SECRET"}
    monkeypatch.setenv("BUCKET_KEY", "test")
    monkeypatch.setenv("BUCKET_SECRET", "test")
    name = tmp_path.name.replace("_", "-").lower()[-60:].strip("-")
    s3fs.S3FileSystem(endpoint_url=endpoint, key="test", secret="test", skip_instance_cache=True).mkdir(name)
    return Bucket(f"s3://{name}/prefix", options)


@pytest.fixture
def team(workspace: Workspace, bucket: Bucket) -> Iterator[Workspace]:
    (workspace.root / "keywatch.toml").write_text(bucket.toml())
    opened = Workspace.at(workspace.root / "keywatch.toml")
    yield opened
    opened.close()


Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def ask(team: Workspace) -> Ask:
    def run(query: str) -> list[tuple[Any, ...]]:
        with team.store.reader() as reader:
            return [tuple(row) for row in reader.connection.exec_driver_sql(query).fetchall()]

    return run


@pytest.fixture
def read(team: Workspace, tmp_path: Path, line: Callable[..., str]) -> Callable[[int, int], None]:
    def run(begin: int, end: int, **options: object) -> None:
        log = tmp_path / f"{begin}.log"
        log.write_text("".join(line(n, **options) for n in range(begin, end)))
        ingest_source(team, SourceConfig(name="edge", path=""), clock=SystemClock(), paths=[log])

    return run


def stored(files: Files) -> set[str]:
    return {one.segment for one in files.stored()}


def test_what_was_ingested_is_answered_and_no_file_of_it_stays_on_the_way(
    team: Workspace, read: Callable[..., None], ask: Ask
) -> None:
    read(0, 6_000)
    read(6_000, 6_100)

    assert [(6_100, 6_100)] == ask("SELECT count(*), count(DISTINCT path) FROM events")
    assert [(6_100,)] == ask("SELECT sum(requests) FROM usage")
    assert [(6_100,)] == ask("SELECT sum(requests) FROM facets WHERE kind = 'ip'")
    assert not list((team.root / "scratch" / "drafts").rglob("*.parquet*"))
    with team.store.reading() as tx:
        assert segments.ids(tx) == stored(team.store.files)


def test_merged_and_dropped_segments_answer_as_before_and_their_objects_go_with_the_grace(
    team: Workspace, read: Callable[..., None], ask: Ask
) -> None:
    for n in range(4):
        read(n * 100, n * 100 + 100)
    with team.store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    with team.store.reader() as before:
        merge(team.store, manifest, now=NOW, seal=True)
        assert [(400,)] == before.connection.exec_driver_sql("SELECT count(*) FROM events").fetchall()

    assert [(400,)] == ask("SELECT sum(requests) FROM usage")
    assert 5 == len(stored(team.store.files))
    sweep_alone(team.store, NOW + GRACE + timedelta(minutes=1))
    assert 1 == len(stored(team.store.files))
    assert [(400,)] == ask("SELECT count(*) FROM events")
    for later in (timedelta(0), GRACE + timedelta(minutes=1)):
        prune(team.store, Cuts(events=NOW), now=NOW + later)
    assert [(0,)] == ask("SELECT count(*) FROM events")
    assert [(400,)] == ask("SELECT sum(requests) FROM usage")


def test_a_key_that_comes_after_its_traffic_is_unfolded_and_readers_of_before_read_on(
    team: Workspace, read: Callable[..., None], ask: Ask
) -> None:
    read(0, 6_000, path=f"/v1/calls?api_key={SECRET}", status=401)
    ref = KeyRef(str(team.pepper.key_ref(SECRET)))
    query = "SELECT key_ref, sum(requests) FROM usage GROUP BY 1"
    with team.store.reader() as before:
        register(team, [Key(key_id=KeyId("k1"), key_refs=(ref,))], where="test", now=NOW)
        assert [("unknown:192.0.2.0/24", 6_000)] == [
            tuple(row) for row in before.connection.exec_driver_sql(query).fetchall()
        ]

    assert [(str(ref), 6_000)] == ask(query)


def test_many_readers_share_a_bucket(team: Workspace, read: Callable[..., None]) -> None:
    read(0, 6_000)
    found: list[int] = []

    def count() -> None:
        other = Workspace.at(team.root / "keywatch.toml")
        with other.store.reader() as reader:
            found.append(reader.connection.exec_driver_sql("SELECT count(*) FROM events").scalar())
        other.close()

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [6_000] * 6 == found


@pytest.mark.parametrize("whole", [0, 8 << 20], ids=["in parts", "whole"])
def test_large_objects_are_read_in_parts_and_small_ones_kept(
    team: Workspace, read: Callable[..., None], ask: Ask, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_WHOLE", whole)
    read(0, 6_000)

    assert [(6_000,)] == ask("SELECT count(DISTINCT path) FROM events")
    kept = list((team.root / "scratch" / "fetched").glob("*.events.parquet"))
    assert bool(whole) == bool(kept)
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)


def test_what_was_fetched_stays_within_its_bounds(
    team: Workspace, read: Callable[..., None], bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bucket
    for n in range(4):
        read(n * 100, n * 100 + 100)
    monkeypatch.setattr(team.store.files, "_keep", 12_000)
    with team.store.reader() as reader:
        assert 400 == reader.connection.exec_driver_sql("SELECT count(DISTINCT path) FROM events").scalar()

    assert 12_000 >= sum(path.stat().st_size for path in (team.root / "scratch" / "fetched").iterdir())


def test_a_reader_starts_while_others_fetch_and_let_go(team: Workspace, bucket: Bucket) -> None:
    fetched, over = team.root / "scratch" / "fetched", threading.Event()

    def fetch() -> None:
        while not over.is_set():
            parts = [fetched / f"{n}.part" for n in range(200)]
            for part in parts:
                part.touch()
            for part in parts:
                part.unlink()

    fetched.mkdir(parents=True, exist_ok=True)
    other = threading.Thread(target=fetch)
    other.start()
    try:
        for _ in range(100):
            objects.ObjectFiles(bucket.url, scratch=team.root / "scratch", options={})
    finally:
        over.set()
        other.join()


def test_objects_of_a_writer_that_died_are_swept(team: Workspace, read: Callable[..., None]) -> None:
    read(0, 100)
    draft = team.store.files.draft("20260101T000000000000-dead", "events")
    draft.write_bytes(b"half")
    team.store.files.publish("20260101T000000000000-dead", ["events"])
    draft = team.store.files.draft("20260101T000000000000-half", "events")
    draft.write_bytes(b"half")

    swept = sweep_alone(team.store, NOW)
    assert {"20260101T000000000000-dead", "20260101T000000000000-half"} == swept
    assert 1 == len(stored(team.store.files))


def test_a_backup_of_objects_is_put_back_into_a_folder(
    team: Workspace, read: Callable[..., None], tmp_path: Path
) -> None:
    from store.handle import Store

    read(0, 6_000)
    backup(team.store, tmp_path / "copy", now=NOW)
    other = Store.open(f"sqlite:///{tmp_path}/other.db", tmp_path / "other")
    restore(tmp_path / "copy", other)
    with other.reader() as reader:
        assert 6_000 == reader.connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
    other.close()


def test_an_object_that_is_missing_or_damaged_is_named(team: Workspace, read: Callable[..., None], ask: Ask) -> None:
    read(0, 100)
    [segment] = stored(team.store.files)
    team.store.files.remove(segment, "events")

    with pytest.raises(StoreError, match=rf"{segment}\.events\.parquet cannot be read"):
        ask("SELECT sum(bytes_out) FROM events")
    draft = team.store.files.draft(segment, "events")
    draft.write_bytes(b"no parquet at all")
    team.store.files.publish(segment, ["events"])
    with pytest.raises(StoreError, match="cannot be read"):
        ask("SELECT sum(bytes_out) FROM events")


def test_an_empty_state_beside_a_full_bucket_is_refused(team: Workspace, read: Callable[..., None]) -> None:
    read(0, 100)
    team.close()
    for path in team.root.glob("keywatch.db*"):
        path.unlink()

    with pytest.raises(StoreError, match="there are 1 segments"):
        Workspace.at(team.root / "keywatch.toml").store  # noqa: B018 (opened by being asked for)


def test_a_store_that_is_away_is_told_and_nothing_counts_until_it_is_back(
    team: Workspace, read: Callable[..., None], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(0, 100)
    monkeypatch.setattr(team.store.files._fs, "put_file", lambda *_: (_ for _ in ()).throw(ConnectionError("away")))
    with pytest.raises(StoreError, match=r"cannot be written: .*away"):
        read(100, 200)
    monkeypatch.undo()

    assert [(100,)] == ask("SELECT count(*) FROM events")


def test_a_url_that_nothing_opens_is_a_mistake_of_the_config(workspace: Workspace) -> None:
    (workspace.root / "keywatch.toml").write_text(Bucket("mars://bucket", {}).toml())

    with pytest.raises(ConfigError, match="mars://bucket cannot be opened"):
        Workspace.at(workspace.root / "keywatch.toml").store  # noqa: B018 (opened by being asked for)
