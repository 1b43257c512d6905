"""A segment of a file is longer than a block; what is parsed and loaded for it stays little."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting import reading
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock

Stored = Callable[[str], list[tuple[Any, ...]]]
Line = Callable[..., str]


def test_blocks_share_a_segment_and_each_line_and_reject_keeps_its_place_in_the_file(
    workspace: Workspace, stored: Stored, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sources.files.BLOCK_BYTES", 2000)
    monkeypatch.setattr(reading, "SEGMENT_LINES", 60)
    texts = [line(n, path=f"/line/x{n}x") for n in range(200)]
    texts[37] = texts[150] = "broken\n"
    (tmp_path / "access.log").write_text("".join(texts))

    source = SourceConfig(name="edge", path=str(tmp_path / "access.log"))
    done = ingest_source(workspace, source, clock=SystemClock())

    with workspace.store.reading() as tx:
        from sqlalchemy import text

        segments = tx.execute(text("SELECT id, from_line, from_offset, to_offset FROM segments ORDER BY 2")).all()
        rejects = tx.execute(text("SELECT line FROM rejects ORDER BY line")).all()
    begins = {row[0]: row[1] for row in segments}
    events = stored("SELECT batch, line, path FROM events")
    assert (198, 2) == (done.events, done.rejects)
    assert [(38,), (151,)] == [tuple(row) for row in rejects]
    assert {int(path.split("x")[1]): begins[batch] + n for batch, n, path in events} == {
        n: n + 1 for n in range(200) if n not in {37, 150}
    }
    assert 4 > len(segments) > 1
    assert [row[3] for row in segments[:-1]] == [row[2] for row in segments[1:]]


def test_a_block_that_fails_takes_no_line_before_it_along_and_none_after_it(
    workspace: Workspace, stored: Stored, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sources.files.BLOCK_BYTES", 2000)
    monkeypatch.setattr(reading, "SEGMENT_LINES", 1)
    log = tmp_path / "access.log"
    log.write_text("".join(line(n, path=f"/line/x{n}x") for n in range(200)))
    source = SourceConfig(name="edge", path=str(log))
    plan_of = reading.plan_of

    def failing(*args: Any, **options: Any) -> Any:  # noqa: ANN401 (passed on)
        if b"x90x" in args[1].whole():
            raise MemoryError
        return plan_of(*args, **options)

    with monkeypatch.context() as broken:
        broken.setattr(reading, "plan_of", failing)
        with pytest.raises(MemoryError):
            ingest_source(workspace, source, clock=SystemClock())
    before = sorted(int(path.split("x")[1]) for (path,) in stored("SELECT path FROM events"))
    ingest_source(workspace, source, clock=SystemClock())

    assert before == list(range(len(before)))
    assert 0 < len(before) <= 90
    assert list(range(200)) == sorted(int(path.split("x")[1]) for (path,) in stored("SELECT path FROM events"))


def test_an_ingest_of_a_file_loads_neither_pandas_nor_a_client_of_the_network(
    workspace: Workspace, line: Line, tmp_path: Path
) -> None:
    (tmp_path / "access.log").write_text("".join(line(n) for n in range(50)) + "broken\n")
    asked = (
        "import sys; from keywatch.__main__ import app\n"
        f"sys.argv = ['keywatch', '-c', {str(workspace.root / 'keywatch.toml')!r}, 'ingest',"
        f" {str(tmp_path / 'access.log')!r}]\n"
        "try: app()\nexcept SystemExit: pass\n"
        "print([name for name in ('pandas', 'duckdb_engine', 'http.client') if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)

    assert "[]\n" == found.stdout, found.stderr
