"""An HTTP server in this process that answers as a test says, and fails as a test says."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:  # noqa: ANN401 (JSON)
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `body` is bytes, or becomes JSON."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Break off after so many bytes of the body, though more were announced."""
    reset: bool = False
    """Send nothing and reset the connection."""
    unannounced: bool = False
    """Give no length: the end of the connection is the end of the body."""


@dataclass(slots=True)
class Answering:
    """What the server was asked, and how it answers."""

    url: str
    answer: Callable[[Asked], Reply] = lambda _asked: Reply(status=404)
    failures: list[Reply | None] = field(default_factory=list)
    """Given instead of the answer, first to last; None: the answer."""
    asked: list[Asked] = field(default_factory=list)

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        failure = self.failures.pop(0) if self.failures else None
        return failure or self.answer(asked)


@contextmanager
def serve() -> Iterator[Answering]:
    """A server, stopped at the end."""
    http = _Server(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    http.block_on_close = False
    answering = Answering(f"http://127.0.0.1:{http.server_port}")
    http.answering = answering  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield answering
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that goes away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: else each answer waits for the other side's acknowledgement

    def _do(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self._send(self.server.answering.reply(asked))  # type: ignore[attr-defined]

    do_GET = do_POST = do_DELETE = do_HEAD = _do  # noqa: N815 (as http.server calls them)

    def _send(self, reply: Reply) -> None:
        self.close_connection = reply.reset or reply.cut is not None or reply.unannounced
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.unannounced:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: reply.cut])
        self.wfile.flush()

    def finish(self) -> None:
        with suppress(OSError):  # a connection that was reset on purpose
            super().finish()

    def log_message(self, *_: object) -> None:
        pass
