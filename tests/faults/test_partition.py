"""Cut off from the network (fault 39): a process in a network namespace of its own, where nothing but loopback is, and
that is down at first."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.config import AT_ONCE, Route, Telling
from alerts.outbox import tell_findings
from store.handle import Store
from store.state.findings import save_findings
from tests.alerts.conftest import T0, make_finding, store
from tests.faults.conftest import ROOT

__all__ = ["store"]

ISLAND = ("unshare", "-r", "-n")
SCRIPT = """
import json, subprocess, sys
from datetime import timedelta
from pathlib import Path
from alerts.config import Target
from alerts.delivery import deliver
from model.clock import FixedClock
from store.handle import Store
from store.state import deliveries
from tests.alerts.conftest import T0, Receiver

store = Store.open(sys.argv[1], Path(sys.argv[2]))
clock, seen = FixedClock(T0), []

def post(url):
    deliver(store, [Target(name="hook", url=url)], clock, "w1", uniform=lambda _low, high: high)
    with store.reading() as tx:
        rows = deliveries.list_deliveries(tx)
    seen.append(sorted({(str(row.status), row.error_class) for row in rows}, key=str))

post("http://198.51.100.7/hook")  # no route leads anywhere
clock.at += timedelta(minutes=16)
post("http://hooks.example.com/hook")  # and nobody answers for names
clock.at += timedelta(minutes=16)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
receiver = Receiver()
for _ in range(3):
    post(receiver.url)
    clock.at += timedelta(minutes=16)
receiver.close()
store.close()
print(json.dumps([seen, len(receiver.requests)]))
"""


def test_cut_off_from_the_network_the_queue_grows_and_is_sent_when_it_is_back(store: Store, tmp_path: Path) -> None:
    if subprocess.run([*ISLAND, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespace may be made here")
    found = [make_finding("volume-spike", f"key:k{n}", at=T0) for n in range(4)]
    telling = Telling(routes=(Route(to=("hook",)),), timing=replace(AT_ONCE, storm=100))
    with store.transaction() as tx:
        save_findings(tx, found)
        tell_findings(tx, found, telling, now=T0)
    words = [*ISLAND, sys.executable, "-c", SCRIPT, f"sqlite:///{tmp_path}/state.db", str(tmp_path / "events")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    (first, second, *_, last), came = json.loads(done.stdout)

    assert ["pending", "network"] in first
    assert {"pending"} == {status for status, _ in (*first, *second)}
    assert ([["sent", None]], 4) == (last, came)
