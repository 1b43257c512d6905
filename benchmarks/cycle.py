"""Live cycles in one process, as `keywatch run` does them: `python benchmarks/cycle.py CONFIG END --rounds 5`.

Each round adds a tail of one minute with requests of some keys and judges as of its end; prints the seconds of each
as JSON. The last two rounds are those of the next hour and the next day, when baselines are due.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb

from benchmarks.events import deal, fill, vocabulary
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.window import Window


def main() -> None:
    """Read the command line, run the rounds, print their seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("end", type=datetime.fromisoformat)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--touched", type=int, default=500)
    given = parser.parse_args()
    workspace = Workspace.at(given.config)
    minutes = [*range(1, given.rounds + 1), 61, 24 * 60 + 1]
    told = {"first": _judged(workspace, given.end, since=given.end - timedelta(hours=1))}
    with duckdb.connect() as duck:
        vocabulary(duck, given.keys)
        for minute in minutes:
            window = Window(
                since=given.end + timedelta(minutes=minute - 1), until=given.end + timedelta(minutes=minute)
            )
            deal(duck, "tail", rows=given.touched * 6, seed=minute, window=window, keys=given.keys, few=given.touched)
            with workspace.lock("benchmark"):
                fill(workspace, duck, "tail", rows=given.touched * 6, now=datetime.now(UTC))
            told[f"+{minute} min"] = _judged(workspace, window.until)
    workspace.close()
    print(json.dumps(told))


def _judged(workspace: Workspace, now: datetime, since: datetime | None = None) -> float:
    begun = time.perf_counter()
    with workspace.lock("benchmark"):
        judge(workspace, now=now, since=since, live=True)
    seconds = round(time.perf_counter() - begun, 3)
    print(f"judged as of {now:%m-%d %H:%M}: {seconds} s", file=sys.stderr, flush=True)
    return seconds


if __name__ == "__main__":
    main()
