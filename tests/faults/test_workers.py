"""Several workers share the work on a PostgreSQL: one is killed, one is frozen past its lease and thawed (5, 44)."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from keywatch.workspace import Workspace
from model.clock import SystemClock
from tests.alerts.conftest import receiver, receivers
from tests.faults.conftest import ROOT
from tests.keywatch.commandline import GUESSER, GUESSES
from tests.keywatch.commandline import line as log_line
from tests.postgres import Postgres

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver

__all__ = ["receiver", "receivers"]

SOURCES, LINES, CHUNK = 5, 2_000, 100
PATIENCE = 180
"""Seconds for a machine that tests much else."""
CONFIG = """
[store]
state  = "{state}"
lease  = "2s"

[secrets]
pepper = "file:keywatch.pepper"
"""
SOURCE = """
[[sources]]
name = "s{n}"
path = "logs/s{n}.log"
"""
ALERTS = """
[[alerts.targets]]
name = "hook"
url  = "{url}"

[[alerts.routes]]
to   = ["hook"]

[alerts]
group_wait = "0s"
"""
Stored = Callable[[str], list[tuple[Any, ...]]]


class Fleet:
    """A workspace of a team, and the workers on it."""

    def __init__(self, root: Path, state: str) -> None:
        self.root = root
        self.engine = sa.create_engine(state)
        self.workers: list[subprocess.Popen[str]] = []
        (root / "logs").mkdir()
        self.configure(CONFIG.format(state=state) + "".join(SOURCE.format(n=n) for n in range(SOURCES)))

    def configure(self, text: str) -> None:
        (self.root / "keywatch.toml").write_text(text)

    def hire(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "keywatch", "-c", str(self.root / "keywatch.toml"), "run"]
        with (self.root / f"{len(self.workers)}.err").open("w") as said:  # a pipe that nobody reads would stop it
            worker = subprocess.Popen([*command, "--interval", "0.3s", *words], cwd=ROOT, stderr=said, text=True)
        self.workers.append(worker)
        return worker

    def holds(self, worker: "subprocess.Popen[str]", what: str) -> bool:
        assert worker.poll() is None
        query = sa.text(
            "SELECT count(*) FROM leases WHERE expires_at > clock_timestamp() AND name LIKE :what AND holder LIKE :who"
        )
        with self.engine.connect() as connection:
            return bool(connection.execute(query, {"what": what, "who": f"%:{worker.pid}:%"}).scalar())

    def freeze(self, what: str, *workers: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
        """Stop whichever is at some work, in the middle of it."""
        while True:
            for worker in workers:
                if self.holds(worker, what):
                    worker.send_signal(signal.SIGSTOP)
                    if self.holds(worker, what):
                        return worker
                    worker.send_signal(signal.SIGCONT)
            time.sleep(0.005)

    def dismiss(self) -> list[int]:
        """SIGTERM; exit codes of those that live."""
        living = [worker for worker in self.workers if worker.poll() is None]
        for worker in living:
            worker.send_signal(signal.SIGTERM)
        return [worker.wait(PATIENCE) for worker in living]


@pytest.fixture
def fleet(workspace: Workspace, database: str) -> Iterator[Fleet]:
    made = Fleet(workspace.root, database)
    yield made
    for worker in made.workers:
        with worker:
            worker.kill()
    made.engine.dispose()


@pytest.fixture
def shared(fleet: Fleet) -> Iterator[Workspace]:
    opened = Workspace.at(fleet.root / "keywatch.toml")
    yield opened
    opened.close()


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def asked(shared: Workspace, query: str) -> list[tuple[Any, ...]]:
    with shared.store.reader() as reader:
        return [tuple(row) for row in reader.connection.exec_driver_sql(query).fetchall()]


def test_with_one_killed_and_one_frozen_each_line_is_stored_once_and_the_work_goes_on(
    fleet: Fleet, shared: Workspace, line: Callable[..., str]
) -> None:
    def write() -> None:
        for at in range(0, LINES, CHUNK):
            if at == LINES // 2:
                stopped.wait(PATIENCE)  # so that there is something left to do for those that are left
            for n in range(SOURCES):
                with (fleet.root / "logs" / f"s{n}.log").open("a") as file:
                    file.writelines(line(i, path=f"/of/s{n}/x{i}x") for i in range(at, at + CHUNK))
            time.sleep(0.3)

    def count() -> int:
        return int(asked(shared, "SELECT count(*) FROM events")[0][0])

    stopped = threading.Event()
    writer = threading.Thread(target=write)
    writer.start()
    one, other, third = (fleet.hire("--only", "ingest") for _ in range(3))
    until(lambda: count() > 0)
    killed = fleet.freeze("ingest of %", one)
    killed.kill()
    frozen = fleet.freeze("ingest of %", other, third)
    before = count()
    stopped.set()
    writer.join()
    until(lambda: count() == SOURCES * LINES)
    assert before < count()
    frozen.send_signal(signal.SIGCONT)
    time.sleep(1.5)

    assert [0, 0] == fleet.dismiss()
    total = SOURCES * LINES
    assert [(total, total)] == asked(shared, "SELECT count(*), count(DISTINCT path) FROM events")
    assert [(total,)] == asked(shared, "SELECT sum(requests) FROM usage")
    with fleet.engine.connect() as connection:
        counted = connection.execute(sa.text("SELECT sum(lines), sum(events) FROM sources")).one()
        by = connection.execute(sa.text("SELECT count(DISTINCT source) FROM segments")).scalar()
    assert (total, total, SOURCES) == (*counted, by)


def test_when_the_one_that_judges_is_frozen_another_tells_once(
    fleet: Fleet, shared: Workspace, receiver: "Receiver"
) -> None:
    fleet.configure((fleet.root / "keywatch.toml").read_text() + ALERTS.format(url=receiver.url))
    workers = [fleet.hire("--only", "detect", "--only", "ingest", "--only", "deliver") for _ in range(2)]
    frozen = fleet.freeze("detect", *workers)
    now = SystemClock().now().replace(microsecond=0) - timedelta(minutes=5)
    lines = [log_line(now, 401, token=token, ip=GUESSER) + "\n" for token in GUESSES]
    (fleet.root / "logs" / "s0.log").write_text("".join(lines))
    until(lambda: bool(receiver.requests))
    frozen.send_signal(signal.SIGCONT)
    time.sleep(1.5)

    assert [0, 0] == fleet.dismiss()
    came = Counter(headers["Idempotency-Key"] for _, headers, _ in receiver.requests)
    assert {1} == set(came.values())
    assert [(len(GUESSES),)] == asked(shared, "SELECT count(*) FROM events")
    with fleet.engine.connect() as connection:
        sent = connection.execute(sa.text("SELECT status, count(*) FROM deliveries GROUP BY 1")).all()
    assert [("sent", len(came))] == [tuple(row) for row in sent]


def test_the_database_dies_under_the_workers_and_nothing_is_lost_or_doubled(
    fleet: Fleet, shared: Workspace, postgres_server: Postgres, line: Callable[..., str]
) -> None:
    def write(begin: int, end: int) -> None:
        for n in range(SOURCES):
            with (fleet.root / "logs" / f"s{n}.log").open("a") as file:
                file.writelines(line(i, path=f"/of/s{n}/x{i}x") for i in range(begin, end))

    workers = [fleet.hire("--log-format", "json") for _ in range(2)]
    until(lambda: all(fleet.holds(worker, "%") for worker in workers))
    for turn in range(4):
        write(turn * 500, turn * 500 + 500)
        time.sleep(1)
        if turn < 2:
            postgres_server.restart()
            fleet.engine.dispose()
            shared.close()
    until(lambda: [(SOURCES * 2_000,)] == asked(shared, "SELECT count(*) FROM events"))

    assert [0, 0] == fleet.dismiss()
    told = [json.loads(one) for file in fleet.root.glob("*.err") for one in file.read_text().splitlines()]
    assert {"turn"} <= {one["event"] for one in told} <= {"turn", "error"}
    assert [(SOURCES * 2_000,)] == asked(shared, "SELECT count(DISTINCT path) FROM events")
