"""Workspaces: an empty one, and one that an attack was found in; each made once and copied for every test."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package, and the command line is a module beside them
sys.path.insert(0, str(Path(__file__).parents[1] / "ingest" / "sources"))  # servers to pull from

from commandline import ATTACKED, ENDED, GOOD, JUDGED, NOON, SOURCE, Cli, attack, copied, spikes

from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import ingest_source
from keywatch.detecting.judging import judge
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.inventory import save_keys


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "empty"
    make(folder)
    return folder


@pytest.fixture(scope="session")
def _attacked(_empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(_empty, tmp_path_factory.mktemp("template") / "attacked")
    (folder / "keywatch.toml").write_text(ATTACKED)
    (folder / "access.log").write_text("".join(f"{one}\n" for one in attack()))
    (folder / "keys.csv").write_text(
        "key_id,name,environment,owner,status,created_at,expires_at,secret\n"
        f"k1,billing,production,Payments,active,2026-09-01,2027-09-01,{GOOD}\n"
    )
    workspace = Workspace.at(folder / "keywatch.toml")
    try:
        with workspace.store.transaction() as tx:
            save_keys(tx, read_keys(folder / "keys.csv", pulled_at=NOON, pepper=workspace.pepper), NOON)
        ingest_source(workspace, workspace.config.sources[0], clock=FixedClock(NOON.replace(hour=13)))
        judge(workspace, now=NOON.replace(hour=13))
    finally:
        workspace.close()
    return folder


@pytest.fixture(scope="session")
def _spiked(_empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(_empty, tmp_path_factory.mktemp("template") / "spiked")
    (folder / "keywatch.toml").write_text(SOURCE)
    (folder / "access.log").write_text("".join(f"{one}\n" for one in spikes()))
    (folder / "keys.csv").write_text(
        "key_id,name,environment,owner,status,created_at,secret\n"
        "k1,billing,production,Payments,active,2026-06-01,kw_live_a1b2c3d4e5f6\n"
        "k2,report,production,Payments,active,2026-06-01,kw_live_f6e5d4c3b2a1\n"
        "k3,nightly,production,Payments,active,2026-06-01,kw_live_0f1e2d3c4b5a\n"
    )
    workspace = Workspace.at(folder / "keywatch.toml")
    try:
        with workspace.store.transaction() as tx:
            save_keys(tx, read_keys(folder / "keys.csv", pulled_at=ENDED, pepper=workspace.pepper), ENDED)
        ingest_source(workspace, workspace.config.sources[0], clock=FixedClock(ENDED))
        judge(workspace, now=ENDED, since=JUDGED)
    finally:
        workspace.close()
    return folder


@pytest.fixture
def spiked(_spiked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line in a workspace with a month of history, where spikes and a silence were found."""
    return Cli(copied(_spiked, tmp_path / "spiked"), capsys, monkeypatch)


@pytest.fixture
def cli(_empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line in an empty workspace."""
    return Cli(copied(_empty, tmp_path / "workspace"), capsys, monkeypatch)


@pytest.fixture
def found(_attacked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line in a workspace where an attack was ingested and found; nobody was told yet."""
    return Cli(copied(_attacked, tmp_path / "attacked"), capsys, monkeypatch)
