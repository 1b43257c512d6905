"""Syslog by RFC 5424: over UDP (RFC 5426), TCP with counted octets (RFC 6587, 3.4.1), or TLS (RFC 5425).

UDP has no answer: what was handed to the network counts as sent. TCP has none either, but a broken connection is
noticed; where it must not be lost, use the webhook or a file.
"""

import contextlib
import socket
import ssl
from datetime import UTC
from typing import Final
from urllib.parse import urlsplit

from alerts.channels.interface import SendError
from alerts.channels.redact import mask, short
from model.incident import Alert

TIMEOUT = 10.0
"""Seconds for each step."""

_FAREWELL: Final = 1.0
"""Seconds that the other side has to close."""
_FACILITY: Final = 10
"""Security and authorization messages."""
_SEVERITIES: Final = {"info": 6, "low": 5, "medium": 4, "high": 3, "critical": 2}
_PORTS: Final = {"udp": 514, "tcp": 514, "tls": 6514}
_LONGEST: Final = {"udp": 2048, "tcp": 8192, "tls": 8192}
"""Bytes that receivers should take (RFC 5424, 6.1); longer text is cut."""
_ID: Final = "keywatch@32473"
"""The number is IANA's for documentation: we have none of our own."""


class SyslogChannel:
    """A receiver of syslog messages; each has its own connection."""

    def __init__(self, url: str) -> None:
        """`syslog+udp://host:port`, `syslog+tcp://`, `syslog+tls://`. Raises SendError."""
        parts = urlsplit(url)
        self._shown, self._how = mask(url), parts.scheme.partition("+")[2]
        if not parts.hostname:
            what = f"The target {self._shown} names no host."
            raise SendError(what, error_class="bad_request", hint="Write syslog+tls://host:6514.")
        self._host, self._port = parts.hostname, parts.port or _PORTS[self._how]

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """Send one message; raises SendError."""
        said = message(alert, idempotency_key, _LONGEST[self._how])
        try:
            self._send(said if self._how == "udp" else f"{len(said)} ".encode() + said)
        except TimeoutError:
            what = f"{self._shown} did not take it within {TIMEOUT:g} s."
            raise SendError(what, error_class="timeout", ambiguous=True) from None
        except OSError as error:
            what = f"{self._shown} cannot be reached: {short(str(error))}."
            raise SendError(what, error_class="network") from None

    def _send(self, said: bytes) -> None:
        if self._how == "udp":
            family, _, _, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, socket.SOCK_DGRAM) as out:
                out.sendto(said, address)
            return
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(socket.create_connection((self._host, self._port), timeout=TIMEOUT))
            if self._how == "tls":
                context = ssl.create_default_context()
                out = stack.enter_context(context.wrap_socket(out, server_hostname=self._host))
            out.sendall(said)
            out.shutdown(socket.SHUT_WR)
            out.settimeout(_FAREWELL)
            with contextlib.suppress(TimeoutError):  # some never close first
                out.recv(1)  # the end, once the other side has read everything; or a reset, which is an error


def message(alert: Alert, idempotency_key: str, longest: int) -> bytes:
    """One RFC 5424 message of at most `longest` bytes."""
    priority = _FACILITY * 8 + _SEVERITIES[str(alert.severity)]
    at = alert.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {
        "incident": str(alert.incident_id) or "-",
        "alert": alert.id,
        "kind": alert.kind,
        "severity": str(alert.severity),
        "message": idempotency_key,
    }
    data = " ".join(f'{name}="{_quoted(value)}"' for name, value in facts.items())
    head = f"<{priority}>1 {at} {_host()} keywatch - {alert.kind} [{_ID} {data}] ".encode()
    words = " | ".join(line for line in (alert.title, *alert.body.splitlines()) if line.strip())
    text = b"\xef\xbb\xbf" + words.encode()
    room = longest - len(head)
    return head + (text if len(text) <= room else text[: room - 3].decode(errors="ignore").encode() + "…".encode())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _host() -> str:
    name = socket.gethostname().encode("ascii", "ignore").decode()[:255]
    return "".join(sign for sign in name if sign.isprintable() and sign != " ") or "-"
