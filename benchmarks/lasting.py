"""One `keywatch run` that nobody ends: `python benchmarks/lasting.py [--minutes 15] [--rate 2000] [--interval 1s]`.

A web server writes lines and rotates its log each minute, an address guesses keys each half a minute, and one process
reads, judges and tells with an interval of a second, so that a quarter of an hour has the turns of a working day at the
default of 30 seconds. Its resident memory is taken every five seconds. A process takes its libraries and its first
frames in the beginning, so what counts is the second half: the slope of a line through its samples, a thousand turns
(eight hours by default) at a time, and the median of its last quarter beside that of its first.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.results import write_section
from benchmarks.soak import CONFIG, RESULTS, keywatch, metric
from benchmarks.soaking import Target, Worker, Writer
from keywatch.new_workspace import make

ROTATED: Final = 60.0
"""Seconds between rotations."""
GUESSED: Final = 30.0
"""Seconds between addresses that guess."""
LOOKED: Final = 5.0
"""Seconds between samples of memory."""


def main() -> int:
    """Run and tell; 1 when lines are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=int, default=2_000, help="lines a second")
    parser.add_argument("--interval", default="1s")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory, turns, lines, read = _lasted(Path(folder), given.minutes * 60, given.rate, given.interval)
    half = memory[len(memory) // 2 :]
    slope = statistics.linear_regression(range(len(half)), half).slope * len(memory) / max(1.0, turns) * 1_000
    quarter = len(half) // 2
    third, last = (statistics.median(part) for part in (half[:quarter], half[quarter:]))
    text = (
        f"## A process that nobody ends\n\nMeasured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores,"
        f" {given.minutes:g} minutes: {lines:,} lines, {read:,.0f} of them read in {turns:,.0f} turns. Resident memory"
        f" after a quarter {memory[len(memory) // 4]:.0f} MB, in the third quarter {third:.0f} MB,"
        f" in the last {last:.0f} MB, at most {max(memory):.0f} MB; a line through the"
        f" second half rises by {slope:.1f} MB in a thousand turns."
    )
    sys.stdout.write(f"{text}\n{' '.join(f'{one:.0f}' for one in memory)}\n")
    write_section(given.results, "lasting", text)
    return int(read != lines)


def _lasted(folder: Path, seconds: float, rate: int, interval: str) -> tuple[list[float], float, int, float]:
    """Megabytes at each look, turns, lines written, lines read."""
    root, logs = folder / "workspace", folder / "logs"
    make(root)
    logs.mkdir()
    target, writer = Target(), Writer(logs / "access.log", rate, ROTATED)
    (root / "keywatch.toml").write_text(CONFIG.format(state="sqlite:///keywatch.db", url=target.url, logs=logs))
    worker = Worker([*keywatch(root), "run", "--interval", interval, "--log-format", "json"], folder / "run.log")
    writer.start()
    began, guessing, number = time.monotonic(), GUESSED, 0
    try:
        while (now := time.monotonic() - began) < seconds and worker.process.poll() is None:
            if now >= guessing:
                writer.attack(f"198.{18 + number % 2}.{number % 250 + 1}.9")
                number, guessing = number + 1, guessing + GUESSED
            worker.measure()
            time.sleep(LOOKED)
        writer.end()
        turns = (folder / "run.log").read_text().count("\n")
        while metric(root, "keywatch_source_lines_total") < writer.lines and time.monotonic() - began < seconds + 60:
            time.sleep(1)
        worker.end()
        return [one / 1e6 for one in worker.memory], turns, writer.lines, metric(root, "keywatch_source_lines_total")
    finally:
        worker.process.kill()
        target.close()


if __name__ == "__main__":
    sys.exit(main())
