"""A workspace of its own for each test, ways into it and out of it, and the logs that other projects publish."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import SystemClock
from tests.postgres import database, postgres, postgres_server, postgres_template
from tests.s3 import s3

__all__ = ["database", "postgres", "postgres_server", "postgres_template", "s3"]

_SHARED = Path(__file__).parents[2] / "shared" / "data"
_EXIT = pytest.StashKey[int]()

# Hypothesis fails a test whose example takes 0.2 s: speed is for benchmarks to say, not for a busy machine.
settings.register_profile(
    "unhurried",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")
_T0 = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def shared() -> Path:
    """The folder of published logs; a test that needs it is skipped where it is missing, but not in CI."""
    if not _SHARED.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the folder of published logs is missing")
    return _SHARED


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "workspace"
    make(folder)
    return folder


@pytest.fixture
def workspace(_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A fresh workspace, as `keywatch init` makes it."""
    shutil.copytree(_made, tmp_path / "workspace")
    opened = Workspace.at(tmp_path / "workspace" / "keywatch.toml")
    yield opened
    opened.close()


@pytest.fixture
def ingest(workspace: Workspace) -> Callable[..., Ingested]:
    """`ingest(*paths, name="edge", **source)` reads files into the workspace."""

    def run(*paths: Path, name: str = "edge", **source: Any) -> Ingested:  # noqa: ANN401 (fields of SourceConfig)
        return ingest_source(
            workspace, SourceConfig(name=name, path="", **source), clock=SystemClock(), paths=list(paths)
        )

    return run


@pytest.fixture
def stored(workspace: Workspace) -> Callable[[str], list[tuple[Any, ...]]]:
    """`stored("SELECT … FROM events")`: rows of events, usage or facets."""

    def run(query: str) -> list[tuple[Any, ...]]:
        with workspace.store.reader() as reader:
            return [tuple(row) for row in reader.connection.exec_driver_sql(query).fetchall()]

    return run


@pytest.fixture
def line() -> Callable[..., str]:
    """`line(n, path=…, status=…)`: the n-th line of a combined log, a second after the one before."""

    def made(
        n: int, *, path: str | None = None, status: int = 200, ip: str = "192.0.2.7", agent: str = "curl/8"
    ) -> str:
        moment = f"{_T0 + timedelta(seconds=n):%d/%b/%Y:%H:%M:%S +0000}"
        return f'{ip} - - [{moment}] "GET {path or f"/line/x{n}x"} HTTP/1.1" {status} 12 "-" "{agent}"\n'

    return made


def pytest_sessionstart() -> None:
    """In CI no test may be skipped because a program is missing: .ci/run installs them."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    missing = [name for name in ("nginx", "chromium", "initdb", "faketime") if shutil.which(name, path=path) is None]
    if missing and os.environ.get("CI"):
        pytest.exit(f"CI lacks {', '.join(missing)}", returncode=1)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how it went for `pytest_unconfigure`."""
    session.config.stash[_EXIT] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without Python's teardown, as `keywatch` does: DuckDB 2.0 prints pages of leak warnings in it."""
    if "duckdb" in sys.modules and _EXIT in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_EXIT])
