"""Four ingest workers against one, on a PostgreSQL of their own: `python benchmarks/workers.py [LINES]`.

Eight sources of equal size are read whole by `keywatch run --only ingest`: by one worker that has one processor, by one
that has all, and by four that have one each, turn about. The best time of each is told with its processor time: one
worker with two processors parses on two threads already, so four have little to add to that one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

import psycopg

from keywatch.new_workspace import make

SOURCES = 8
ROUNDS = 2
ONE, ALL, FOUR = "one worker, one processor", "one worker, all processors", "four workers, one processor each"
KINDS = ((ONE, 1, True), (ALL, 1, False), (FOUR, 4, True))
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
CONFIG = """
[store]
state = "{state}"
[secrets]
pepper = "file:keywatch.pepper"
"""
SOURCE = '[[sources]]\nname = "s{n}"\npath = "{path}"\n'


def main(lines: int) -> None:
    """Make the logs, start a server, run both, and print one JSON line."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as address:
        logs = [written(Path(folder) / f"s{n}.log", n, lines // SOURCES) for n in range(SOURCES)]
        best: dict[str, tuple[float, float]] = {}
        for turn in range(ROUNDS):
            for kind, workers, pinned in KINDS:
                name = f"d{turn}x{workers}{'pinned' if pinned else 'free'}"
                took = measured(Path(folder) / name, logs, address, name, workers, pinned=pinned)
                best[kind] = min(best.get(kind, took), took)
        found = {
            "lines": lines // SOURCES * SOURCES,
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "seconds": {kind: round(took, 2) for kind, (took, _) in best.items()},
            "processor seconds": {kind: round(busy, 2) for kind, (_, busy) in best.items()},
            "four to one on one processor": round(best[ONE][0] / best[FOUR][0], 2),
            "four to one on all processors": round(best[ALL][0] / best[FOUR][0], 2),
        }
    print(json.dumps(found))


def written(path: Path, source: int, lines: int) -> Path:
    """A combined log of a few keys' requests."""
    with path.open("w") as file:
        for n in range(lines):
            at = f"{BEGIN + timedelta(milliseconds=100 * n):%d/%b/%Y:%H:%M:%S +0000}"
            query = f"api_key=kw_live_{source:02d}{n % 50:04d}a1B2c3D4e5F6"
            asked = f"GET /v1/agents/{n % 997}?{query} HTTP/1.1"
            file.write(f'192.0.2.{n % 200} - - [{at}] "{asked}" 200 {n % 9000} "-" "curl/8"\n')
    return path


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL in a folder, as Debian installs it; gives the socket's folder."""
    path = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    home = folder / "server"
    home.mkdir()
    folder.chmod(0o755)
    if user:
        shutil.chown(home, "postgres")
    program = shutil.which("postgres", path=path), shutil.which("initdb", path=path)
    subprocess.run([program[1], "-D", home / "data", "-A", "trust", "-U", "postgres"], check=True, stdout=-3, **user)
    command = [program[0], "-D", home / "data", "-c", "listen_addresses=", "-k", home]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, **user)
    try:
        for _ in range(200):
            if (home / ".s.PGSQL.5432").exists():
                break
            time.sleep(0.05)
        yield str(home)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)


def measured(root: Path, logs: list[Path], address: str, name: str, count: int, *, pinned: bool) -> tuple[float, float]:
    """Seconds until all is stored, and seconds of the workers' processor time; from the moment that all are ready."""
    make(root)
    with psycopg.connect(f"postgresql://postgres@/postgres?host={address}", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    state = f"postgresql+psycopg://postgres@/{name}?host={address}"
    text = CONFIG.format(state=state)
    held = root / "held"
    held.mkdir()
    for n in range(len(logs)):
        text += SOURCE.format(n=n, path=held / f"s{n}.log")
    (root / "keywatch.toml").write_text(text)
    subprocess.run([*keywatch(root), "run", "--once", "--only", "housekeeping"], check=True, stderr=subprocess.DEVNULL)
    workers = [start(root, n if pinned else None) for n in range(count)]
    time.sleep(4)
    total = sum(sum(1 for _ in path.open("rb")) for path in logs)
    before = [spent(worker.pid) for worker in workers]
    began = time.monotonic()
    for path in logs:
        os.link(path, held / path.name)
    with psycopg.connect(f"postgresql://postgres@/{name}?host={address}", autocommit=True) as connection:
        while (connection.execute("SELECT coalesce(sum(events), 0) FROM sources").fetchone() or (0,))[0] < total:
            time.sleep(0.02)
    took = time.monotonic() - began
    busy = sum(spent(worker.pid) for worker in workers) - sum(before)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait(20)
    return took, busy


def keywatch(root: Path) -> list[str]:
    """The program on a workspace."""
    return [sys.executable, "-m", "keywatch", "-c", str(root / "keywatch.toml")]


def start(root: Path, place: int | None) -> "subprocess.Popen[bytes]":
    """A worker that looks five times a second; with a place, on one processor."""
    words = [*keywatch(root), "run", "--only", "ingest", "--interval", "0.2s"]
    worker = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    if place is not None:  # long before it counts its processors
        there = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(worker.pid, {there[place % len(there)]})
    return worker


def spent(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_600_000)
