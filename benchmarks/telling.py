"""How many messages a live run of a made-up world gives: `python benchmarks/telling.py FOLDER --seed 117`.

The world is read whole and judged in steps, each as of its moment, so each step tells what a run would have told then.
A folder with a workspace already (of `benchmarks/guessing.py`, say) is judged from `--since` to `--until` as it is.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy as sa

from benchmarks.measure import run
from benchmarks.worlds.make import make
from keywatch.judging import judge
from keywatch.workspace import Workspace

_PROGRAM = [sys.executable, "-m", "keywatch"]
_SOURCE = """
[[sources]]
name = "edge"
path = "{path}"
format = "nginx-json"
key = {{ field = "http_x_api_token" }}
"""


def main() -> None:
    """Read the command line, judge in steps, print the messages by kind and by what was new."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=117)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--keys", type=int, default=80)
    parser.add_argument("--step", type=float, default=15, help="minutes")
    parser.add_argument("--since", type=datetime.fromisoformat)
    parser.add_argument("--until", type=datetime.fromisoformat)
    given = parser.parse_args()
    if given.since is None:
        given.since, given.until = _world(given)
    workspace = Workspace.at(given.folder / "keywatch.toml")
    now = given.since
    while now < given.until:
        now += timedelta(minutes=given.step)
        judge(workspace, now=now)
    with workspace.store.reading() as tx:
        rows = tx.execute(sa.text("SELECT kind, payload, created_at FROM alerts ORDER BY created_at")).all()
    workspace.close()
    said = [(kind, json.loads(payload)) for kind, payload, _ in rows]
    further = [doc["changes"] for kind, doc in said if kind == "updated" and _only_further(doc["changes"])]
    days = (given.until - given.since) / timedelta(days=1)
    print(f"{days:.2f} days, {len(said)} messages: {dict(Counter(kind for kind, _ in said))}")
    print(f"{len(further)} of them tell of further keys and addresses alone: {len(further) / max(days, 1):.2f} a day")
    for changes in further[:20]:
        print(f"  {' '.join(changes)}")


def _only_further(changes: list[str]) -> bool:
    return bool(changes) and all(" further " in change for change in changes)


def _world(given: argparse.Namespace) -> tuple[datetime, datetime]:
    made = given.folder.parent / f"{given.folder.name}-world"
    world = make(made, seed=given.seed, days=given.days, size=given.keys)
    run([*_PROGRAM, "init", str(given.folder)])
    config = given.folder / "keywatch.toml"
    with config.open("a", encoding="utf-8") as file:
        file.write(_SOURCE.format(path=(made / "access.log").resolve()))
    run([*_PROGRAM, "-c", str(config), "keys", "import", str(made / "keys.csv"), "--hash-keys"])
    run([*_PROGRAM, "-c", str(config), "ingest"])
    return world.start, world.start + timedelta(days=world.days)


if __name__ == "__main__":
    main()
