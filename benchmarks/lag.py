"""How long a line takes from its log to an answer: `python benchmarks/lag.py --seconds 60`.

A process of its own appends combined lines at a steady pace. Here ingest runs again and again, as `keywatch run` with
a short interval would, and after each round the store is asked for the requests by status. A line's lag is the time
from the write that holds it to the answer that counts it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.measure import ROOT, run
from benchmarks.results import write_section
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.window import Window
from store.queries.breakdown import usage_by

_PAUSE = 0.5
"""Seconds between rounds: each that finds something new leaves a segment."""
_WRITER = """
import sys, time
path, pace, seconds, step = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), 0.05
begun, written = time.time(), 0
with open(path, "a", buffering=1 << 20) as file:
    while (now := time.time()) < begun + seconds:
        wanted, stamp = int((now - begun) * pace), time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
        for n in range(written, wanted):
            agent = f"agent-{n % 50}/1.0"
            file.write(f'198.18.{n % 16}.{n % 251} - - [{stamp}] "GET /v1/calls/{n} HTTP/1.1" 200 512 "-" "{agent}"\\n')
        written = wanted
        file.flush()
        print(time.time(), written, flush=True)
        time.sleep(step)
"""


def main() -> int:
    """Write, ingest and ask at the same time; then tell the lags."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        lags, rounds, counted = _measure(Path(folder), given.pace, given.seconds)
    lags.sort()
    text = (
        f"## Lag: {given.pace:,} lines a second\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {len(os.sched_getaffinity(0))} cores for"
        f" {given.seconds} s: {counted:,} lines in {rounds} rounds of ingest, each followed by a question. From the"
        f" write of a line to the answer that counts it: median {median(lags):.2f} s, 95 %"
        f" {lags[int(len(lags) * 0.95)]:.2f} s, longest {lags[-1]:.2f} s (of the writes, 20 a second)."
    )
    print(text)
    write_section(given.results, "lag", text)
    return 0


def _measure(folder: Path, pace: int, seconds: float) -> tuple[list[float], int, int]:
    """The lag of each write in seconds, the number of rounds and of lines."""
    log, told = folder / "access.log", folder / "written"
    log.touch()
    run([sys.executable, "-m", "keywatch", "init", str(folder / "workspace")])
    workspace = Workspace.at(folder / "workspace" / "keywatch.toml")
    source = SourceConfig(name="edge", path=str(log), format="combined")
    words = [sys.executable, "-c", _WRITER, str(log), str(pace), str(seconds)]
    lags: list[float] = []
    rounds = seen = 0
    try:
        with told.open("w") as output, subprocess.Popen(words, stdout=output) as writer:
            while True:
                ended = writer.poll() is not None
                seen = _round(workspace, source) if log.stat().st_size else 0
                now, rounds = time.time(), rounds + 1
                whole = [line.split() for line in told.read_text().splitlines(keepends=True) if line.endswith("\n")]
                writes = [(float(at), int(count)) for at, count in whole if count != "0"]
                lags += [now - at for at, count in writes[len(lags) :] if count <= seen]
                if ended and len(lags) == len(writes):
                    break
                time.sleep(_PAUSE)
    finally:
        workspace.close()
    return lags, rounds, seen


def _round(workspace: Workspace, source: SourceConfig) -> int:
    """Ingest once, and ask how many requests there are."""
    with workspace.lock("benchmark"):
        ingest_source(workspace, source, clock=SystemClock())
    now = datetime.now(UTC)
    window = Window(since=now - timedelta(hours=1), until=now + timedelta(minutes=1))
    with workspace.store.reader(window) as reader:
        return int(usage_by(reader, window, by="status")["requests"].sum())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the time from a log line to an answer.")
    parser.add_argument("--pace", type=int, default=5_000, help="lines a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # as keywatch itself: DuckDB's binding prints leak warnings while Python tears it down
