"""A TCP proxy that spoils connections in the ways of toxiproxy: what lies between us and a receiver, on a bad day."""

import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing then sends RST."""


@dataclass(frozen=True, kw_only=True)
class Toxic:
    """What is wrong with each connection; `down` is what the receiver says, `up` what we say."""

    latency: float = 0.0
    """Seconds that each piece waits, both ways."""
    slice: int = 65536
    """Bytes of a piece."""
    limit_up: int | None = None
    """After so many bytes from us the connection ends."""
    limit_down: int | None = None
    """After so many bytes from the receiver the connection ends."""
    reset: bool = False
    """It ends by RST and not by FIN."""
    hang: bool = False
    """Instead of ending it falls silent: no byte and no end, until the proxy stops."""
    slow_close: float = 0.0
    """Seconds that the receiver's end of the connection is kept from us."""


class Proxy:
    """Listens on a port of its own and forwards to another, with `toxic` on each connection made from now on."""

    def __init__(self, to: int) -> None:
        self.toxic = Toxic()
        self._to, self._over = to, threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stop(self) -> None:
        """End all of it."""
        self._over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                ours, _ = self._server.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(ours, self.toxic)))
            self._threads[-1].start()

    def _serve(self, ours: socket.socket, toxic: Toxic) -> None:
        """Pass on both ways until both have ended or one is cut; then end the connection as the toxic says."""
        with ours, socket.create_connection(("127.0.0.1", self._to)) as theirs:
            for one in (ours, theirs):
                one.settimeout(0.02)
            cut = threading.Event()
            up = threading.Thread(target=self._pass_on, args=(ours, theirs, toxic.limit_up, toxic, cut))
            up.start()
            self._pass_on(theirs, ours, toxic.limit_down, toxic, cut)
            up.join()
            if cut.is_set() and toxic.hang:
                self._over.wait(20)
            if cut.is_set() and toxic.reset:
                for one in (ours, theirs):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, limit: int | None, toxic: Toxic, cut: threading.Event
    ) -> None:
        room = sys.maxsize if limit is None else limit
        with suppress(OSError):
            while not (self._over.is_set() or cut.is_set()):
                try:
                    piece = source.recv(toxic.slice)
                except TimeoutError:
                    continue
                if not piece:
                    time.sleep(toxic.slow_close)
                    sink.shutdown(socket.SHUT_WR)
                    return
                time.sleep(toxic.latency)
                sink.sendall(piece[:room])
                room -= len(piece)
                if room < 0:
                    break
        cut.set()


@contextmanager
def proxy(to: int) -> Iterator[Proxy]:
    """A proxy before a port of this machine."""
    opened = Proxy(to)
    try:
        yield opened
    finally:
        opened.stop()
