"""Fault 5: a collector that hangs keeps the workspace, and every other is told who does, since when, and what to do.

The lock is the system's, so a hanging process cannot be overtaken in the middle of a write; one that was read around is
fenced by its cursor (`test_files_machine.py`).
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keywatch.workspace import Workspace
from model.errors import WorkspaceLocked

FILES, LINES = 5, 20_000
Start = Callable[..., "subprocess.Popen[str]"]
Stored = Callable[[str], list[tuple[Any, ...]]]
Words = tuple[object, ...]


@pytest.fixture
def words(workspace: Workspace, tmp_path: Path, line: Callable[..., str]) -> Words:
    """The command line of an ingest that takes a while."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for n in range(FILES):
        (logs / f"{n}.log").write_text("".join(line(i) for i in range(n * LINES, (n + 1) * LINES)))
    return ("-c", workspace.root / "keywatch.toml", "ingest", logs)


@pytest.fixture
def stopped(start: Start, words: Words, workspace: Workspace) -> Iterator["subprocess.Popen[str]"]:
    """A collector that was stopped in the middle of its work."""
    process = start(*words)
    while process.poll() is None and not list((workspace.root / "events").rglob("*.parquet*")):
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)
    with process:
        yield process
        process.kill()


def test_who_holds_the_workspace_is_told_with_75_and_each_line_is_stored_once(
    stopped: "subprocess.Popen[str]", start: Start, words: Words, stored: Stored
) -> None:
    other = start(*words)
    out, err = other.communicate(timeout=300)

    assert (75, "") == (other.returncode, out)
    assert f": process {stopped.pid} on {socket.gethostname()}, since 20" in err
    assert "is stopped (SIGSTOP, Ctrl-Z)" in err
    assert f"kill -CONT {stopped.pid}" in err
    stopped.send_signal(signal.SIGCONT)
    assert ("", 0) == (stopped.communicate(timeout=300)[0], stopped.returncode)
    assert [(FILES * LINES, LINES * FILES)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


def test_when_the_hanging_one_is_killed_the_next_stores_the_rest(
    stopped: "subprocess.Popen[str]", start: Start, words: Words, stored: Stored
) -> None:
    stopped.kill()
    stopped.communicate()
    other = start(*words)
    _, err = other.communicate(timeout=300)

    assert 0 == other.returncode, err
    assert [(FILES * LINES, LINES * FILES)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


def test_a_holder_that_works_is_named_with_its_beginning(workspace: Workspace) -> None:
    with workspace.lock("test"), pytest.raises(WorkspaceLocked) as caught, workspace.lock("test"):
        pass

    told = caught.value.what
    since = datetime.fromisoformat(told.partition("since ")[2].removesuffix(" UTC.")).replace(tzinfo=UTC)
    assert f": process {os.getpid()} on {socket.gethostname()}, since " in told
    assert timedelta(seconds=-1) < datetime.now(UTC) - since < timedelta(minutes=1)
    assert "Wait for it, or stop it" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "host": 1, "since": null}', "\0" * 40])
def test_a_holder_that_could_not_sign_is_told_of_without_its_name(workspace: Workspace, text: str) -> None:
    with workspace.lock("test"):
        (workspace.root / ".keywatch.lock").write_text(text)

        with (
            pytest.raises(WorkspaceLocked, match=r"Another keywatch is working in [^:]*\.$") as caught,
            workspace.lock("test"),
        ):
            pass

    assert "stopped" not in caught.value.what


def test_who_held_it_is_not_told_once_it_is_free(workspace: Workspace) -> None:
    with workspace.lock("test"):
        assert (workspace.root / ".keywatch.lock").read_text()

    assert "" == (workspace.root / ".keywatch.lock").read_text()
