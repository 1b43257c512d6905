"""Attacks on keys of a full store, and what the detectors make of them: so that there are incidents to look at.

`python benchmarks/attacking.py FOLDER`; prints how many critical incidents there are then: they stand first.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.events import SOURCE
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import KeyConfig, SourceConfig
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.finding import Severity
from store.state import incidents, segments

_APART: Final = timedelta(minutes=25)
"""From one attack to the next: many within an hour would be told as one, of many addresses."""
_REFUSED: Final = 60
_ACCEPTED: Final = 25
_PACE: Final = timedelta(seconds=4)


def main() -> None:
    """Read the command line, attack, judge, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keys", type=int, default=5_000)
    parser.add_argument("--attacks", type=int, default=40)
    given = parser.parse_args()
    workspace = Workspace.at(given.folder / "keywatch.toml")
    print(attack(workspace, keys=given.keys, attacks=given.attacks))
    workspace.close()


def attack(workspace: Workspace, *, keys: int, attacks: int) -> int:
    """Each with another key from another network, the last just before the end; returns the incidents of it.

    It is what a finding tells of best: refused calls with a key that was at work, then accepted ones.
    """
    with workspace.store.reading() as tx:
        span = segments.span(tx)
    if span is None:
        msg = "The store is empty: there is no key to attack."
        raise SystemExit(msg)
    attacked = [number * keys // attacks for number in range(attacks)]
    random.Random(attacks).shuffle(attacked)  # the first keys are the busiest by far
    log = workspace.root / "attacks.log"
    with log.open("w", encoding="utf-8") as file:
        for number, which in enumerate(attacked):
            since = span.until - _APART * (attacks - number)
            file.writelines(json.dumps(line) + "\n" for line in _lines(number, which, since))
    key = KeyConfig(field="http_x_api_token", kind="id")
    source = SourceConfig(name=SOURCE, path=str(log), format="nginx-json", key=key)
    with workspace.lock("benchmark"):
        ingest_source(workspace, source, clock=SystemClock())
        judge(workspace, now=span.until, since=span.until - _APART * (attacks + 1))
    with workspace.store.reading() as tx:
        return sum(one.severity is Severity.CRITICAL for one in incidents.list_incidents(tx))


def _lines(number: int, key: int, since: datetime) -> Iterator[dict[str, object]]:
    for call in range(_REFUSED + _ACCEPTED):
        yield {
            "time_iso8601": (since + call * _PACE).isoformat(timespec="seconds"),
            "remote_addr": f"203.0.{number}.9",
            "request_method": "GET",
            "request_uri": f"/v1/contacts/{number * 1000 + call}",
            "host": "api.example.com",
            "status": 401 if call < _REFUSED else 200,
            "body_bytes_sent": 512,
            "request_time": 0.02,
            "http_user_agent": "curl/8.5.0",
            "http_x_api_token": f"key_{key:05d}",
        }


if __name__ == "__main__":
    main()
