"""A service begins before its database does, as machines and containers start: it waits, and says so (fault 46)."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from keywatch.new_workspace import make
from tests.postgres import Postgres

WAIT = 150
CONFIG = """
[store]
state  = "{state}"
[secrets]
pepper = "file:keywatch.pepper"
[run]
listen = "127.0.0.1:{port}"
[dashboard]
port = {port}
"""


class Service:
    """A process that says something on stderr and answers on a port."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port, self.said = process, port, ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line

    def answers(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def wait_until(self, what: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT
        while not what():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.1)

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(20), time.monotonic() - began


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(state, "run")`."""
    begun: list[Service] = []

    def _start(state: str, *words: str) -> Service:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        root = tmp_path / f"house{len(begun)}"
        make(root)
        (root / "keywatch.toml").write_text(CONFIG.format(state=state, port=port))
        command = [sys.executable, "-m", "keywatch", "-c", str(root / "keywatch.toml"), *words]
        environment = {**os.environ, "COLUMNS": "400"}
        begun.append(Service(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment), port))
        return begun[-1]

    yield _start
    for one in begun:
        one.process.kill()
        one.process.wait()
        assert one.process.stderr is not None
        one._listener.join(10)
        one.process.stderr.close()


def test_a_run_and_a_dashboard_wait_for_their_database_and_go_on_when_it_is_there(
    start: Start, database: str, postgres_server: Postgres
) -> None:
    postgres_server.stop()
    try:
        run = start(database, "run", "--interval", "0.5s")
        board = start(database, "dashboard", "--headless")
        for one in (run, board):
            one.wait_until(lambda one=one: "Trying again in 2 s." in one.said)
        alive, ready, told = run.answers("/livez"), run.answers("/readyz"), run.answers("/metrics")[1]
    finally:
        postgres_server._start()

    assert ((200, "ok\n"), (503, "not ready: the state was not opened yet\n")) == (alive, ready)
    assert "\nkeywatch_up 0\n" in told
    run.wait_until(lambda: run.answers("/readyz")[0] == 200)
    board.wait_until(lambda: board.answers("/readyz")[0] == 200)
    assert [0, 0] == [one.end()[0] for one in (run, board)]


@pytest.mark.parametrize("words", [("run",), ("dashboard", "--headless")])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_at_once_with_0(
    start: Start, tmp_path: Path, words: tuple[str, ...], number: signal.Signals
) -> None:
    waiting = start(f"postgresql+psycopg://keywatch:hidden@/none?host={tmp_path}", *words)
    waiting.wait_until(lambda: "Trying again in 1 s." in waiting.said)
    code, took = waiting.end(number)

    assert (0, True) == (code, took < 5), waiting.said
    assert "hidden" not in waiting.said
    assert "Traceback" not in waiting.said


@pytest.mark.parametrize("what", ["database", "username"])
def test_what_waiting_does_not_help_is_told_at_once(start: Start, postgres_server: Postgres, what: str) -> None:
    wrong = make_url(postgres_server.url).set(**{what: "nobody_has_this"}).render_as_string(hide_password=False)
    begun = start(wrong, "run")

    assert 1 == begun.process.wait(WAIT), begun.said
    assert "does not exist" in begun.said
    assert "Trying again" not in begun.said


def test_a_single_turn_does_not_wait(start: Start, tmp_path: Path) -> None:
    begun = start(f"postgresql+psycopg://keywatch@/none?host={tmp_path}", "run", "--once")

    assert 1 == begun.process.wait(WAIT), begun.said
    assert "Trying again" not in begun.said
