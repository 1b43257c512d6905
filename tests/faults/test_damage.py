"""Faults 15 and 16: a damaged, half or lost state, segment or config is refused with what to do, and kept."""

import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting.ingesting import Ingested
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.errors import ConfigError, StoreError

Ingest = Callable[..., Ingested]
Keywatch = Callable[..., tuple[int, str, str]]
Line = Callable[..., str]
Stored = Callable[[str], list[tuple[Any, ...]]]
LINES = 6000


@pytest.fixture
def log(tmp_path: Path, line: Line) -> Path:
    path = tmp_path / "a.log"
    path.write_text("".join(line(n) for n in range(LINES)))
    return path


@pytest.fixture
def state(workspace: Workspace, ingest: Ingest, log: Path) -> Path:
    """The state of a workspace that has read the log, all of it in one file."""
    ingest(log)
    again(workspace)
    path = workspace.root / "keywatch.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def again(workspace: Workspace) -> Workspace:
    """The same workspace, as the next process opens it."""
    workspace.close()
    workspace.__dict__.pop("store", None)
    return workspace


def root_page(state: Path, table: str) -> tuple[int, int]:
    """Where a table's first page lies in the file, and the size of a page."""
    database = sqlite3.connect(state)
    page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    return (page - 1) * size, size


def spoil(path: Path, at: int, size: int) -> bytes:
    """Random bytes in the place of others; what the file holds then."""
    with path.open("rb+") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(size))
    return path.read_bytes()


@pytest.mark.parametrize("table", ["sqlite_master", "cursors", "segments", "sources"])
def test_a_damaged_page_is_refused_and_a_backup_goes_on_from_where_it_was(
    workspace: Workspace, state: Path, ingest: Ingest, log: Path, line: Line, stored: Stored, table: str
) -> None:
    backup = state.read_bytes()
    at, size = (0, 4096) if table == "sqlite_master" else root_page(state, table)
    segments = {path: path.read_bytes() for path in (workspace.root / "events").rglob("*.parquet")}
    spoilt = spoil(state, at, size)
    with log.open("a") as file:
        file.write(line(LINES))

    with pytest.raises(StoreError, match="is damaged: ") as caught:
        ingest(log)

    assert "Put a backup of the state in its place" in str(caught.value)
    assert spoilt == state.read_bytes()
    assert (
        segments.items() <= {path: path.read_bytes() for path in (workspace.root / "events").rglob("*.parquet")}.items()
    )
    for leftover in ("keywatch.db-wal", "keywatch.db-shm"):
        (workspace.root / leftover).unlink(missing_ok=True)
    state.write_bytes(backup)
    again(workspace)
    ingest(log)
    assert [(LINES + 1, LINES + 1)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


@pytest.mark.parametrize("left", [None, 0])
def test_a_state_that_was_lost_is_not_begun_anew_beside_its_segments(
    workspace: Workspace, state: Path, keywatch: Keywatch, log: Path, left: int | None
) -> None:
    state.unlink()
    if left is not None:
        state.touch()
    segments = set((workspace.root / "events").rglob("*.parquet"))

    for words in (("ingest", log), ("run", "--once")):
        code, out, err = keywatch("-c", workspace.root / "keywatch.toml", *words)

        assert (1, "") == (code, out)
        assert "is empty, but there are 1 segments of events" in err
        assert "move the segments away" in err
    assert segments == set((workspace.root / "events").rglob("*.parquet"))


def test_half_a_state_is_refused(workspace: Workspace, state: Path, keywatch: Keywatch, log: Path) -> None:
    half = state.read_bytes()[: 5 * 4096 + 100]
    state.write_bytes(half)

    code, _, err = keywatch("-c", workspace.root / "keywatch.toml", "ingest", log)

    assert (1, half) == (code, state.read_bytes())
    assert "is damaged: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("how", ["cut", "spoilt", "gone"])
def test_a_damaged_segment_is_named(workspace: Workspace, state: Path, stored: Stored, how: str) -> None:
    assert state.exists()
    for segment in (workspace.root / "events").rglob("*.parquet"):
        size = segment.stat().st_size
        if how == "gone":
            segment.unlink()
        elif how == "cut":
            segment.write_bytes(segment.read_bytes()[: size // 2])
        else:
            spoil(segment, size // 2, size // 2)

    with pytest.raises(StoreError, match=f"The segment {workspace.root / 'events'}") as asked:
        stored("SELECT * FROM usage")
    with pytest.raises(StoreError, match=f"The segment {workspace.root / 'events'}") as judged:
        judge(workspace, now=datetime(2026, 10, 2, tzinfo=UTC))

    assert all("Put it back from a backup" in str(caught.value) for caught in (asked, judged))


@pytest.mark.parametrize("left", [1, 0.5])
def test_half_a_config_is_refused_and_nothing_is_touched(
    workspace: Workspace, state: Path, log: Path, stored: Stored, left: float
) -> None:
    config, kept = workspace.root / "keywatch.toml", state.read_bytes()
    whole = '[store]\nstate = "sqlite:///keywatch.db"\n[[sources]]\nname = "edge"\npath = "' + str(log) + '"\n'
    broken = whole[: int(len(whole) * left)] if left < 1 else whole + "[[sourc"
    config.write_text(broken)

    with pytest.raises(ConfigError, match=f"{config} is not TOML"):
        Workspace.at(config)

    assert (broken, kept) == (config.read_text(), state.read_bytes())
    assert [(LINES,)] == stored("SELECT count(*) FROM events")


def test_a_run_keeps_the_config_that_it_began_with(
    workspace: Workspace, start: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, line: Line, stored: Stored
) -> None:
    log, config = tmp_path / "live.log", workspace.root / "keywatch.toml"
    log.write_text(line(0))
    config.write_text(f'[[sources]]\nname = "edge"\npath = "{log}"\n')
    with start("-c", config, "run", "--interval", "1s") as process:
        wait_for(stored, 1)
        config.write_text("[[sourc")
        with log.open("a") as file:
            file.write(line(1))
        wait_for(stored, 2)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=120)

    assert 0 == process.returncode, err


def wait_for(stored: Stored, count: int) -> None:
    end = time.monotonic() + 180
    while stored("SELECT count(*) FROM events") != [(count,)]:
        assert time.monotonic() < end
        time.sleep(0.1)
