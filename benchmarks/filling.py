"""Make a workspace whose store is full: `python benchmarks/filling.py FOLDER END --events 100000000 --keys 10000`."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.events import compact, fill_days, write_inventory
from benchmarks.measure import run
from keywatch.workspace import Workspace


def main() -> None:
    """Read the command line and fill."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("end", type=datetime.fromisoformat)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--compacted", action="store_true", help="by key and time, as a day lies when it is over")
    given = parser.parse_args()
    program, config = [sys.executable, "-m", "keywatch"], given.folder / "keywatch.toml"
    run([*program, "init", str(given.folder)])
    inventory = given.folder / "keys.csv"
    write_inventory(inventory, given.keys, given.end)
    run([*program, "-c", str(config), "keys", "import", str(inventory)])
    workspace = Workspace.at(config)
    for written in fill_days(workspace, events=given.events, keys=given.keys, days=given.days, end=given.end):
        print(f"{written:,}", file=sys.stderr, flush=True)
    if given.compacted:
        compact(workspace)
    workspace.close()


if __name__ == "__main__":
    main()
