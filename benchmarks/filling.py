"""Make a workspace whose store is full: `python benchmarks/filling.py FOLDER END --events 100000000 --keys 10000`."""

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.events import compact, fill_days, write_inventory
from benchmarks.measure import run
from ingest.inventory.read import read_keys
from keywatch.workspace import Workspace
from store.state.inventory import save_keys


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
    run([sys.executable, "-m", "keywatch", "init", str(given.folder)])
    config, inventory = given.folder / "keywatch.toml", given.folder / "keys.csv"
    write_inventory(inventory, given.keys, given.end)
    workspace = Workspace.at(config)
    # It came before the moments that are judged: one that comes anew has each detector of keys look again.
    came = given.end - timedelta(hours=1)
    with workspace.store.transaction() as tx:
        save_keys(tx, read_keys(inventory, pulled_at=came, pepper=workspace.pepper), came)
    for written in fill_days(workspace, events=given.events, keys=given.keys, days=given.days, end=given.end):
        print(f"{written:,}", file=sys.stderr, flush=True)
    if given.compacted:
        compact(workspace)
    workspace.close()


if __name__ == "__main__":
    main()
