"""A day of small segments: `python benchmarks/compaction.py [--rows 1000]`.

A source that is read every ten seconds leaves 8,640 segments a day. They are written here one after another as an
ingest writes them, and after each third, as every 30 seconds in `keywatch run`, the house is kept with the clock of
that day. Counted: the segments of the day that a reader has to open, after each step; seconds of each turn of
housekeeping.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.events import deal, fill, vocabulary
from benchmarks.measure import ROOT, run
from benchmarks.results import write_section
from keywatch.running.keeping_house import HouseKeeper
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.window import Window
from store.state import segments

DAY: Final = datetime(2026, 10, 28, tzinfo=UTC)
EVERY: Final = timedelta(seconds=10)
TURN: Final = 3
"""Segments from one turn of housekeeping to the next: 30 s."""
KEYS: Final = 1_000


def main() -> int:
    """Play the day and tell; 1 when 200 or more segments were open."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000, help="events of each segment")
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--folder", type=Path, help="where the store is made")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    given = parser.parse_args()
    count = given.hours * 360
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        begun = time.process_time()
        most, after, turns, events = _play(Path(folder) / "workspace", count, given.rows)
        used = time.process_time() - begun
    if events != count * given.rows:
        print(f"{events:,} events are in the store, {count * given.rows:,} were written", file=sys.stderr)
        return 1
    turns.sort()
    text = (
        f"## Compaction: a segment every ten seconds\n\nMeasured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on"
        f" {len(os.sched_getaffinity(0))} cores: {count:,} segments of {given.rows:,} events each, {given.hours} hours."
        f" Open at most {most} segments (200 are allowed), {after} when the day had been over for an hour. Of"
        f" {len(turns):,} turns of housekeeping 99 % took {turns[int(len(turns) * 0.99)]:.2f} s or less, the longest"
        f" {turns[-1]:.2f} s; {used:.0f} s of processor time in all, the writing of the segments included."
    )
    print(text)
    write_section(given.results, "compaction", text)
    return int(most >= 200)


def _play(folder: Path, count: int, rows: int) -> tuple[int, int, list[float], int]:
    """Most segments open, those of the day that is over, seconds of each turn, events in the store at the end."""
    run([sys.executable, "-m", "keywatch", "init", str(folder)])
    workspace, keeper, clock = Workspace.at(folder / "keywatch.toml"), HouseKeeper(), FixedClock(DAY)
    most, turns = 0, []
    with duckdb.connect(config={"threads": 1}) as duck:
        vocabulary(duck, KEYS)
        for n in range(count):
            window = Window(since=clock.at, until=clock.at + EVERY)
            deal(duck, "made", rows=rows, seed=n % 1_000, window=window, keys=KEYS)
            clock.at += EVERY
            clock.ticks += EVERY.total_seconds()
            fill(workspace, duck, "made", rows=rows, now=clock.at)
            most = max(most, _open(workspace))
            if n % TURN == TURN - 1:
                turns.append(_turn(keeper, workspace, clock))
    clock.at = DAY + timedelta(days=1, hours=1, minutes=1)
    clock.ticks += 3_660.0
    turns += [_turn(keeper, workspace, clock) for _ in range(3)]
    with workspace.store.reader() as reader:
        events = reader.connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one()
    after = _open(workspace)
    workspace.close()
    return most, after, turns, int(events)


def _turn(keeper: HouseKeeper, workspace: Workspace, clock: FixedClock) -> float:
    begun = time.perf_counter()
    keeper.keep(workspace, clock)
    return time.perf_counter() - begun


def _open(workspace: Workspace) -> int:
    with workspace.store.reading() as tx:
        return len(segments.overlapping(tx, None))


if __name__ == "__main__":
    sys.exit(main())
