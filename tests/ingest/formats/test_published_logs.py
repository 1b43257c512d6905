"""Logs that other projects publish."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keywatch.collecting.ingesting import Ingested

Ingest = Callable[..., Ingested]
Stored = Callable[[str], list[tuple[Any, ...]]]


def test_the_shop_s_hundred_thousand_lines_become_events(ingest: Ingest, stored: Stored, shared: Path) -> None:
    path = shared / "logs" / "nginx_shop_100k.log.gz"

    done = ingest(path)

    with gzip.open(path, "rt", errors="replace") as file:
        expected = Counter(line.split('" ', 1)[1].split(" ", 1)[0] for line in file)

    assert {"combined"} == done.formats
    assert 100_000 == done.events + done.rejects
    assert done.rejects < 20
    assert expected == dict(stored("SELECT status::VARCHAR, count(*) FROM events GROUP BY 1"))


def test_apache_s_ten_thousand_lines_become_events(ingest: Ingest, shared: Path) -> None:
    done = ingest(shared / "logs" / "apache_10k.log")

    assert 10_000 == done.events + done.rejects
    assert done.rejects < 20


def test_the_cloudtrail_folder_becomes_its_events(ingest: Ingest, stored: Stored, shared: Path) -> None:
    folder = shared / "logs" / "cloudtrail"
    records = [record for path in folder.rglob("*.json") for record in json.loads(path.read_bytes())["Records"]]
    expected = Counter(record["userIdentity"].get("accessKeyId") or None for record in records)

    done = ingest(folder)
    again = ingest(folder)

    assert (2_900, 0) == (done.events, done.rejects)
    assert 0 == again.lines
    assert {f"id:{name}" if name else None: count for name, count in expected.items()} == dict(
        stored("SELECT key_ref, count(*) FROM events GROUP BY 1")
    )
