"""Fault 1: kill -9 at random moments, while logs are written, rotated, copied and compressed.

`KEYWATCH_KILLS=200` kills as often as the project promises; `KEYWATCH_SEED` repeats a run's random choices.
"""

import bz2
import gzip
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import zstandard

from keywatch.workspace import Workspace

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KEYWATCH_KILLS", "12"))
SEED = int(os.environ.get("KEYWATCH_SEED", str(random.SystemRandom().randrange(1 << 32))))
LINES = 4000
Stored = Callable[[str], list[tuple[Any, ...]]]
PACKED = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


class Logs:
    """A log that a busy server writes and logrotate looks after; every line stays readable."""

    def __init__(self, folder: Path, line: Callable[..., str], choose: random.Random) -> None:
        self.live = folder / "a.log"
        self.line, self.choose = line, choose
        self.written = self.turns = 0
        self.half = ""

    def act(self) -> None:
        """One thing of many."""
        self.choose.choice([self.write, self.write, self.rotate, self.copy_and_truncate, self.compress])()

    def write(self) -> None:
        """Lines, the last of them by half."""
        count = self.choose.randrange(1, LINES)
        text = self.half + "".join(self.line(n) for n in range(self.written, self.written + count))
        last = self.line(self.written + count)
        with self.live.open("a") as file:
            file.write(text)
            file.write(last[: len(last) // 2])
        self.half = last[len(last) // 2 :]
        self.written += count + 1

    def finish(self) -> None:
        """The other half."""
        with self.live.open("a") as file:
            file.write(self.half)
        self.half = ""

    def rotate(self) -> None:
        """By renaming."""
        self.finish()
        self.turns += 1
        self.live.rename(self.live.with_name(f"a.log.{self.turns}"))
        self.live.touch()

    def copy_and_truncate(self) -> None:
        """By copying."""
        self.finish()
        self.turns += 1
        shutil.copy2(self.live, self.live.with_name(f"a.log.{self.turns}"))
        os.truncate(self.live, 0)

    def compress(self) -> None:
        """The oldest that is not, as gzip does: the copy is whole before the original goes."""
        plain = sorted(p for p in self.live.parent.iterdir() if p.name != "a.log" and p.suffix not in PACKED)
        if plain:
            end = self.choose.choice(sorted(PACKED))
            plain[0].with_name(plain[0].name + end).write_bytes(PACKED[end](plain[0].read_bytes()))
            plain[0].unlink()


@pytest.fixture
def collector(workspace: Workspace, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    (tmp_path / "logs").mkdir()
    script, config = Path(__file__).parent / "collector.py", workspace.root / "keywatch.toml"
    process = subprocess.Popen(
        [sys.executable, script, config, tmp_path / "logs"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        assert process.stdin
        process.stdin.close()


def test_no_line_is_lost_or_doubled_by_kills_while_logs_are_written_and_rotated(
    workspace: Workspace,
    collector: "subprocess.Popen[str]",
    tmp_path: Path,
    line: Callable[..., str],
    stored: Stored,
) -> None:
    choose = random.Random(SEED)
    logs = Logs(tmp_path / "logs", line, choose)
    logs.write()
    began = time.monotonic()
    assert run(collector, None) == 0
    latest, killed, tries, ends = time.monotonic() - began, 0, 0, set()
    while killed < KILLS and tries < 10 * KILLS:
        tries += 1
        logs.act()
        code = run(collector, choose.uniform(0, latest), logs if choose.random() < 0.3 else None)
        killed += code == -signal.SIGKILL
        # So that about half are too late: the kills then reach from the beginning to the end.
        latest = min(3.0, latest * 1.1) if code == -signal.SIGKILL else max(0.05, latest * 0.9)
        ends.add(code)
    logs.finish()

    assert [run(collector, None), run(collector, None)] == [0, 0], f"seed {SEED}"

    assert [(logs.written, logs.written)] == stored("SELECT count(*), count(DISTINCT path) FROM events"), f"seed {SEED}"
    assert [(logs.written,)] == stored("SELECT CAST(sum(requests) AS BIGINT) FROM usage")
    with workspace.store.reader() as reader:
        batches = {row[0] for row in reader.connection.exec_driver_sql("SELECT DISTINCT batch FROM events")}
    assert ends <= {0, -signal.SIGKILL}, f"seed {SEED}"
    assert killed == KILLS, f"seed {SEED}"
    assert batches == {path.name.partition(".")[0] for path in (workspace.root / "events").rglob("*.parquet*")}


def run(collector: "subprocess.Popen[str]", kill_after: float | None, logs: Logs | None = None) -> int:
    """One ingest; with `kill_after` seconds until it is killed, and what the writer does in the meantime."""
    assert collector.stdin
    assert collector.stdout
    collector.stdin.write("go\n")
    collector.stdin.flush()
    child = int(collector.stdout.readline())
    if kill_after is not None:
        time.sleep(kill_after / 2)
        if logs:
            logs.act()
        time.sleep(kill_after / 2)
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(child, signal.SIGKILL)
    return int(collector.stdout.readline())
