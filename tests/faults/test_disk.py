"""Faults 7 to 12 and 14: disks that are full, broken or read-only, limits, and a database that somebody else holds.

System calls fail by strace, in the traced process alone; full and read-only disks are small ones of their own, in a
mount namespace that ends with the test. `KEYWATCH_FAULTS=1` fails every call in turn.
"""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywatch.workspace import Workspace
from tests.faults.conftest import SOON

ROOT = Path(__file__).parents[2]
LINES = 6000
Start = Callable[..., "subprocess.Popen[str]"]
Stored = Callable[[str], list[tuple[Any, ...]]]
EVERY = bool(os.environ.get("KEYWATCH_FAULTS"))
WRITES = range(1, 60) if EVERY else (1, 4, 12, 25)
SYNCS = range(1, 7) if EVERY else (1, 3)


@pytest.fixture
def log(tmp_path: Path, line: Callable[..., str]) -> Path:
    path = tmp_path / "a.log"
    path.write_text("".join(line(n) for n in range(LINES)))
    return path


@pytest.fixture
def words(workspace: Workspace, log: Path) -> tuple[str, ...]:
    """The command line of an ingest."""
    return (sys.executable, "-m", "keywatch", "-c", str(workspace.root / "keywatch.toml"), "ingest", str(log))


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is missing")
    return found


@pytest.fixture
def mount() -> tuple[str, ...]:
    """A shell with mounts of its own: its script goes behind."""
    if os.geteuid() or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("mounts of our own need root")
    return ("unshare", "-m", "sh", "-euc")


def run(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":  # noqa: ANN401 (subprocess's own)
    return subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120, **options)


def assert_whole_after_another_run(words: tuple[str, ...], stored: Stored) -> None:
    done = run(*words)

    assert (0, "") == (done.returncode, done.stdout), done.stderr
    assert [(LINES, LINES)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


@pytest.mark.parametrize(
    ("call", "error", "at"),
    [
        ("pwrite64", error, n)
        for n in WRITES
        for error in (("EIO", "ENOSPC") if EVERY else ("EIO", "ENOSPC")[n % 2 :][:1])
    ]
    + [("fsync,fdatasync", "EIO", n) for n in SYNCS],
)
def test_a_call_that_fails_is_told_in_a_sentence_and_the_next_run_stores_all(
    strace: str, words: tuple[str, ...], stored: Stored, call: str, error: str, at: int
) -> None:
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={at}")
    done = run(strace, "-f", "-qq", "-o", os.devnull, *inject, *words)

    assert "Traceback" not in done.stderr
    # SQLite overcomes some failures by itself; then all is stored already.
    assert done.returncode == 1 or [(LINES,)] == stored("SELECT count(*) FROM events"), done.stderr
    assert done.returncode == 0 or "cannot be" in done.stderr
    assert stored("SELECT count(*) FROM events")[0][0] in {0, LINES}
    assert_whole_after_another_run(words, stored)


@pytest.mark.parametrize("spare", [20, 60])
def test_on_a_full_disk_nothing_moves_and_with_more_room_all_is_stored(
    mount: tuple[str, ...], workspace: Workspace, words: tuple[str, ...], stored: Stored, spare: int
) -> None:
    workspace.close()
    script = f"""
        cp -a {workspace.root} {workspace.root}.kept
        mount -t tmpfs -o size=20m,mode=700 tmpfs {workspace.root}
        cp -a {workspace.root}.kept/. {workspace.root}
        used=$(df --output=used -k {workspace.root} | tail -n 1)
        mount -o remount,size=$((used + {spare}))k {workspace.root}
        first=0; {" ".join(words)} 2> {workspace.root}.told || first=$?
        mount -o remount,size=40m {workspace.root}
        {" ".join(words)}
        rm -r {workspace.root}.kept; cp -a {workspace.root} {workspace.root}.kept
        exit $first"""
    done = run(*mount, script)
    told = workspace.root.with_name("workspace.told").read_text()
    shutil.rmtree(workspace.root)
    workspace.root.with_name("workspace.kept").rename(workspace.root)
    workspace.__dict__.pop("store", None)

    assert done.returncode == 1, (done.stderr, told)
    assert "Traceback" not in told
    assert "cannot be" in told
    assert [(LINES, LINES)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


def test_a_read_only_disk_is_told_in_a_sentence(
    mount: tuple[str, ...], workspace: Workspace, words: tuple[str, ...], stored: Stored
) -> None:
    workspace.close()
    script = f"""
        mount --bind {workspace.root} {workspace.root}
        mount -o remount,bind,ro {workspace.root}
        exec {" ".join(words)}"""
    done = run(*mount, script)

    assert 1 == done.returncode, done.stderr
    assert "Traceback" not in done.stderr
    assert_whole_after_another_run(words, stored)


def test_a_limit_on_the_size_of_files_is_an_error_and_not_a_death(words: tuple[str, ...], stored: Stored) -> None:
    done = run(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000)))

    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    assert_whole_after_another_run(words, stored)


def test_a_writer_that_holds_the_database_for_a_while_is_waited_for(
    workspace: Workspace, words: tuple[str, ...], stored: Stored
) -> None:
    workspace.close()
    held = sqlite3.connect(workspace.root / "keywatch.db", isolation_level=None, check_same_thread=False)
    held.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(3, lambda: held.execute("COMMIT"))
    release.start()
    began = time.monotonic()

    assert_whole_after_another_run(words, stored)

    assert time.monotonic() - began >= 3
    release.join()
    held.close()


def test_sigterm_in_the_middle_leaves_all_or_nothing(
    start: Start, words: tuple[str, ...], workspace: Workspace, stored: Stored
) -> None:
    process = start(*words[3:])
    while process.poll() is None and not list((workspace.root / "events").rglob("*.parquet*")):
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=SOON)

    assert "Traceback" not in err
    assert stored("SELECT count(*) FROM events")[0][0] in {0, LINES}
    assert_whole_after_another_run(words, stored)


def test_control_c_in_the_middle_says_that_the_same_command_goes_on(
    start: Start, words: tuple[str, ...], workspace: Workspace, stored: Stored
) -> None:
    process = start(*words[3:])
    while process.poll() is None and not list((workspace.root / "events").rglob("*.parquet*")):
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)

    assert "Traceback" not in err
    assert process.returncode == 0 or (130, True) == (process.returncode, "the same command goes on" in err)
    assert_whole_after_another_run(words, stored)
