"""What went wrong inside Apprise, read from what it logged: it returns no status, only success or failure.

The table is tested against real servers (tests/alerts/test_apprise.py). What no row knows is `unknown`, and retried.
Only warnings and the reasons of exceptions are read, never a payload or a response: those hold others' words.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.channels.interface import ErrorClass
from alerts.channels.status import of_http, of_smtp

_STATUS = re.compile(r"\berror=(\d{3})\b")
_REPLY = re.compile(r"(?:\(|: )(\d{3})(?:, b|\s+b)['\"]")
_REASON = ("Socket Exception", "SMTP recipient", "Notification Exception")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a failure means for a delivery."""

    error_class: ErrorClass
    permanent: bool = False
    ambiguous: bool = False


_TABLE: tuple[tuple[re.Pattern[str], Failure], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), failure)
    for pattern, failure in (
        (r"no .{0,20}recipients|no targets|nothing to notify", Failure(error_class="bad_request", permanent=True)),
        (r"connect timeout|ConnectTimeout", Failure(error_class="network")),
        (r"read timed out|read timeout", Failure(error_class="timeout", ambiguous=True)),
        (r"Connection error while submitting email", Failure(error_class="network")),
        (r"Sending email to .* failed(.|\n)*timed out", Failure(error_class="timeout", ambiguous=True)),
        (r"timed out(.|\n)*Sending email to", Failure(error_class="timeout", ambiguous=True)),
        (r"Failed to establish a new connection|Max retries exceeded|Errno 111", Failure(error_class="network")),
        (r"name resolution|Failed to resolve|getaddrinfo|Name or service", Failure(error_class="network")),
        (r"SSLError|CERTIFICATE_VERIFY_FAILED|SSL:", Failure(error_class="network")),
        (
            r"Connection aborted|RemoteDisconnected|reset by peer|unexpectedly closed|Broken pipe",
            Failure(error_class="network", ambiguous=True),
        ),
        (r"connection error", Failure(error_class="network", ambiguous=True)),
    )
)
"""First to last; the certain before the vague. `ambiguous`: the other side may have the message."""


def classify(entries: Iterable[tuple[str, str]]) -> tuple[Failure, str]:
    """What the (level, message) entries of a failed attempt mean, and the lines that say why."""
    told = [message for level, message in entries if level in {"WARNING", "ERROR"} or message.startswith(_REASON)]
    said = "\n".join(told)
    return _failure(said), "; ".join(dict.fromkeys(line.strip() for line in told))


def _failure(said: str) -> Failure:
    if status := _STATUS.search(said):
        error_class, permanent = of_http(int(status[1]))
        return Failure(error_class=error_class, permanent=permanent)
    if reply := _REPLY.search(said):
        error_class, permanent = of_smtp(int(reply[1]))
        return Failure(error_class=error_class, permanent=permanent)
    for pattern, failure in _TABLE:
        if pattern.search(said):
            return failure
    return Failure(error_class="unknown")
