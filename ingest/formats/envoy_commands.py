"""Envoy's command operators (`%START_TIME%`, `%REQ(X-API-KEY)%`): how they read, and the raw columns they stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

COMMAND: Final = re.compile(r"%([A-Z][A-Z0-9_]{2,})(?:\(((?:[^()]|\([^()]*\))*)\))?(?::\d+)?%")

_PLAIN: Final[dict[str, tuple[str, ...]]] = {
    "ts": ("START_TIME", "START_TIME_LOCAL", "EMIT_TIME", "EMIT_TIME_LOCAL"),
    "ip": (
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
        "DOWNSTREAM_REMOTE_ADDRESS",
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
    ),
    "target": ("PATH",),
    "status": ("RESPONSE_CODE",),
    "bytes_out": ("BYTES_SENT",),
    "bytes_in": ("BYTES_RECEIVED",),
    "duration_ms": ("DURATION", "REQUEST_DURATION"),
    "request_id": ("STREAM_ID",),
}
_HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "method": (":METHOD",),
    "target": ("X-ENVOY-ORIGINAL-PATH", ":PATH"),
    "host": (":AUTHORITY", "HOST"),
    "forwarded": ("X-FORWARDED-FOR",),
    "user_agent": ("USER-AGENT",),
    "referer": ("REFERER",),
    "request_id": ("X-REQUEST-ID",),
}
SECRETS: Final = ("X-API-TOKEN", "X-API-KEY", "API-KEY", "APIKEY", "X-AUTH-TOKEN", "AUTHORIZATION")
"""Request headers that carry a credential, tried in order."""


@dataclass(frozen=True, slots=True)
class Command:
    """One operator of a pasted format."""

    name: str
    """`REQ`."""
    argument: str
    """`X-ENVOY-ORIGINAL-PATH?:PATH`; empty for none."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The request headers that it writes, the second where the first is missing; none for other operators."""
        return tuple(self.argument.upper().split("?")) if self.name == "REQ" else ()


def commands(template: str) -> list[Command]:
    """All operators of a format, in order."""
    return [Command(match[1], match[2] or "") for match in COMMAND.finditer(template)]


def place(column: str, listed: Sequence[Command]) -> int | None:
    """Which of the operators (by its place) gives a raw column; None for none."""
    for header in _HEADERS.get(column, ()):
        for at, command in enumerate(listed):
            if header in command.headers:
                return at
    for name in _PLAIN.get(column, ()):
        for at, command in enumerate(listed):
            if command.name == name:
                return at
    return None


def header_place(name: str, listed: Sequence[Command]) -> int | None:
    """Which of the operators writes a request header."""
    return next((at for at, command in enumerate(listed) if name.upper() in command.headers), None)


def columns() -> tuple[str, ...]:
    """The raw columns that operators can give."""
    return tuple(dict.fromkeys((*_PLAIN, *_HEADERS)))
