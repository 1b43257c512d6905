"""Asking a server until it answers: retries with growing waits, Retry-After, no redirects, JSON out."""

import base64
import http.client
import json
import random
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ingest.sources.wire import Connection, Unreachable, body, connection, shown
from model.errors import IngestError

_TRIES: Final = 5
_FIRST_WAIT: Final = 1.0
_PATIENCE: Final = 15.0
"""Seconds after which a server that gave no answer at all is not tried again: there are other sources to read."""
_LONGEST_WAIT: Final = 300.0
"""Seconds; a server that asks for more is asked again by the next ingest."""
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_FORBIDDEN: Final = 403
"""With Retry-After it is a rate limit: GitHub's secondary one."""
_SAID: Final = 200


class Refused(IngestError):
    """The server answered that it will not; `status` is its number, `answered` the sentence without its own words."""

    def __init__(self, what: str, *, status: int, answered: str, hint: str | None = None) -> None:
        super().__init__(what, hint=hint)
        self.status, self.answered = status, answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    data: bytes
    headers: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Asker:
    """Asks one server. Close it."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every request; may hold secrets."""
    allow_private: bool = False
    ca: str | None = None
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    _open: Connection | None = None

    def json(self, method: str, path: str, params: Mapping[str, object] | None = None, document: object = None) -> Any:  # noqa: ANN401 (JSON)
        """The answer as JSON. Raises like `ask`."""
        return self.ask(method, path, params, document, read=lambda answer: json.loads(answer.data))

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | None = None,
        document: object = None,
        *,
        read: Callable[[Answer], Any],
    ) -> Any:  # noqa: ANN401 (what `read` makes of it)
        """What `read` makes of the answer; it raises ValueError for an answer that is not whole.

        `path` continues the URL, or is a URL of the same origin. Raises Refused, or IngestError when it never answers.
        """
        url = with_params(path if "://" in path else joined(self.url, path), params or {})
        wait, began, tried = 0.0, time.monotonic(), 0
        for attempt in range(_TRIES):
            if wait:
                self.sleep(wait)
            tried += 1
            wait = _FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 (spreads retries, no secret)
            try:
                answer = self._once(method, url, document)
                return read(answer)
            except _Later as later:
                failed: IngestError = later
                wait = max(wait, self._told_to_wait(later, url))
            except Unreachable as error:
                failed = Unreachable(f"{shown(url)}: {error.what}")
                if time.monotonic() + wait - began > _PATIENCE:
                    break
            except (ValueError, RecursionError):
                failed = Unreachable(f"{shown(url)} answered with JSON that is not whole.")
        times = f"{tried} times" if tried > 1 else "once"
        kind = Unreachable if isinstance(failed, Unreachable) else IngestError
        raise kind(failed.what, hint=f"It was tried {times}; the next ingest goes on from here.")

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _told_to_wait(self, later: "_Later", url: str) -> float:
        if later.wait > _LONGEST_WAIT:
            msg = f"{shown(url)} asks to wait {later.wait:,.0f} s."
            raise IngestError(msg, hint="The next ingest goes on from here.")
        return later.wait

    def _once(self, method: str, url: str, document: object) -> Answer:
        response = self._send(method, url, document)
        data = self._read(response)
        if 200 <= response.status < 300:  # noqa: PLR2004 (2xx)
            return Answer(data=data, headers={name.lower(): value for name, value in response.getheaders()})
        where = f"{shown(url)} answered {response.status} {response.reason}".rstrip()
        told = response.getheader("Retry-After")
        if response.status in _AGAIN or (told and response.status == _FORBIDDEN):
            raise _Later(where + ".", wait=_seconds(told, self.wall()))
        said = " ".join(data[:_SAID].decode("utf-8", "replace").split())
        raise Refused(
            where + (f": {said}" if said else "."),
            status=response.status,
            answered=where + ".",
            hint=_hint(response.status),
        )

    def _send(self, method: str, url: str, document: object) -> http.client.HTTPResponse:
        payload = None if document is None else json.dumps(document).encode()
        kind = {} if payload is None else {"Content-Type": "application/json"}
        headers = {"User-Agent": "keywatch", "Accept": "application/json", "Accept-Encoding": "gzip"}
        parts = urlsplit(url)
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        reused = self._open is not None
        if self._open is None:
            self._open = connection(url, allow_private=self.allow_private, ca=self.ca)
        try:
            self._open.request(method, target, body=payload, headers={**headers, **kind, **self.headers})
            return self._open.getresponse()
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if reused:  # the server had closed what we kept open
                return self._send(method, url, document)
            raise Unreachable(_why(error)) from None
        except IngestError:
            self.close()
            raise

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            data = body(response)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise Unreachable(_why(error)) from None
        except IngestError:
            self.close()
            raise
        response.close()  # the connection stays open, and is asked again
        return data


class _Later(IngestError):
    """The server asks to come again."""

    def __init__(self, what: str, *, wait: float) -> None:
        super().__init__(what)
        self.wait = wait


def joined(url: str, path: str) -> str:
    """The URL with a path behind its own; both may hold a query."""
    if not path:
        return url
    parts, added = urlsplit(url), urlsplit(path)
    query = "&".join(one for one in (parts.query, added.query) if one)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + added.path, query=query))


def with_params(url: str, params: Mapping[str, object]) -> str:
    """The URL with these query parameters; they replace those of the same name."""
    if not params:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in params]
    return urlunsplit(parts._replace(query=urlencode([*kept, *((n, str(v)) for n, v in params.items())])))


def basic(user: str, password: str) -> str:
    """The value of Authorization for a user and password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _seconds(text: str | None, now: datetime) -> float:
    """Retry-After: seconds, or a date."""
    if not text:
        return 0.0
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return "it does not answer."
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved."
    return f"it cannot be reached, or broke off ({type(error).__name__}: {error})."


def _hint(status: int) -> str | None:
    if 300 <= status < 400:  # noqa: PLR2004 (3xx)
        return "Redirects are not followed; write the address that it leads to."
    if status in {401, 403}:
        return "Check [sources.auth]."
    return None
