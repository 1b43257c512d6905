"""The cap of routes outlives the process: what the store has counts, and a restart opens no new allowance."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting.admitting import cap_of
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock

LIMIT = 10
Stored = Callable[[str], list[tuple[Any, ...]]]
Line = Callable[..., str]


@pytest.fixture
def restart(workspace: Workspace) -> Callable[[], Workspace]:
    """The workspace as a new process opens it."""
    config = workspace.root / "keywatch.toml"
    config.write_text(f"[routes]\nlimit = {LIMIT}\n")
    return lambda: Workspace.at(config)


def ingest(made: Workspace, log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(lines)
    ingest_source(made, SourceConfig(name="edge", path=str(log)), clock=SystemClock())
    made.close()


def paths(line: Line, *names: str, first: int = 0) -> list[str]:
    return [line(first + n, path=f"/{name}") for n, name in enumerate(names)]


def routes(stored: Stored) -> dict[str, int]:
    return dict(stored("SELECT route, count(*) FROM events GROUP BY route"))  # type: ignore[arg-type]  # pairs


def test_a_restart_opens_no_new_allowance_and_known_routes_keep_their_names(
    restart: Callable[[], Workspace], tmp_path: Path, stored: Stored, line: Line
) -> None:
    known, fresh = [f"old-{chr(97 + n)}" for n in range(LIMIT)], [f"new-{chr(97 + n)}" for n in range(LIMIT)]
    ingest(restart(), tmp_path / "a.log", *paths(line, *known))
    ingest(restart(), tmp_path / "a.log", *paths(line, *fresh, *known, first=100))

    assert {**{f"/{name}": 2 for name in known}, "/…": LIMIT} == routes(stored)


def test_what_is_left_of_the_allowance_is_left_after_a_restart(
    restart: Callable[[], Workspace], tmp_path: Path, stored: Stored, line: Line
) -> None:
    for n in range(4):
        ingest(restart(), tmp_path / "a.log", *paths(line, *(f"r-{'abcd'[n]}{c}" for c in "xyz"), first=10 * n))

    assert LIMIT + 1 == len(routes(stored))
    assert 2 == routes(stored)["/…"]


def test_another_source_has_an_allowance_of_its_own(
    restart: Callable[[], Workspace], tmp_path: Path, line: Line, workspace: Workspace
) -> None:
    ingest(restart(), tmp_path / "a.log", *paths(line, *(f"old-{chr(97 + n)}" for n in range(LIMIT))))

    assert ["/x"] == cap_of(workspace, "other").admit([(None, "/x", True)])


def test_a_process_asks_the_store_once(workspace: Workspace) -> None:
    assert cap_of(workspace, "edge") is cap_of(workspace, "edge")
