"""Faults 1 to 3: kill -9 at each call that makes something durable, from the segment's files to the marked delivery.

Between a commit and the sending, and between the sending and its mark: what was committed is told after a restart, and
what is told twice has the same id. `KEYWATCH_FAULTS=1` kills at every call in turn.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keywatch.running.cycle import deliver_due
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.findings import list_findings

ROOT = Path(__file__).parents[2]
CALLS = "fsync,fdatasync,rename"
EVERY = bool(os.environ.get("KEYWATCH_FAULTS"))
KILLED = frozenset({-signal.SIGKILL, 128 + signal.SIGKILL})
GOOD, GUESSES = 300, 40
Stored = Callable[[str], list[tuple[Any, ...]]]
CONFIG = """
[[sources]]
name = "edge"
path = "access.log"

[[alerts.targets]]
name = "file"
url  = "jsonl:alerts.jsonl"

[[alerts.routes]]
when = {{ severity = "medium" }}
to   = ["file"]
"""


@pytest.fixture
def house(workspace: Workspace) -> Workspace:
    """A workspace with an attack in its log, and a target."""
    if shutil.which("strace") is None:
        pytest.skip("strace is missing")
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    rows = [record(began + timedelta(seconds=6 * n), n, 200, "kw_live_a", "198.51.100.7") for n in range(GOOD)]
    rows += [
        record(began + timedelta(minutes=30, seconds=n), GOOD + n, 401, f"kw_guess_{n:04d}", "203.0.113.66")
        for n in range(GUESSES)
    ]
    (workspace.root / "access.log").write_text("".join(f"{row}\n" for row in rows))
    (workspace.root / "keywatch.toml").write_text(CONFIG.format())
    workspace.close()
    return workspace


def record(at: datetime, number: int, status: int, key: str, ip: str) -> str:
    return json.dumps(
        {
            "time_iso8601": at.isoformat(),
            "remote_addr": ip,
            "request": f"GET /line/x{number}x HTTP/1.1",
            "status": status,
            "http_x_api_token": key,
        }
    )


def once(house: Workspace, *inject: str) -> "subprocess.CompletedProcess[str]":
    """`keywatch run --once`, traced."""
    words = (sys.executable, "-m", "keywatch", "-c", str(house.root / "keywatch.toml"), "run", "--once")
    return subprocess.run([*inject, *words], cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)


def traced(log: Path, *inject: str) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={CALLS}", *inject)


def every_call(log: Path) -> list[tuple[str, int]]:
    """Each call and which of its name it is: strace counts names apart, and threads; the main one makes the most."""
    made = re.findall(r"(?m)^(\d+) +(fsync|fdatasync|rename)\(", log.read_text())
    most = Counter(thread for thread, _ in made).most_common(1)[0][0]
    numbers = Counter[str]()
    found = []
    for name in (name for thread, name in made if thread == most):
        numbers[name] += 1
        found.append((name, numbers[name]))
    return found


def told(house: Workspace) -> list[str]:
    """What each alert that was sent says it is."""
    path = house.root / "alerts.jsonl"
    return [json.loads(line)["idempotency_key"] for line in path.read_text().splitlines()] if path.exists() else []


def test_whatever_call_it_dies_at_all_is_stored_once_and_told(house: Workspace, stored: Stored, tmp_path: Path) -> None:
    kept = shutil.copytree(house.root, tmp_path / "kept")
    assert once(house, *traced(tmp_path / "calls")).returncode == 0
    points = every_call(tmp_path / "calls")
    expected, findings = told(house), found(house)
    assert len(points) > 8
    assert expected
    died = []
    for call in points if EVERY else (points[n * len(points) // 4] for n in (1, 2, 3)):
        shutil.rmtree(house.root)
        shutil.copytree(kept, house.root)
        name, number = call
        done = once(house, *traced(tmp_path / "calls", "-e", f"inject={name}:signal=KILL:when={number}"))
        died.append(done.returncode)

        again = once(house)

        assert 0 == again.returncode, (call, again.stderr)
        assert len(set(after_an_hour(house))) == len(expected), (call, told(house))
        assert len(findings) == len(found(house)), call
        assert [(GOOD + GUESSES,) * 2] == stored("SELECT count(*), count(DISTINCT path) FROM events"), call

    # How many calls there are depends on a moment: the last ones may not come.
    assert sum(code in KILLED for code in died) > len(died) // 2


def test_an_alert_that_was_sent_and_not_marked_is_sent_once_more_with_the_same_key(
    house: Workspace, tmp_path: Path
) -> None:
    at_the_target = ("-P", str(house.root / "alerts.jsonl"), "-e", "inject=fsync:signal=KILL:when=1")

    done = once(house, *traced(tmp_path / "calls", *at_the_target))

    assert done.returncode in KILLED
    first = told(house)
    assert 1 == len(first)
    assert 0 == once(house).returncode
    assert first[0] in after_an_hour(house)[1:]
    assert 2 == max(Counter(told(house)).values())


def after_an_hour(house: Workspace) -> list[str]:
    """What was told once the leases of whoever died while sending have ended."""
    house.__dict__.pop("store", None)  # it was opened on another file
    with_target = Workspace.at(house.root / "keywatch.toml")
    deliver_due(with_target, FixedClock(datetime.now(UTC) + timedelta(hours=1)))
    with_target.close()
    return told(house)


def found(house: Workspace) -> list[str]:
    house.__dict__.pop("store", None)
    with house.store.reading() as tx:
        return [str(one.id) for one in list_findings(tx)]
