"""One HTTP request: to an address that was checked, without redirects, proxies or cookies, and within bounds.

The name is resolved once, every address it has is checked, and the connection goes to one that was: a name that
resolves to something else a moment later reaches nobody.
"""

import http.client
import socket
import ssl
import time
import zlib
from typing import Final
from urllib.parse import urlsplit

from ingest.sources.addresses import is_private, why_not
from model.errors import ConfigError, IngestError

CONNECT: Final = 10.0
"""Seconds for a connection."""
TIMEOUT: Final = 20.0
"""Seconds for each piece of an answer."""
DEADLINE: Final = 300.0
"""Seconds for a whole answer, however it drips."""
MAX_BYTES: Final = 128 << 20
"""The longest answer, inflated."""
_PIECE: Final = 1 << 16


class Unreachable(IngestError):
    """The server was not reached, or broke off; worth another try."""


class Connection(http.client.HTTPConnection):
    """A connection to a checked address."""

    def __init__(self, host: str, port: int, *, allow_private: bool, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self.default_port = 443 if context else 80
        self._allow_private, self._context = allow_private, context

    def connect(self) -> None:
        """Resolve, check, connect. Raises IngestError for an address that may not be reached."""
        self.sock = self._dial(self._addresses())
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def _addresses(self) -> list[tuple[int, str]]:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        addresses = [(int(family), str(where[0])) for family, _, _, _, where in found]
        for _, address in addresses:
            if why := why_not(address, allow_private=self._allow_private):
                msg = f"{self.host} leads to {address}, which {why}."
                hint = "A server of your own network needs allow_private = true." if why == "is private" else None
                raise IngestError(msg, hint=hint)
            if self._context is None and not is_private(address):
                msg = f"{self.host} would be asked without TLS."
                raise IngestError(msg, hint="Write https://; http:// is for private addresses only.")
        return addresses

    def _dial(self, addresses: list[tuple[int, str]]) -> socket.socket:
        last: OSError = ConnectionRefusedError("it has no address")
        until = time.monotonic() + CONNECT
        for family, address in addresses:
            sock = socket.socket(family, socket.SOCK_STREAM)
            # Of all addresses together: a name may have many, and none of them answer.
            sock.settimeout(max(0.1, until - time.monotonic()))
            try:
                sock.connect((address, self.port))
            except OSError as error:
                sock.close()
                last = error
            else:
                sock.settimeout(TIMEOUT)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
        raise last


def tls_context(ca: str | None) -> ssl.SSLContext:
    """What certificates are checked by. Raises ConfigError for a file that holds none."""
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        msg = f"{ca} holds no certificates: {error}."
        raise ConfigError(msg, hint="ca names a PEM file.") from None


def connection(url: str, *, allow_private: bool, ca: str | None) -> Connection:
    """A connection for a URL's origin; nothing is sent yet. Raises ConfigError."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    try:
        port = parts.port or (443 if secure else 80)
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.scheme not in {"http", "https"}:
        msg = f"{shown(url)} is no address of a server."
        raise ConfigError(msg, hint="Write https://host/path.")
    if not secure and not allow_private:
        msg = f"{shown(url)} is asked without TLS."
        raise ConfigError(msg, hint="Write https://; a server of your own network needs allow_private = true.")
    return Connection(parts.hostname, port, allow_private=allow_private, context=tls_context(ca) if secure else None)


def shown(url: str) -> str:
    """The URL as messages show it: without user, password, query and fragment, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def body(response: http.client.HTTPResponse) -> bytes:
    """The whole answer, inflated. Raises Unreachable when it breaks off, IngestError when it is too long."""
    zipped = response.getheader("Content-Encoding", "").lower() in {"gzip", "x-gzip", "deflate"}
    inflate = zlib.decompressobj(wbits=47) if zipped else None
    until, parts, size = time.monotonic() + DEADLINE, [], 0
    while piece := response.read1(_PIECE):
        part = inflate.decompress(piece, MAX_BYTES + 1 - size) if inflate else piece
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES or (inflate and inflate.unconsumed_tail):
            msg = f"The answer is longer than {MAX_BYTES >> 20} MB."
            raise IngestError(msg, hint="Ask for smaller pages.")
        if time.monotonic() > until:
            msg = f"The answer takes longer than {DEADLINE:g} s."
            raise Unreachable(msg)
    if response.length or (inflate and parts and not inflate.eof):
        msg = "The answer broke off."
        raise Unreachable(msg)
    return b"".join(parts)
