"""A report of 100,000 keys: seconds and memory of `report open`, against 60 s and 500 MB. One command, one line."""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.results import write_section
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.key import Key, KeyId, KeyRef, KeyStatus

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ENOUGH = {"seconds": 60.0, "megabytes": 500.0}


def keys(count: int) -> Iterator[Key]:
    """Keys of two thousand owners, a third of which were used."""
    for n in range(count):
        yield Key(
            key_id=KeyId(f"key_{n:06d}"),
            name=f"service-{n % 7919}-{n}",
            hint=f"ac_live_…{n % 10000:04d}",
            key_refs=(KeyRef(f"id:key_{n:06d}"),),
            owner=f"owner-{n % 2000}@corp.example",
            environment="production" if n % 4 else "development",
            status=KeyStatus.ACTIVE if n % 9 else KeyStatus.REVOKED,
            created_at=NOW - timedelta(days=n % 700, hours=1),
            expires_at=NOW + timedelta(days=n % 400) if n % 3 else None,
            revoked_at=None if n % 9 else NOW - timedelta(days=n % 60),
            source="inventory",
            source_last_used_at=NOW - timedelta(days=n % 200, hours=2) if n % 3 else None,
            pulled_at=NOW - timedelta(hours=1),
        )


def fill(folder: Path, count: int) -> None:
    """A workspace with so many keys."""
    from store.state.inventory import save_keys

    make(folder)
    workspace = Workspace.at(folder / "keywatch.toml")
    with workspace.store.transaction() as tx:
        save_keys(tx, keys(count), NOW - timedelta(hours=1))
    workspace.close()


def measure(folder: Path) -> dict[str, float]:
    """Open the quarter's report in this process."""
    from keywatch.reporting.taking import asked, make_report

    workspace = Workspace.at(folder / "keywatch.toml")
    wall, cpu = time.monotonic(), time.process_time()
    make_report(workspace, ask := asked(workspace, "2026-Q4", now=NOW, review=True), now=NOW)
    used = {"wall": time.monotonic() - wall, "seconds": time.process_time() - cpu}
    workspace.close()
    size = sum(path.stat().st_size for path in ask.folder.iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**used, "megabytes": peak, "written": size / 1e6}


def _section(said: str) -> str:
    limits = f"{ENOUGH['seconds']:.0f} s and {ENOUGH['megabytes']:.0f} MB"
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"## `report open` of many keys\n\nMeasured {at}; at most {limits} are wanted.\n\n{said}."


def main() -> int:
    """Fill in a child, so that its memory does not count; measure; 1 when it is too slow or too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="a workspace that an earlier call filled")
    parser.add_argument("--fill", action="store_true", help="only fill --folder")
    parser.add_argument("--results", type=Path, help="the file whose section `report` is written")
    given = parser.parse_args()
    if given.fill:
        fill(given.folder, given.keys)
        return 0
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made) / "workspace"
        if given.folder is None:
            import subprocess

            command = [
                sys.executable,
                "-m",
                "benchmarks.report",
                "--fill",
                "--keys",
                str(given.keys),
                "--folder",
                str(folder),
            ]
            subprocess.run(command, check=True)
        found = measure(folder)
    said = (
        f"{given.keys:,} keys: {found['seconds']:.1f} s of CPU ({found['wall']:.1f} s on the clock),"
        f" {found['megabytes']:.0f} MB at most, {found['written']:.0f} MB written"
    )
    print(said)
    if given.results:
        write_section(given.results, "report", _section(said))
    return int(any(found[name] > limit for name, limit in ENOUGH.items()))


if __name__ == "__main__":
    raise SystemExit(main())
