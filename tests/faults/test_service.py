"""`keywatch run` as a service: SIGTERM in the middle (fault 4), lines of JSON without secrets, apart on one machine."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywatch.workspace import Workspace
from tests.faults.conftest import SOON

Start = Callable[..., "subprocess.Popen[str]"]
Stored = Callable[[str], list[tuple[Any, ...]]]
LINES = 200_000
CONFIG = """
[store]
state  = "sqlite:///keywatch.db"
[secrets]
pepper = "file:keywatch.pepper"
[[sources]]
name = "edge"
path = "logs/*.log"
"""


@pytest.fixture
def logs(workspace: Workspace) -> Path:
    (workspace.root / "keywatch.toml").write_text(CONFIG)
    folder = workspace.root / "logs"
    folder.mkdir()
    return folder


def test_sigterm_in_the_middle_of_a_large_log_ends_a_run_soon_and_the_next_goes_on(
    logs: Path, workspace: Workspace, start: Start, stored: Stored, line: Callable[..., str]
) -> None:
    rows = "".join(line(n) for n in range(LINES // 16))
    for n in range(16):  # long enough that the signal comes in the middle on a busy machine too
        (logs / f"{n}.log").write_text(rows.replace("/line/x", f"/line/{n}x"))
    process = start("-c", workspace.root / "keywatch.toml", "run", "--interval", "60s", "--only", "ingest")
    while process.poll() is None and not list((workspace.root / "events").rglob("*.parquet")):
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=SOON)

    assert 0 == process.returncode, err
    before = stored("SELECT count(*), count(DISTINCT path) FROM events")[0]
    assert before[0] == before[1] < LINES
    again = start("-c", workspace.root / "keywatch.toml", "run", "--once", "--only", "ingest")
    assert (0, LINES) == (again.wait(120), stored("SELECT count(DISTINCT path) FROM events")[0][0])
    again.communicate()
    assert [(LINES,)] == stored("SELECT count(*) FROM events")


def test_lines_of_json_say_what_a_turn_did_and_show_no_secret(
    logs: Path, workspace: Workspace, start: Start, line: Callable[..., str]
) -> None:
    secret = "ak_live_Zr8Qm2Lk5Tn9Vb3Xw7Yc4Hd6"
    (logs / "a.log").write_text("".join(line(n) for n in range(100)))
    (workspace.root / "keywatch.toml").write_text(CONFIG + f'[[sources]]\nname = "gone"\npath = "none/{secret}.log"\n')
    process = start("-c", workspace.root / "keywatch.toml", "run", "--once", "--log-format", "json")
    _, err = process.communicate(timeout=120)

    told = [json.loads(one) for one in err.splitlines()]
    assert 5 == process.returncode
    assert secret not in err
    assert ["error", "turn"] == [one["event"] for one in told]
    assert {"level": "info", "lines": 100, "rejects": 0}.items() <= told[1].items()
    assert all(one["at"].endswith("Z") and one["message"] for one in told)


def test_two_that_do_different_things_on_one_machine_take_turns(
    logs: Path, workspace: Workspace, start: Start, stored: Stored, line: Callable[..., str]
) -> None:
    words = ("-c", workspace.root / "keywatch.toml", "run", "--interval", "0.2s", "--log-format", "json", "--only")
    runs = [start(*words, role) for role in ("ingest", "detect")]
    end = time.monotonic() + 180
    for n in range(20):
        (logs / f"{n}.log").write_text(line(n))
        time.sleep(0.1)
    while stored("SELECT count(*) FROM events") != [(20,)] and time.monotonic() < end:
        time.sleep(0.1)
    began = [next(one for one in runs[1].stderr if '"turn"' in one) for _ in range(2)]
    for run in runs:
        run.send_signal(signal.SIGTERM)
    said = [run.communicate(timeout=120)[1] for run in runs]
    said[1] = "".join(began) + said[1]

    assert [0, 0] == [run.returncode for run in runs]
    assert [(20,)] == stored("SELECT count(DISTINCT path) FROM events")
    turns = [[json.loads(one) for one in each.splitlines() if '"turn"' in one] for each in said]
    assert 20 == sum(one["lines"] for one in turns[0])
    assert all("findings_changed" in one and "lines" not in one for one in turns[1])
    assert len(turns[1]) > 1
