import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import ROOT

END = datetime(2026, 10, 29, 12, tzinfo=UTC)


def test_a_filled_store_answers_as_an_ingested_one(tmp_path: Path) -> None:
    folder, size = tmp_path / "workspace", ("--events", "12001", "--keys", "30", "--days", "2", "--compacted")
    subprocess.run([sys.executable, "benchmarks/filling.py", str(folder), END.isoformat(), *size], cwd=ROOT, check=True)
    call = ("-c", str(folder / "keywatch.toml"), "usage", "--by", "key", "--since", "2026-10-27T12:00:00Z", "--json")
    asked = subprocess.run([sys.executable, "-m", "keywatch", *call], cwd=ROOT, check=True, capture_output=True)
    rows = json.loads(asked.stdout)

    assert sum(row["requests"] for row in rows) == 12_001
    assert 0 < sum(row["unauthorized"] for row in rows) < 100
    assert {row["key"] for row in rows} <= {f"id:key_{n:05d}" for n in range(30)}
    assert len(rows) > 20
