"""A `keywatch run` that has been running for a while is short of something: room on the disk (fault 7), a disk that may
be written (8), files that may be open (12), its database at the start (46). It goes on, says so, and resumes by itself.
"""

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from tests.alerts.conftest import Receiver, receiver, receivers
from tests.faults.disk import Disk, make_disk

__all__ = ["make_disk", "receiver", "receivers"]

KEYWATCH = (sys.executable, "-m", "keywatch", "-c")
CONFIG = """
[store]
state  = "{state}"
[secrets]
pepper = "file:keywatch.pepper"
[run]
listen = "127.0.0.1:{port}"
[[sources]]
name = "edge"
path = "{logs}/*.log"
[[alerts.targets]]
name = "hook"
url = "{hook}"
[[alerts.routes]]
when = {{ detector = "auth-burst-address" }}
to = ["hook"]
[alerts]
group_wait = "0s"
"""
GUESSES = 60
WAIT = 240


class Service:
    """A run on a workspace, what it says, and what it answers."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port = process, port
        self.said: list[dict[str, object]] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(json.loads(line) if line.startswith("{") else {"event": "crash", "message": line})

    def ready(self) -> tuple[int, str]:
        """What /readyz answers; 0 where nothing does."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_until(self, what: Callable[[], bool]) -> None:
        """Raise with all that was said when it does not happen."""
        end = time.monotonic() + WAIT
        while not what():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, (self.ready(), self.said[-12:])
            time.sleep(0.1)

    def turns(self, since: int = 0) -> int:
        return sum(one["event"] == "turn" for one in self.said[since:])

    def lines(self) -> float:
        """What the metrics say was read."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            said = answer.read().decode()
        return float(said.partition('\nkeywatch_source_lines_total{source="edge"} ')[2].partition("\n")[0] or 0)

    def errors(self, since: int = 0) -> list[str]:
        return [str(one["message"]) for one in self.said[since:] if one["event"] == "error"]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join(5)
        if self.process.stderr is not None:
            self.process.stderr.close()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self._listener.join(5)
        return code


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


Serve = Callable[..., Service]


@pytest.fixture
def serve(logs: Path, receiver: Receiver, tmp_path: Path) -> Iterator[Serve]:
    """`serve()` ingests on a new workspace, `serve(disk)` on one that lies on that disk; ready when it returns.

    With `only=""` it does everything.
    """
    begun: list[Service] = []

    def start(disk: Disk | None = None, state: str = "sqlite:///keywatch.db", only: str = "ingest") -> Service:
        port, root = free_port(), tmp_path / "house"
        make(root)
        (root / "keywatch.toml").write_text(CONFIG.format(state=state, port=port, logs=logs, hook=receiver.url))
        words = ["run", "--interval", "0.3s", "--log-format", "json", *(["--only", only] if only else [])]
        if disk is None:
            process = subprocess.Popen([*KEYWATCH, root / "keywatch.toml", *words], stderr=subprocess.PIPE, text=True)
        else:
            shutil.copytree(root, disk.here, dirs_exist_ok=True)
            process = disk.start(*KEYWATCH, disk.path / "keywatch.toml", *words, stdout=None)
        begun.append(Service(process, port))
        begun[-1].wait_until(lambda: begun[-1].ready()[0] == 200)
        return begun[-1]

    yield start
    for one in begun:
        one.close()


Write = Callable[[int, int], None]


@pytest.fixture
def write(logs: Path, line: Callable[..., str]) -> Write:
    """`write(first, number)`: so many lines more, all different."""

    def _write(first: int, number: int) -> None:
        with (logs / "a.log").open("a") as file:
            file.writelines(line(n) for n in range(first, first + number))

    return _write


@pytest.fixture
def guess(logs: Path) -> Callable[[], None]:
    """An address guesses keys now: what is to be told once."""

    def _guess() -> None:
        moment = f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}"
        with (logs / "a.log").open("a") as file:
            for n in range(GUESSES):
                file.write(f'203.0.113.9 - - [{moment}] "GET /guess/x{n}x HTTP/1.1" 401 12 "-" "curl/8"\n')

    return _guess


def assert_whole(root: Path, lines: int) -> None:
    """Each line is stored once, and nothing was lost."""
    house = Workspace.at(root / "keywatch.toml")
    try:
        with house.store.reader() as reader:
            query = "SELECT count(*), count(DISTINCT path) FROM events"
            assert [(lines, lines)] == [tuple(row) for row in reader.connection.exec_driver_sql(query)]
    finally:
        house.close()


def test_a_disk_that_fills_up_stops_nothing_for_good(
    make_disk: Callable[[int], Disk],
    serve: Serve,
    write: Write,
    guess: Callable[[], None],
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    disk = make_disk(48)
    write(0, 300)
    service = serve(disk, only="")
    service.wait_until(lambda: service.lines() == 300)
    disk.fill()
    write(300, 300)
    guess()
    service.wait_until(lambda: service.ready()[0] == 503)
    told = len(service.said)
    service.wait_until(lambda: service.turns(told) > 1)

    assert "store" in service.ready()[1] or "state" in service.ready()[1]
    assert service.errors(told)
    assert "No space" in str(service.errors()) or "full" in str(service.errors())
    disk.make_room()
    service.wait_until(lambda: service.ready()[0] == 200)
    service.wait_until(lambda: service.lines() == 600 + GUESSES and bool(receiver.requests))
    assert 0 == service.end()
    shutil.copytree(disk.here, tmp_path / "after")
    assert_whole(tmp_path / "after", 600 + GUESSES)
    keys = [json.loads(body)["idempotency_key"] for _, _, body in receiver.requests]
    assert (1, 1) == (len(keys), len(set(keys)))


def test_a_disk_that_becomes_read_only_under_the_events_stops_nothing_for_good(
    make_disk: Callable[[int], Disk],
    serve: Serve,
    write: Write,
    tmp_path: Path,
) -> None:
    disk = make_disk(48)
    write(0, 300)
    service = serve(disk, f"sqlite:///{tmp_path}/state.db")
    service.wait_until(lambda: service.lines() == 300)
    disk.remount("ro")
    write(300, 300)
    service.wait_until(lambda: service.ready()[0] == 503)
    told = len(service.said)
    service.wait_until(lambda: service.turns(told) > 1)

    assert "Read-only file system" in str(service.errors(told))
    disk.remount("rw")
    service.wait_until(lambda: service.ready()[0] == 200)
    service.wait_until(lambda: service.lines() == 600)
    assert 0 == service.end()
    shutil.copytree(disk.here, tmp_path / "after")
    assert_whole(tmp_path / "after", 600)


def test_a_state_that_becomes_read_only_stops_nothing_for_good(serve: Serve, write: Write, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("strace is missing")
    write(0, 300)
    service = serve()
    service.wait_until(lambda: service.lines() == 300)
    inject = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EROFS"]
    words = ["strace", "-f", "-qq", "-o", os.devnull, *inject, "-p", str(service.process.pid)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as tracing:
        write(300, 300)
        service.wait_until(lambda: service.ready()[0] == 503)
        told = len(service.said)
        service.wait_until(lambda: service.turns(told) > 1)
        tracing.terminate()
    assert "cannot be written" in str(service.errors(told))
    service.wait_until(lambda: service.ready()[0] == 200)
    service.wait_until(lambda: service.lines() == 600)

    assert 0 == service.end()
    assert_whole(tmp_path / "house", 600)


def test_a_run_that_may_open_no_more_files_goes_on_when_it_may(serve: Serve, write: Write, tmp_path: Path) -> None:
    write(0, 300)
    service = serve()
    service.wait_until(lambda: service.lines() == 300)
    pid = service.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (20, before[1]))
    write(300, 300)
    told = len(service.said)
    service.wait_until(lambda: service.ready()[0] != 200)
    service.wait_until(lambda: service.turns(told) > 1 and bool(service.errors(told)))

    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    service.wait_until(lambda: service.ready()[0] == 200)
    service.wait_until(lambda: service.lines() == 600)
    assert 0 == service.end()
    assert_whole(tmp_path / "house", 600)
