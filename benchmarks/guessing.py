"""A store with an hour of guessing: `python benchmarks/guessing.py FOLDER END --guesses 1000000`.

Each guess is a key_ref of its own that nobody knows, answered 401: half of them come from one address, half from 20,000
addresses. A known key works beside them.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb

from benchmarks.events import fill, write_inventory
from benchmarks.measure import run
from keywatch.workspace import Workspace
from model.event import EVENT_COLUMNS

_KNOWN = 10


def main() -> None:
    """Read the command line and fill."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("end", type=datetime.fromisoformat)
    parser.add_argument("--guesses", type=int, default=1_000_000)
    given = parser.parse_args()
    program, config = [sys.executable, "-m", "keywatch"], given.folder / "keywatch.toml"
    run([*program, "init", str(given.folder)])
    write_inventory(given.folder / "keys.csv", _KNOWN, given.end)
    run([*program, "-c", str(config), "keys", "import", str(given.folder / "keys.csv")])
    workspace = Workspace.at(config)
    add_guesses(workspace, guesses=given.guesses, end=given.end)
    workspace.close()


def add_guesses(workspace: Workspace, *, guesses: int, end: datetime) -> None:
    """One segment of the hour before `end`: the guesses, and a call of a known key for each hundred."""
    begin = int((end - timedelta(hours=1)).timestamp() * 1e6)
    alone, many = "'203.0.113.9'", "format('198.{}.{}.{}', 18 + (i % 2), (i // 2) % 100, 1 + (i // 200) % 100)"
    good = "i % 101 = 0"
    made = {
        "ts": f"make_timestamptz({begin} + (i * 3599000000) // {guesses * 101 // 100})",
        "source": "'edge'",
        "key_ref": f"CASE WHEN {good} THEN format('id:key_{{:05d}}', i % {_KNOWN})"
        " ELSE 'fp:1:' || left(md5(CAST(i AS VARCHAR)), 20) END",
        "ip": f"CASE WHEN {good} THEN '192.0.2.7' WHEN i % 2 = 0 THEN {alone} ELSE {many} END",
        "method": "'GET'",
        "route": "'/v1/agents'",
        "path": "'/v1/agents'",
        "status": f"CAST(CASE WHEN {good} THEN 200 ELSE 401 END AS SMALLINT)",
        "outcome": f"CASE WHEN {good} THEN 'ok' ELSE 'unauthenticated' END",
        "bytes_out": "CAST(100 AS BIGINT)",
        "client": "'curl/8'",
        "user_agent": "'curl/8'",
        "line": "CAST(i + 1 AS INTEGER)",
    }
    made["network"] = f"regexp_replace({made['ip']}, '[0-9]+$', '0/24')"
    columns = ", ".join(
        f"{made.get(name, f'CAST(NULL AS {kind})')} AS {name}"
        for name, kind in EVENT_COLUMNS.items()
        if name != "batch"
    )
    rows = guesses * 101 // 100
    with duckdb.connect() as duck:
        duck.execute(f"CREATE TEMP TABLE guesses AS SELECT {columns} FROM range({rows}) t(i)")
        fill(workspace, duck, "guesses", rows=rows, now=datetime.now(UTC))


if __name__ == "__main__":
    main()
