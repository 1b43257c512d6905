"""kill -9 in the middle of an ingest loses and doubles nothing."""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keywatch.workspace import Workspace

FILES, LINES = 10, 20_000
KILLS = 6


def test_ingest_that_is_killed_again_and_again_stores_every_line_once(
    workspace: Workspace,
    start: Callable[..., "subprocess.Popen[str]"],
    stored: Callable[[str], list[tuple[Any, ...]]],
    line: Callable[..., str],
    tmp_path: Path,
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for n in range(FILES):
        (logs / f"{n}.log").write_text("".join(line(i) for i in range(n * LINES, (n + 1) * LINES)))
    words = ("-c", workspace.root / "keywatch.toml", "ingest", logs)
    seen, killed = [], 0
    for _ in range(KILLS):
        process = start(*words)
        killed += kill_in_the_middle(process, workspace.root / "events")
        seen.append(stored("SELECT count(*) FROM events")[0][0])

    out, err = (last := start(*words)).communicate(timeout=300)

    assert (0, "") == (last.returncode, out), err
    assert killed  # on a busy machine some are too late
    assert sorted(seen) == seen
    assert all(count % LINES == 0 for count in seen)
    assert {(1, FILES * LINES)} == set(
        stored("SELECT n, count(*) FROM (SELECT count(*) AS n FROM events GROUP BY path) GROUP BY n")
    )
    assert [(FILES * LINES,)] == stored("SELECT CAST(sum(requests) AS BIGINT) FROM usage")
    assert_no_orphans(workspace)


def kill_in_the_middle(process: "subprocess.Popen[str]", events: Path) -> bool:
    """Kill it shortly after it wrote its first new file; whether it had to be killed."""
    before = set(events.rglob("*.parquet*"))
    while process.poll() is None and set(events.rglob("*.parquet*")) <= before:
        time.sleep(0.002)
    time.sleep(random.uniform(0, 0.15))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def assert_no_orphans(workspace: Workspace) -> None:
    with workspace.store.reader() as reader:
        batches = {row[0] for row in reader.connection.exec_driver_sql("SELECT DISTINCT batch FROM events")}
    files = Counter(path.name.partition(".")[0] for path in (workspace.root / "events").rglob("*.parquet*"))

    assert batches == set(files)
