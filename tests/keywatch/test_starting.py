"""A question of one key is answered without what takes longer to start than the answer takes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keywatch.workspace import Workspace

HEAVY = (
    "alembic",
    "apprise",
    "cryptography",
    "fsspec",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "streamlit",
    "zstandard",
)


def test_usage_of_a_key_loads_nothing_that_it_does_not_need(
    workspace: Workspace, line: Callable[..., str], ingest: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "access.log").write_text("".join(line(n, path=f"/v1/x?api_key=ac_live_{'z9' * 12}") for n in range(50)))
    ingest(tmp_path / "access.log")
    ref = str(workspace.pepper.key_ref(f"ac_live_{'z9' * 12}"))
    config = str(workspace.root / "keywatch.toml")
    asked = (
        "import sys; from keywatch.__main__ import app\n"
        f"sys.argv = ['keywatch', '-c', {config!r}, 'usage', '--key', {ref!r}, '--json']\n"
        "try: app()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    *answer, loaded = done.stdout.splitlines()

    assert '"requests": 50,' in "".join(answer), done.stderr
    assert "[]" == loaded
