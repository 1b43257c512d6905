"""kill -9 of the deliverer while incidents are sent: no target misses one, and what came twice is known to."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.config import AT_ONCE, Route, Telling
from alerts.outbox import tell_findings
from store.handle import Store
from store.state import deliveries
from store.state.findings import save_findings
from tests.alerts.conftest import T0, make_finding, receiver, receivers, store
from tests.faults.conftest import ROOT

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver

__all__ = ["receiver", "receivers", "store"]

INCIDENTS = int(os.environ.get("KEYWATCH_TEST_INCIDENTS", "60"))
KILLS = int(os.environ.get("KEYWATCH_TEST_KILLS", "25"))
"""By hand: 500 and 300."""
SIX = timedelta(minutes=6)
"""Longer than a lease."""


def test_a_deliverer_that_is_killed_again_and_again_reaches_every_target(
    store: Store, receivers: Callable[[], "Receiver"], tmp_path: Path
) -> None:
    hooks = {name: receivers() for name in ("one", "two")}
    found = [make_finding("volume-spike", f"key:k{n}", at=T0) for n in range(INCIDENTS)]
    telling = Telling(routes=(Route(to=(*hooks, "log")),), timing=replace(AT_ONCE, storm=100_000))
    with store.transaction() as tx:
        save_findings(tx, found)
        tell_findings(tx, found, telling, now=T0)
    targets = [f"{name}={hook.url}" for name, hook in hooks.items()] + [f"log=jsonl:{tmp_path}/log.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.deliverer", f"{tmp_path}/state.db", *targets],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as factory:
        killed = sum(_turn(factory, turn, kill=True) for turn in range(KILLS))
        turn = KILLS
        while _undone(store):
            _turn(factory, turn := turn + 1, kill=False)
            assert turn < KILLS + 20
        factory.stdin.close()

    with store.reading() as tx:
        rows = deliveries.list_deliveries(tx)
    tries = {(row.target, row.idempotency_key): row.attempts for row in rows}
    came = Counter(
        (name, headers["Idempotency-Key"]) for name, hook in hooks.items() for _, headers, _ in hook.requests
    )
    log = (tmp_path / "log.jsonl").read_text().splitlines()
    came += Counter(("log", json.loads(line)["idempotency_key"]) for line in log)
    # On a quick machine all is sent after some of them.
    assert killed >= KILLS // 5
    assert {"sent"} == {str(row.status) for row in rows}
    assert set(tries) == set(came)
    assert all(1 <= number <= tries[which] for which, number in came.items())
    twice = sum(number - 1 for number in came.values())
    assert twice <= sum(number - 1 for number in tries.values())


def _turn(factory: "subprocess.Popen[str]", turn: int, *, kill: bool) -> bool:
    """One child's life; whether it had to be killed."""
    factory.stdin.write(f"{(T0 + turn * SIX).isoformat()}\n")
    factory.stdin.flush()
    child = int(factory.stdout.readline())
    if kill:
        time.sleep(random.uniform(0.02, 0.25))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return int(factory.stdout.readline()) == -signal.SIGKILL


def _undone(store: Store) -> bool:
    with store.reading() as tx:
        return deliveries.oldest_pending(tx) is not None
