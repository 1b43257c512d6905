"""Keep ingest running over a full store: `python benchmarks/feeding.py FOLDER --keys 5000`, until it is ended.

Lines of known keys are appended to a log, and every few seconds they are ingested and small segments merged, as
`keywatch run` does it.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.events import SOURCE
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import KeyConfig, SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.compaction import compact

_COMPACTING = 2.0
"""Seconds in which merges may begin, as in keywatch/running/keeping_house.py."""


def main() -> None:
    """Append and ingest for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keys", type=int, default=5_000)
    parser.add_argument("--pace", type=int, default=100, help="lines a second")
    parser.add_argument("--interval", type=float, default=10, help="seconds between rounds of ingest")
    given = parser.parse_args()
    workspace = Workspace.at(given.folder / "keywatch.toml")
    log = given.folder / "access.log"
    key = KeyConfig(field="http_x_api_token", kind="id")
    source = SourceConfig(name=SOURCE, path=str(log), format="nginx-json", key=key)
    while True:
        begun = time.monotonic()
        with log.open("a", encoding="utf-8") as file:
            file.writelines(_line(n, given.keys) for n in range(int(given.pace * given.interval)))
        with workspace.lock("benchmark"):
            ingest_source(workspace, source, clock=SystemClock())
            compact(workspace.store, now=datetime.now(UTC), seconds=_COMPACTING)
        print(datetime.now(UTC).isoformat(), flush=True)
        time.sleep(max(0, begun + given.interval - time.monotonic()))


def _line(n: int, keys: int) -> str:
    which = n * 7919 % keys
    fields = {
        "time_iso8601": datetime.now(UTC).isoformat(timespec="seconds"),
        "remote_addr": f"10.{which >> 8}.{which & 255}.2",
        "request_method": "GET",
        "request_uri": f"/v1/calls/{n}",
        "host": "api.example.com",
        "status": 401 if n % 500 == 0 else 200,
        "body_bytes_sent": 512,
        "request_time": 0.02,
        "http_user_agent": "okhttp/1",
        "http_x_api_token": f"key_{which:05d}",
    }
    return json.dumps(fields) + "\n"


if __name__ == "__main__":
    main()
