"""Faults 12 and 50: few open files, and a permission that is lost and restored."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywatch.workspace import Workspace

ROOT = Path(__file__).parents[2]
Stored = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def ordinary() -> tuple[str, ...]:
    """What makes root obey permissions, in front of a command."""
    if os.geteuid():
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is missing")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


def run(*words: object, **options: Any) -> "subprocess.CompletedProcess[str]":  # noqa: ANN401 (subprocess's own)
    return subprocess.run([*map(str, words)], cwd=ROOT, check=False, capture_output=True, text=True, **options)


def test_a_file_without_permission_is_named_and_read_on_when_it_is_restored(
    workspace: Workspace, ordinary: tuple[str, ...], tmp_path: Path, line: Callable[..., str], stored: Stored
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    words = (*ordinary, sys.executable, "-m", "keywatch", "-c", workspace.root / "keywatch.toml", "ingest", logs)
    for n, name in enumerate("ab"):
        (logs / f"{name}.log").write_text(line(n))
    assert run(*words).returncode == 0
    for n, name in enumerate("ab", 2):
        with (logs / f"{name}.log").open("a") as file:
            file.write(line(n))
    (logs / "a.log").chmod(0)

    done = run(*words)

    assert (5, [(3,)]) == (done.returncode, stored("SELECT count(*) FROM events"))
    assert "a.log cannot be read: Permission denied" in done.stderr
    (logs / "a.log").chmod(0o600)

    assert run(*words).returncode == 0
    assert [(4, 4)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


def test_many_files_are_read_where_few_may_be_open(
    workspace: Workspace, tmp_path: Path, line: Callable[..., str], stored: Stored
) -> None:
    for n in range(40):
        (tmp_path / f"{n}.log").write_text(line(n))
    words = (sys.executable, "-m", "keywatch", "-c", workspace.root / "keywatch.toml", "ingest", tmp_path / "*.log")

    done = run(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)))

    assert 0 == done.returncode, done.stderr
    assert [(40,)] == stored("SELECT count(*) FROM events")
