"""The processes that a reader waits for: the dashboard, ingest beside it, and an empty page of Streamlit's."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measure import ROOT

_KEYWATCH: Final = (
    "import faulthandler, signal; faulthandler.register(signal.SIGUSR1);"
    " from keywatch.__main__ import main; main()"
)  # fmt: skip
"""The command line, with a signal that has it say what each of its threads is at."""
_START: Final = 60
"""Seconds until a server answers, or has ended."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves."""

    process: int
    url: str
    log: Path
    """What it complains of."""
    told: bool
    """Whether it says what its threads are at."""

    def memory(self, what: str = "VmRSS") -> float:
        """Resident memory in MB."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(what)).split()[1]) * 1024 / 1e6

    def cpu(self) -> float:
        """User and system time in seconds."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stacks(self) -> str:
        """What each of its threads is at."""
        if not self.told:
            return ""
        before = self.log.stat().st_size
        os.kill(self.process, signal.SIGUSR1)
        time.sleep(1)
        return self.log.read_bytes()[before:].decode(errors="replace")


@contextmanager
def dashboard(workspace: Path) -> Iterator[Server]:
    """The dashboard of a workspace."""
    config = str(workspace / "keywatch.toml")
    words = ("-c", _KEYWATCH, "-c", config, "dashboard", "--headless", "--port")
    with _served(words, "readyz", workspace.parent / "dashboard.log", told=True) as server:
        yield server


@contextmanager
def bare(script: Path, log: Path) -> Iterator[Server]:
    """A script of Streamlit's and nothing else."""
    words = ("-m", "streamlit", "run", str(script), "--server.headless", "true", "--server.port")
    with _served(words, "_stcore/health", log, told=False) as server:
        yield server


@contextmanager
def feeding(workspace: Path, keys: int) -> Iterator[None]:
    """Ingest that goes on. Ends the run when it ended before its time: what was measured then is something else."""
    words = [sys.executable, str(ROOT / "benchmarks" / "feeding.py"), str(workspace), "--keys", str(keys)]
    feed = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        yield
        if feed.poll() is not None:
            msg = "Ingest ended before its time."
            raise SystemExit(msg)
    finally:
        feed.kill()
        feed.wait()


@contextmanager
def _served(words: Sequence[str], ready: str, log: Path, *, told: bool) -> Iterator[Server]:
    """What Python's `words` and a free port serve."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    whole = [sys.executable, *words, str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(whole, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=file)
    try:
        _wait(f"{url}/{ready}")
        yield Server(process.pid, url, log, told)
    finally:
        process.terminate()
        process.wait(timeout=_START)


def _wait(url: str) -> None:
    until = time.monotonic() + _START
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
