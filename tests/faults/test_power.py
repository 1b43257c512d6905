"""Fault 6: power fails at any moment of writing the state. What was committed is there, and the rest follows once."""

import shutil
from collections.abc import Callable
from pathlib import Path

from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock

FILES, LINES = 3, 20
CUTS = 9


def test_a_write_ahead_log_that_is_cut_anywhere_loses_and_doubles_nothing(
    workspace: Workspace, ingest: Callable[..., Ingested], tmp_path: Path, line: Callable[..., str]
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for n in range(FILES):
        (logs / f"{n}.log").write_text("".join(line(i) for i in range(n * LINES, (n + 1) * LINES)))
    ingest(logs)
    wal = (workspace.root / "keywatch.db-wal").read_bytes()
    kept = set()
    for cut in range(CUTS + 1):
        again = tmp_path / str(cut)
        shutil.copytree(workspace.root, again, ignore=shutil.ignore_patterns("*-shm", "*-wal"))
        (again / "keywatch.db-wal").write_bytes(wal[: len(wal) * cut // CUTS])

        before, after = reopened(again, logs)

        kept.add(before)
        assert before in {n * LINES for n in range(FILES + 1)}
        assert FILES * LINES == after

    assert len(kept) > 1


def reopened(root: Path, logs: Path) -> tuple[int, int]:
    """The lines that are stored when the power is back, and after an ingest; each is there once."""
    workspace, counts = Workspace.at(root / "keywatch.toml"), []
    try:
        for step in range(2):
            if step:
                ingest_source(workspace, SourceConfig(name="edge", path=str(logs)), clock=SystemClock())
            with workspace.store.reader() as reader:
                query = "SELECT count(*), count(DISTINCT path) FROM events"
                rows, paths = reader.connection.exec_driver_sql(query).fetchone() or (0, 0)
            assert rows == paths
            counts.append(int(rows))
    finally:
        workspace.close()
    return counts[0], counts[1]
