"""kill -9 on the way of a batch into ClickHouse: nothing is lost or doubled, and what was begun is seen by nobody."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keywatch.workspace import Workspace

LINES = 6_000
NOTHING = {"events": 0, "paths": 0, "usage": None, "addresses": None}
ALL = dict.fromkeys(("events", "paths", "usage", "addresses"), LINES)
CLEAN = {"strangers": 0, "intents": []}
ROOT = Path(__file__).parents[2]


def test_a_writer_that_is_killed_anywhere_loses_and_doubles_nothing(
    workspace: Workspace, tmp_path: Path, line: Callable[..., str]
) -> None:
    log, config = tmp_path / "access.log", workspace.root / "keywatch.toml"
    log.write_text("".join(line(n) for n in range(LINES)))
    config.write_text(f'[store]\nevents = "chdb://{tmp_path}/server"\n')

    def write(point: str) -> tuple[int, list[dict[str, Any]]]:
        words = [sys.executable, str(Path(__file__).with_name("clickhouse_writer.py")), config, log, point]
        done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
        return done.returncode, [json.loads(told) for told in done.stdout.splitlines()]

    before = {**NOTHING, **CLEAN}
    for point, strangers in {"intent": 0, "noted": 1, "half": 1, "inserted": 1}.items():
        assert (-signal.SIGKILL, [before]) == write(point), point
        before = {**NOTHING, "strangers": strangers, "intents": [LINES]}

    assert (0, [before, {**ALL, **CLEAN}]) == write("none")
    assert (0, [{**ALL, **CLEAN}, {**ALL, **CLEAN}]) == write("none")
