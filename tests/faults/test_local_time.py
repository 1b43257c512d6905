"""Fault 33: the zone of the machine and a leap day. Hours and days are those of UTC wherever and whenever it runs."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BEGUN = datetime(2028, 2, 28, 20, 30, tzinfo=UTC)
ZONES = ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]


def counted(folder: Path, zone: str, by: str) -> list[dict[str, Any]]:
    """What `keywatch usage` says in a zone, of two calls an hour from BEGUN to 1 March."""
    log, config = folder / "edge.log", folder / "workspace" / "keywatch.toml"
    if not config.exists():
        moments = [BEGUN + timedelta(minutes=30 * n) for n in range(2 * 36)]
        line = '192.0.2.7 - - [{:%d/%b/%Y:%H:%M:%S +0000}] "GET /v1/pets?api_key=kw_live_a HTTP/1.1" 200 12 "-" "-"\n'
        log.write_text("".join(line.format(moment) for moment in moments))
        run(zone, "init", config.parent)
        run(zone, "-c", config, "ingest", log)
    asked = ("usage", "--by", by, "--since", "2028-02-28T00:00:00Z", "--until", "2028-03-02T00:00:00Z", "--json")
    rows: list[dict[str, Any]] = json.loads(run(zone, "-c", config, *asked))
    return rows


def run(zone: str, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "keywatch", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("zone", ZONES)
def test_hours_and_the_leap_day_are_those_of_utc_in_any_zone(tmp_path: Path, zone: str) -> None:
    hours = counted(tmp_path, zone, "hour")
    days = counted(tmp_path, zone, "day")

    expected = [f"{BEGUN.replace(minute=0) + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}" for n in range(37)]
    assert expected == sorted(row["hour"] for row in hours)
    assert {"2028-02-28": 7, "2028-02-29": 48, "2028-03-01": 17} == {row["day"][:10]: row["requests"] for row in days}
