"""What machines ask `keywatch run`: whether it lives, whether it is ready, and its metrics.

A small server of the standard library in threads of its own: it answers while a turn is at work, and when the loop
hangs. It reads what a request's first line and headers say, and nothing else of it.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, socket
from typing import Any, Final

from keywatch.config.references import resolve
from keywatch.config.root import Config
from keywatch.metrics.disk import disk_metrics
from keywatch.metrics.exposition import exposed
from keywatch.metrics.process import process_metrics
from keywatch.metrics.pulse import Pulse
from keywatch.metrics.state import PREFIX, commit_metrics, metrics
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, KeywatchError, StoreAway
from model.visitor import is_loopback, may_see_metrics
from store.state import health
from store.state.upgrade import HEAD, schema_of

_METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""
_PATIENCE: Final = 10.0
"""Seconds that a client may take for its request."""
_WRITING: Final = 15.0
"""Seconds for which an answer about the store holds: probes of many write no more often."""
_REFUSED: Final = 0.5
"""Seconds to the next try where the system gives no connection."""
_CLOSED: Final = "The state was not opened yet."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers."""

    status: int
    text: str
    kind: str = "text/plain; charset=utf-8"


class Prober:
    """Answers what is asked; one for a process."""

    def __init__(self, workspace: Workspace, clock: Clock, pulse: Pulse) -> None:
        """The workspace's store may be away; it is asked at each question."""
        self._workspace, self._clock, self._pulse = workspace, clock, pulse
        self._lock = threading.Lock()
        self._written: tuple[float, bool] | None = None

    def livez(self) -> Answer:
        """The loop gave a sign of life lately."""
        return Answer(200, "ok\n") if self._pulse.alive else Answer(503, "not alive\n")

    def readyz(self) -> Answer:
        """A turn has ended, so every source was tried; the store took what it found; the state can be written."""
        reason = self._unready()
        return Answer(200, "ready\n") if reason is None else Answer(503, f"not ready: {reason}\n")

    def metrics(self) -> Answer:
        """Those of this process, and, while the state can be read, those of the whole."""
        own = exposed([*self._pulse.metrics()], prefix=PREFIX) + exposed(process_metrics(), prefix="")
        try:
            if not self._workspace.is_open:
                raise StoreAway(_CLOSED)
            with self._workspace.store.reading() as tx:
                whole = metrics(tx, self._clock.now(), disk_metrics(self._workspace))
            own += exposed(commit_metrics(self._workspace.store.commits), prefix=PREFIX)
        except KeywatchError:
            whole = f"# HELP {PREFIX}up 1 while the state can be read.\n# TYPE {PREFIX}up gauge\n{PREFIX}up 0\n"
        return Answer(200, whole + own, _METRICS)

    def _unready(self) -> str | None:
        if not self._pulse.turned_once:
            return "no turn has ended yet" if self._workspace.is_open else "the state was not opened yet"
        if not self._pulse.alive:
            return "the loop gives no sign of life"
        if self._pulse.stuck:
            return "the last turn could not read or write the store"
        return None if self._writable() else "the state cannot be written, or its schema is another one"

    def _writable(self) -> bool:
        with self._lock:
            now = self._clock.monotonic()
            if self._written is None or now - self._written[0] >= _WRITING:
                self._written = (now, self._write())
            return self._written[1]

    def _write(self) -> bool:
        try:
            store = self._workspace.store
            if schema_of(store.state) != HEAD:
                return False
            with store.transaction() as tx:
                health.mark(tx, health.PROBE, self._clock.now())
        except KeywatchError:
            return False
        return True


@contextmanager
def answering(workspace: Workspace, clock: Clock, pulse: Pulse) -> Iterator[tuple[str, int] | None]:
    """Answer while the block runs; gives the address and port, None where [run] names none.

    Raises ConfigError for an address that is not there, and for one that others reach without a token.
    """
    listen = workspace.config.run.listen
    if listen is None:
        yield None
        return
    host, _, port = listen.rpartition(":")
    token = metrics_token(workspace)
    server = _serve(Prober(workspace, clock, pulse), host.strip("[]"), int(port), token)
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield str(server.server_address[0]), int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def metrics_token(workspace: Workspace) -> str | None:
    """What /metrics asks for. Raises ConfigError when it is empty, or missing where others reach the address."""
    config: Config = workspace.config
    if config.run.metrics_token is None:
        if config.run.listen is not None and not is_loopback(config.run.listen.rpartition(":")[0].strip("[]")):
            msg = f"[run] listens on {config.run.listen}, which others reach, and has no metrics_token."
            raise ConfigError(msg, hint='metrics_token = "file:metrics.token", or listen on 127.0.0.1.')
        return None
    found = resolve(config.run.metrics_token, root=workspace.root, what="[run] metrics_token")
    if not found:
        msg = "[run] metrics_token is empty."
        raise ConfigError(msg, hint="Write the token into what the reference names.")
    return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    prober: Prober
    token: str | None

    def get_request(self) -> tuple[socket, Any]:
        """The next connection. Where no file may be opened it waits there, and must not be asked for all the time."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(_REFUSED)
            raise

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (the standard library's)
        """Who asked has gone before the answer: nobody needs to know."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Server6(_Server):
    address_family = AF_INET6


def _serve(prober: Prober, host: str, port: int, token: str | None) -> _Server:
    kind = _Server6 if ":" in host else _Server
    try:
        server = kind((host, port), _Handler)
    except (OSError, OverflowError) as error:
        msg = f"[run] cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}."
        raise ConfigError(msg, hint="Name an address of this machine and a free port.") from None
    server.prober, server.token = prober, token
    return server


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE
    server_version = "keywatch"
    sys_version = ""

    def do_GET(self) -> None:
        answer = self._answer(self.path.partition("?")[0])
        body = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, path: str) -> Answer:
        prober = self.server.prober
        paths: dict[str, Callable[[], Answer]] = {"/livez": prober.livez, "/readyz": prober.readyz}
        if path in paths:
            return paths[path]()
        if path != "/metrics":
            return Answer(404, "not found\n")
        return prober.metrics() if self._may() else Answer(403, "forbidden\n")

    def _may(self) -> bool:
        host = self.headers.get("host", "").rpartition(":")
        named = (host[0] or host[2]).strip("[]")
        peer = str(self.client_address[0])
        return may_see_metrics(self.server.token, peer=peer, host=named, headers=self.headers)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name that http.server gives)
        """Requests are not logged: what they hold comes from anybody."""
