"""Where several share a store: merging, retention, sweeping and new keys go on beside an ingest (fault 47)."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.inventory.registering import register
from keywatch.process import work
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import Fenced, WorkspaceLocked
from model.key import Key, KeyId, KeyRef
from model.retention import Cuts
from store.compaction import GRACE, merge
from store.handle import Store
from store.retention import prune
from store.state import segments
from store.sweeping import sweep_shared
from store.unfolding import Unfolding

KEYS, FILES, LINES = 6, 8, 900
PATIENCE = timedelta(seconds=60)
CLOCK = SystemClock()


def secret(n: int) -> str:
    return f"ac_live_Zr8Qm2Lk5Tn9Vb3Xw7Yc4H{n:02d}"


@pytest.fixture
def team(workspace: Workspace, database: str) -> Iterator[Workspace]:
    (workspace.root / "keywatch.toml").write_text(
        f'[store]\nstate = "{database}"\n[secrets]\npepper = "file:keywatch.pepper"\n'
    )
    opened = Workspace.at(workspace.root / "keywatch.toml")
    yield opened
    opened.close()


def ingest(team: Workspace, logs: Path, name: str) -> None:
    """Read all files of a source, again where keys came meanwhile."""
    for path in sorted(logs.glob(f"{name}-*.log")):
        while True:
            try:
                with team.lock(work.ingest_of(name), patience=PATIENCE):
                    ingest_source(team, SourceConfig(name=name, path=""), clock=CLOCK, paths=[path])
                break
            except Fenced:
                continue


def keep_house(team: Workspace) -> None:
    """Merge whatever there is, let old rejects go, and sweep."""
    with team.lock(work.SEGMENTS, patience=PATIENCE):
        with team.store.reading() as tx:
            manifest = segments.overlapping(tx, None)
        if len(manifest) > 1:
            merge(team.store, manifest, now=CLOCK.now(), seal=True)
        prune(team.store, Cuts(rejects=CLOCK.now()), now=CLOCK.now())
        sweep_shared(team.store, CLOCK.now())


def import_keys(team: Workspace) -> None:
    """One after the other, while their requests are being read."""
    for n in range(KEYS):
        ref = KeyRef(str(team.pepper.key_ref(secret(n))))
        with team.lock(work.SEGMENTS, patience=PATIENCE):
            register(team, [Key(key_id=KeyId(f"k{n}"), key_refs=(ref,))], where="test", now=CLOCK.now())
        time.sleep(0.2)


def write(logs: Path, name: str, line: Callable[..., str]) -> None:
    """Refused requests of all keys."""
    for n in range(FILES):
        rows = (
            line(i, path=f"/{name}/x{i}x?api_key={secret(i % KEYS)}", status=401)
            for i in range(n * LINES, n * LINES + LINES)
        )
        (logs / f"{name}-{n}.log").write_text("".join(rows))


def test_what_several_do_at_once_counts_as_if_each_had_been_alone(
    team: Workspace, line: Callable[..., str], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write(tmp_path, name, line)
    with ThreadPoolExecutor() as pool:
        busy = [pool.submit(ingest, team, tmp_path, name) for name in ("a", "b")] + [pool.submit(import_keys, team)]
        while not all(each.done() for each in busy):
            keep_house(team)
        for each in busy:
            each.result()

    total = 2 * FILES * LINES
    refs = sorted(str(team.pepper.key_ref(secret(n))) for n in range(KEYS))
    with team.store.reader() as reader:
        events = reader.connection.exec_driver_sql("SELECT count(*), count(DISTINCT path) FROM events").fetchall()
        usage = reader.connection.exec_driver_sql("SELECT key_ref, sum(requests) FROM usage GROUP BY 1 ORDER BY 1")
        counted = [tuple(row) for row in usage.fetchall()]
    assert [(total, total)] == [tuple(row) for row in events]
    assert [(ref, total // KEYS) for ref in refs] == counted


def test_lines_that_were_counted_before_their_key_came_are_read_again(
    team: Workspace, line: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a", line)
    whole = Store.publish

    def publish_and_import(*given: Any) -> None:  # noqa: ANN401 (whatever it is given)
        whole(*given)
        import_keys(team)

    monkeypatch.setattr(Store, "publish", publish_and_import)
    source, paths = SourceConfig(name="a", path=""), sorted(tmp_path.glob("a-*.log"))
    with pytest.raises(Fenced, match="New keys came while lines were being read"):
        ingest_source(team, source, clock=CLOCK, paths=paths)
    monkeypatch.undo()
    ingest_source(team, source, clock=CLOCK, paths=paths)

    with team.store.reader() as reader:
        usage = reader.connection.exec_driver_sql("SELECT key_ref, sum(requests) FROM usage GROUP BY 1").fetchall()
    assert {FILES * LINES // KEYS} == {count for _, count in usage}
    assert not any(ref.startswith("unknown:") for ref, _ in usage)


def test_an_import_looks_again_at_what_came_while_it_counted(
    team: Workspace, line: Callable[..., str], tmp_path: Path
) -> None:
    write(tmp_path, "a", line)
    ref = str(team.pepper.key_ref(secret(0)))
    unfolding = Unfolding(team.store, [ref], [])
    unfolding.look(CLOCK.now())
    ingest(team, tmp_path, "a")
    with team.store.transaction() as tx:
        assert not unfolding.finish(tx, CLOCK.now())
    unfolding.look(CLOCK.now())
    with team.store.transaction() as tx:
        assert unfolding.finish(tx, CLOCK.now())


def test_a_sweep_leaves_what_a_writer_has_just_written(team: Workspace) -> None:
    fresh = f"{CLOCK.now():%Y%m%dT%H%M%S%f}-aaaa"
    old = f"{CLOCK.now() - GRACE - timedelta(minutes=1):%Y%m%dT%H%M%S%f}-bbbb"
    for segment in (fresh, old):
        team.store.files.draft(segment, "events").write_bytes(b"x")
        team.store.files.publish(segment, ["events"])

    assert [old] == sorted(sweep_shared(team.store, CLOCK.now()))
    assert team.store.files.exists(fresh, "events")


def test_work_of_another_kind_does_not_wait(team: Workspace) -> None:
    with (
        team.lock(work.SEGMENTS),
        team.lock(work.ingest_of("a")),
        pytest.raises(WorkspaceLocked),
        team.lock(work.SEGMENTS),
    ):
        pass
