"""Faults 13, 28 and 29: lines and files of any size in bounded memory, and the line after them is good."""

import gzip
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from keywatch.workspace import Workspace
from store.state import segments
from store.state.sources import reject_frame

ROOT = Path(__file__).parents[2]
MOST = 600 << 20
"""Bytes of resident memory that an ingest may take."""
ENOUGH = 6 << 30
"""Bytes of address space: DuckDB, Arrow and the threads' stacks reserve much more than they use."""
Line = Callable[..., str]
Stored = Callable[[str], list[tuple[Any, ...]]]


def peak(workspace: Workspace, log: Path) -> tuple[int, str]:
    """Ingest a log in a process of its own; the most memory that it took, and what it said."""
    words = ("-m", "keywatch", "-c", str(workspace.root / "keywatch.toml"), "ingest", str(log))
    most = 0
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        # The highest so far; what wait4 tells would begin with the memory of the process that tests.
        while process.poll() is None:
            held = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
            most = max(most, int(held[1]) * 1024 if held else 0)
            time.sleep(0.02)
        assert process.stderr
        return most, process.stderr.read()


def zst(path: Path, *parts: bytes, middle: bytes, times: int) -> None:
    """A zst of the first part, the middle so many times, and the last part."""
    with path.open("wb") as raw, zstandard.ZstdCompressor().stream_writer(raw) as packed:
        packed.write(parts[0])
        for _ in range(times):
            packed.write(middle)
        packed.write(parts[-1])


def test_a_line_of_a_gigabyte_is_a_reject_and_the_next_one_good(
    workspace: Workspace, tmp_path: Path, line: Line, stored: Stored
) -> None:
    log = tmp_path / "a.log.zst"
    token = "ac_" + "live_" + "Q7" * 12
    zst(log, (line(0) + f"key={token} ").encode(), b"\n" + line(1).encode(), middle=b"x" * (1 << 20), times=1024)

    used, told = peak(workspace, log)

    assert used < MOST
    assert "3 lines from 1 files" in told
    assert {("/line/x0x",), ("/line/x1x",)} == set(stored("SELECT path FROM events"))
    with workspace.store.reading() as tx:
        found: Any = reject_frame(tx)
    assert [(2, "longer than 1 MiB")] == list(zip(found["line"], found["reason"], strict=True))
    assert token not in found["sample"][0]
    assert len(found["sample"][0]) <= 300


def limited(workspace: Workspace, *words: str, limit: int) -> subprocess.CompletedProcess[str]:
    """Ingest in a process of its own that the system gives no more address space than this."""
    run = (sys.executable, "-m", "keywatch", "-c", str(workspace.root / "keywatch.toml"), "ingest", *words)

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=bound, timeout=300)


def test_where_memory_runs_out_nothing_moves_and_with_more_of_it_all_is_stored(
    workspace: Workspace, tmp_path: Path, line: Line, stored: Stored
) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(line(n) for n in range(60_000)))

    # With how much it is refused is a matter of chance: near the edge one of two tries may have room enough.
    refused = []
    for size in (595, 610, 625):
        done = limited(workspace, str(log), limit=size << 20)
        if not done.returncode:
            break
        refused.append(done)
        with workspace.store.reading() as tx:
            assert (set(), []) == (segments.ids(tx), segments.cursors(tx, "files"))
    done = limited(workspace, str(log), limit=ENOUGH)

    # A library may also end the process itself (a negative code): where it does, varies with the machine.
    assert refused
    assert all("keywatch: The memory is not enough" in one.stderr for one in refused if one.returncode == 1)
    assert not any("Traceback" in one.stderr for one in refused)
    assert 0 == done.returncode, done.stderr
    assert [(60_000, 60_000)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


def test_a_line_that_never_ends_is_counted_once_and_passed_over(
    workspace: Workspace, tmp_path: Path, line: Line, stored: Stored
) -> None:
    log = tmp_path / "a.log"
    log.write_text(line(0) + "x" * (150 << 20))
    used, told = peak(workspace, log)
    with log.open("a") as file:
        file.write("x" * (3 << 20))
    more, again = peak(workspace, log)
    with log.open("a") as file:
        file.write("\n" + line(1))
    _, last = peak(workspace, log)

    assert max(used, more) < MOST
    assert "2 lines" in told
    assert "no new line" in again
    assert "1 lines" in last
    assert {("/line/x0x",), ("/line/x1x",)} == set(stored("SELECT path FROM events"))


def test_a_hole_of_a_gigabyte_costs_no_memory_and_no_line(
    workspace: Workspace, tmp_path: Path, line: Line, stored: Stored
) -> None:
    log = tmp_path / "a.log"
    log.write_text(line(0))
    with log.open("r+b") as file:
        file.truncate(1 << 30)
        file.seek(1 << 30)
        file.write(line(1).encode() + line(2).encode())

    used, told = peak(workspace, log)

    assert used < MOST
    assert "3 lines from 1 files" in told
    assert [(3, 3)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


@pytest.mark.parametrize("what", [b"\n", b"x\n", b"a " * 400_000 + b"\n"], ids=["blank", "short", "long"])
def test_lines_of_any_length_take_no_more_memory(workspace: Workspace, tmp_path: Path, line: Line, what: bytes) -> None:
    log = tmp_path / "a.log.zst"
    zst(log, "".join(line(n) for n in range(60)).encode(), b"", middle=what * (1 + (1 << 18) // len(what)), times=8)

    used, told = peak(workspace, log)

    assert used < MOST
    assert "60 events" in told


def test_a_gz_bomb_is_stopped_and_named_and_what_was_before_is_kept(
    workspace: Workspace, tmp_path: Path, line: Line, stored: Stored
) -> None:
    log = tmp_path / "a.log.gz"
    log.write_bytes(gzip.compress("".join(line(n) for n in range(100)).encode()) + gzip.compress(bytes(512 << 20), 9))

    used, told = peak(workspace, log)

    assert used < MOST
    assert "as a bomb would; the lines before that are stored" in told
    assert [(100,)] == stored("SELECT count(*) FROM events")


@pytest.mark.parametrize("kind", ["json", "combined"])
def test_a_million_ordinary_lines_take_no_more(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    log = tmp_path / "a.log"
    made = (sys.executable, str(ROOT / "benchmarks" / "generate.py"), str(log), "--lines", "1000000", "--format", kind)
    subprocess.run(made, cwd=ROOT, check=True, capture_output=True)

    used, told = peak(workspace, log)

    assert "999,900 events" in told
    assert used < MOST
