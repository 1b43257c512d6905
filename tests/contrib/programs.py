"""Programs that look at what is in contrib/: a test without one is skipped, but not in CI."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIB = ROOT / "contrib"
_PATH = os.pathsep.join([os.environ["PATH"], str(ROOT / ".venv-tools" / "bin")])


def run(name: str, *arguments: str | Path, said: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program; `.ci/run` installs it."""
    program = shutil.which(name, path=_PATH)
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
    words = [program, *map(str, arguments)]
    return subprocess.run(words, input=said, capture_output=True, text=True, check=False, timeout=120)
