"""What a workspace asks of Python's memory."""

import gc
from pathlib import Path

from keywatch.new_workspace import make
from keywatch.workspace import Workspace


def test_who_opens_a_workspace_seldom_looks_for_circles(tmp_path: Path) -> None:
    make(tmp_path / "workspace")
    gc.set_threshold(700, 10, 10)
    Workspace.at(tmp_path / "workspace" / "keywatch.toml")

    assert gc.get_threshold()[0] >= 100_000
    assert gc.isenabled()
