"""A process whose wall clock is set (fault 32): libfaketime changes what it sees of time, and nobody else's clock."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.config import AT_ONCE, Route, Telling
from alerts.outbox import tell_findings
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.incident import DeliveryStatus
from store.state import deliveries
from store.state.findings import save_findings
from tests.alerts.conftest import Receiver, make_finding, receiver, receivers
from tests.faults.conftest import ROOT

__all__ = ["receiver", "receivers"]

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
PATIENCE = 100
"""Seconds for a busy machine; usual are five, and a stall would take an hour."""

pytestmark = pytest.mark.skipif(LIBRARY is None and not os.environ.get("CI"), reason="libfaketime is not installed")

CONFIG = """
[[alerts.targets]]
name = "hook"
url = "{hook}"

[alerts]
heartbeat = "{beat}"
"""


class Clockwork:
    """The clock of one process."""

    def __init__(self, setting: Path) -> None:
        self._setting = setting
        self.step_to(0)

    def step_to(self, hours: int) -> None:
        """So many hours from the true time."""
        new = self._setting.with_suffix(".new")
        new.write_text(f"{hours * 3600:+d}\n")
        new.replace(self._setting)  # in one step: the library may be reading


@pytest.fixture
def beat(receivers: Callable[[], Receiver]) -> Receiver:
    """Who hears that a round was good."""
    return receivers()


@pytest.fixture
def workspace(tmp_path: Path, receiver: Receiver, beat: Receiver) -> Iterator[Workspace]:
    make(tmp_path / "workspace")
    config = tmp_path / "workspace" / "keywatch.toml"
    config.write_text(CONFIG.format(hook=receiver.url, beat=beat.url))
    opened = Workspace.at(config)
    yield opened
    opened.close()


@pytest.fixture
def clockwork(tmp_path: Path) -> Clockwork:
    return Clockwork(tmp_path / "clock")


@pytest.fixture
def running(workspace: Workspace, clockwork: Clockwork, tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    del clockwork
    faked = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
        "FAKETIME_CACHE_DURATION": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    words = [sys.executable, "-m", "keywatch", "-c", f"{workspace.root}/keywatch.toml", "run", "--interval", "1s"]
    process = subprocess.Popen(
        words, cwd=ROOT, env={**os.environ, **faked}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate(timeout=PATIENCE)


def queue(workspace: Workspace, ip: str) -> None:
    """An incident that is told."""
    now = datetime.now(UTC)
    found = [make_finding("auth-burst-address", f"ip:{ip}", at=now)]
    with workspace.store.transaction() as tx:
        save_findings(tx, found)
        tell_findings(tx, found, Telling(routes=(Route(to=("hook",)),), timing=replace(AT_ONCE)), now=now)


def came(receiver: Receiver) -> list[str]:
    return [str(json.loads(body)["incident"]["ip"]) for _, _, body in receiver.requests]


def sent(workspace: Workspace) -> int:
    with workspace.store.reading() as tx:
        return len(deliveries.list_deliveries(tx, status=DeliveryStatus.SENT))


def attempts(workspace: Workspace) -> int:
    with workspace.store.reading() as tx:
        return sum(one.attempts for one in deliveries.list_deliveries(tx))


def wait(until: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.3)


def test_a_run_whose_clock_steps_an_hour_back_and_forth_tells_each_alert_once_and_stalls_nowhere(
    workspace: Workspace,
    clockwork: Clockwork,
    receiver: Receiver,
    beat: Receiver,
    running: "subprocess.Popen[str]",
) -> None:
    receiver.answers = [(500, {})]
    queue(workspace, "203.0.113.9")
    wait(lambda: bool(came(receiver)) and bool(beat.requests), running)
    for hours, number, ip in ((-1, 1, None), (1, 2, "198.51.100.7")):
        clockwork.step_to(hours)  # at -1 h: what was to be tried in seconds would be tried in an hour and some seconds
        receiver.answers, beats = [(200, {})], len(beat.requests)
        if ip is not None:
            queue(workspace, ip)
        wait(lambda number=number, beats=beats: sent(workspace) == number and len(beat.requests) > beats, running)
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=PATIENCE)

    assert 0 == running.returncode, err
    taken = Counter(came(receiver))
    assert (1, attempts(workspace)) == (taken["198.51.100.7"], taken.total())
