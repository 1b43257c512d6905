"""Bytes read and not read yet, and rotations: each is counted once, however often one looks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import Fenced, StoreAway, StoreError
from store.commits import Commits
from store.state.sources import Volume, volumes

Look = Callable[[], Volume]
Line = Callable[..., str]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


@pytest.fixture
def look(workspace: Workspace, logs: Path) -> Look:
    """Ingest twice, and tell what is counted."""

    def _look() -> Volume:
        source = SourceConfig(name="edge", path=str(logs / "a.log*"))
        for _ in range(2):
            ingest_source(workspace, source, clock=SystemClock())
        with workspace.store.reading() as tx:
            return volumes(tx)["edge"]

    return _look


def test_bytes_are_those_of_complete_lines_and_the_rest_waits(logs: Path, look: Look, line: Line) -> None:
    whole = "".join(line(n) for n in range(20))
    (logs / "a.log").write_text(whole + line(20)[:30])

    assert Volume(bytes=len(whole), lag_bytes=30, renames=0, rewrites=0) == look()
    with (logs / "a.log").open("a") as log:
        log.write(line(20)[30:])
    assert Volume(bytes=len(whole) + len(line(20)), lag_bytes=0, renames=0, rewrites=0) == look()


def test_a_chain_of_renames_is_one_rotation(logs: Path, look: Look, line: Line) -> None:
    for turn in range(3):
        for older in range(turn - 1, 0, -1):
            (logs / f"a.log.{older}").rename(logs / f"a.log.{older + 1}")
        if turn:
            (logs / "a.log").rename(logs / "a.log.1")
        (logs / "a.log").write_text(line(turn))

        assert (turn, 0) == ((found := look()).renames, found.rewrites)


def test_a_rename_before_anything_new_is_written_is_one_rotation(logs: Path, look: Look, line: Line) -> None:
    (logs / "a.log").write_text(line(0))
    look()
    (logs / "a.log").rename(logs / "a.log.1")
    (logs / "a.log").touch()

    assert 1 == look().renames
    (logs / "a.log").write_text(line(1))
    assert 1 == look().renames


@pytest.mark.parametrize("copy", [True, False])
def test_a_file_that_is_rewritten_in_its_place_is_one_rotation(
    logs: Path, look: Look, line: Line, *, copy: bool
) -> None:
    (logs / "a.log").write_text(line(0) + line(1))
    look()
    if copy:
        (logs / "a.log.1").write_text((logs / "a.log").read_text())
    (logs / "a.log").write_text(line(2))

    assert (0, 1) == ((found := look()).renames, found.rewrites)


def test_a_second_name_for_a_log_is_no_rotation(logs: Path, look: Look, line: Line) -> None:
    (logs / "a.log").write_text(line(0))
    look()
    (logs / "a.log.current").hardlink_to(logs / "a.log")

    assert (0, 0) == ((found := look()).renames, found.rewrites)


def test_commits_are_timed_and_failures_are_told_apart() -> None:
    commits = Commits()
    with commits.timed():
        pass
    for error in (Fenced("gone"), StoreAway("full"), StoreError("no"), StoreAway("away")):
        commits.failed(error)

    below, total, failures = commits.told()
    assert ([0.001, 1], True) == ([below[0][0], below[-1][1]], total < 0.001)
    assert {"away": 2, "fenced": 1, "refused": 1} == failures
