"""What a soak needs: a server that dies, a log that is written and rotated, a worker that is killed, a target."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEYS, ADDRESSES, BROKEN = 200, 250, 10_000
"""Keys and addresses of everyday traffic; one line in so many is broken."""
GUESSES = 40
_STEP = 0.1


class Database:
    """A PostgreSQL on a socket in a folder, as Debian installs it."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
        self._user = {"user": "postgres"} if os.geteuid() == 0 else {}
        self.home = folder / "server"
        self.home.mkdir()
        folder.chmod(0o755)
        if self._user:
            shutil.chown(self.home, "postgres")
        initdb, server = shutil.which("initdb", path=path), shutil.which("postgres", path=path)
        words = [initdb, "-D", self.home / "data", "-A", "trust", "-U", "postgres"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **self._user)
        self._command = [server, "-D", self.home / "data", "-c", "listen_addresses=", "-k", self.home]
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.home}"
        self.start()

    def start(self) -> None:
        """Begin, and wait until it takes connections."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL, **self._user)
        while not (self.home / ".s.PGSQL.5432").exists():
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGQUIT: at once, nothing is brought to an end."""
        self._process.send_signal(how)
        self._process.wait(60)


class Disk:
    """What a workspace lies on: as root a tmpfs of its own that can be filled, else the disk that is there."""

    def __init__(self, path: Path, megabytes: int) -> None:
        path.mkdir()
        self._path, self._filler = path, path / "filler"
        words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(path)]
        self.is_own = os.geteuid() == 0 and not subprocess.run(words, check=False, capture_output=True).returncode

    def fill(self) -> None:
        """Leave no room at all; what the worker frees meanwhile is taken too."""
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while file.write(bytes(1 << 16)):
                pass

    def make_room(self) -> None:
        """The opposite."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Let it go."""
        if self.is_own:
            subprocess.run(["umount", "-l", str(self._path)], check=False)


class Writer(threading.Thread):
    """A web server's log: so many lines a second, a rotation each minute, bursts of guesses on demand."""

    def __init__(self, path: Path, rate: int, rotation: float) -> None:
        super().__init__(daemon=True)
        self.path, self.rate, self.lines, self.broken, self.rotations = path, rate, 0, 0, 0
        self._rotation, self._ended, self._attacks = rotation, threading.Event(), list[str]()

    def attack(self, address: str) -> None:
        """Guesses from one address, within the next step."""
        self._attacks.append(address)

    def end(self) -> None:
        """Stop writing."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Write until the end; the ledger of what was written is `lines`, of which `broken` are no requests."""
        file, turned, owed, began = self.path.open("a"), time.monotonic(), 0.0, time.monotonic()
        while not self._ended.is_set():
            now = time.monotonic()
            if now - turned >= self._rotation:
                file.close()
                self.rotations += 1
                self.path.rename(self.path.with_name(f"{self.path.name}.{self.rotations}"))
                file, turned = self.path.open("a"), now
            owed += self.rate * (now - began)
            began, due = now, int(owed)
            owed -= due
            text = [self._line(self.lines + n) for n in range(due)]
            while self._attacks:
                address = self._attacks.pop()
                text += [_request(f"kw_guess_{address}_{n:03d}_5b1f0c", address, 401) for n in range(GUESSES)]
            file.write("".join(text))
            file.flush()
            self.lines += len(text)
            time.sleep(_STEP)
        file.close()

    def _line(self, number: int) -> str:
        if number % BROKEN == BROKEN - 1:
            self.broken += 1
            return "upstream went away\n"
        key = f"kw_live_{number % KEYS:04d}_a1B2c3D4e5F6"
        return _request(key, f"192.0.2.{number * 7 % ADDRESSES}", 401 if number % 500 == 0 else 200)


def _request(key: str, address: str, status: int) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    row = {
        "time_iso8601": at,
        "remote_addr": address,
        "request_method": "GET",
        "request_uri": "/v1/agents",
        "status": status,
        "body_bytes_sent": 512,
        "http_user_agent": "curl/8.4.0",
        "http_x_api_token": key,
    }
    return json.dumps(row) + "\n"


class Worker:
    """`keywatch run`, started again whenever it has ended."""

    def __init__(self, words: list[str], log: Path) -> None:
        self._words, self._log = words, log
        self.starts = self.own_ends = 0
        self.memory: list[int] = []
        """Bytes, just before each end; of processes that had run for a while."""
        self.start()

    def start(self) -> None:
        """Begin anew."""
        with self._log.open("a") as said:
            self.process = subprocess.Popen(self._words, stderr=said)
        self.starts += 1

    def look(self) -> None:
        """Start it again if it ended by itself."""
        if self.process.poll() is not None:
            self.own_ends += 1
            self.start()

    def kill(self) -> None:
        """SIGKILL, and a new one at once."""
        self.measure()
        self.process.kill()
        self.process.wait()
        self.start()

    def measure(self) -> None:
        """Note its resident memory."""
        with suppress(OSError, IndexError):
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
            self.memory.append(pages * os.sysconf("SC_PAGE_SIZE"))

    def limit(self, size: int | None) -> None:
        """No file may grow beyond so many bytes: what a full disk does, to this process alone. None: any size."""
        unlimited = resource.RLIM_INFINITY
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (unlimited if size is None else size, unlimited))

    def end(self) -> tuple[int, float]:
        """SIGTERM; the exit code, and seconds until it was there."""
        began = time.monotonic()
        self.process.terminate()
        return self.process.wait(30), time.monotonic() - began


class Target:
    """A webhook that notes what it gets."""

    def __init__(self) -> None:
        self.got: list[str] = []
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                target.got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def heard_of(self, address: str) -> bool:
        """Whether any message names an address."""
        return any(address in text for text in self.got)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say on stderr when something is done to it."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {what}\n")
    sys.stderr.flush()
    yield
