"""Log files on a web server: listed by the links of its folders, opened as streams that go on where they stood.

What `listing` and `objects` use of an fsspec file system, without its client: addresses are checked here, redirects are
not followed, and credentials go to the one server that the config names.
"""

import http.client
import io
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from ingest.sources.asking import Answer, Asker, Refused
from ingest.sources.wire import Unreachable, connection, shown
from model.errors import IngestError

_GONE: Final = frozenset({404, 410})
_NO_HEAD: Final = frozenset({405, 501})
_DEPTH: Final = 20


class WebFiles:
    """The files below a server's folders."""

    protocol = "https"

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def close(self) -> None:
        """Close the connection."""
        self._asker.close()

    def unstrip_protocol(self, path: str) -> str:
        """A path is a URL."""
        return path

    def info(self, path: str) -> dict[str, Any]:
        """Size, ETag and time of a file. Raises FileNotFoundError, and IngestError when the server does not answer."""
        try:
            headers: Mapping[str, str] = self._asker.ask("HEAD", path, read=lambda answer: answer.headers)
        except Refused as error:
            if error.status in _GONE:
                raise FileNotFoundError(path) from None
            if error.status in _NO_HEAD:
                return {"name": path, "type": "file"}
            raise
        found: dict[str, Any] = {"name": path, "type": "file", "etag": headers.get("etag")}
        if headers.get("content-length", "").isdigit() and "content-encoding" not in headers:
            found["size"] = int(headers["content-length"])
        with suppress(KeyError, ValueError):
            found["modified"] = parsedate_to_datetime(headers["last-modified"]).timestamp()
        return found

    def ls(self, path: str, *, detail: bool = True) -> list[dict[str, Any]]:
        """What a folder's page links to directly below it. Raises FileNotFoundError."""
        del detail
        folder = path.rstrip("/") + "/"
        try:
            links: list[str] = self._asker.ask("GET", folder, read=_links)
        except Refused as error:
            if error.status in _GONE:
                raise FileNotFoundError(path) from None
            raise
        names = dict.fromkeys(name for link in links if (name := _below(folder, link)))
        return [
            {"name": folder + name.rstrip("/"), "type": "directory" if name.endswith("/") else "file"} for name in names
        ]

    def find(self, path: str, *, detail: bool = True) -> dict[str, dict[str, Any]]:
        """All files below a folder."""
        found: dict[str, dict[str, Any]] = {}
        waiting = [(path, 0)]
        while waiting:
            folder, depth = waiting.pop()
            for one in self.ls(folder, detail=detail):
                if one["type"] == "file":
                    found[one["name"]] = one
                elif depth < _DEPTH:
                    waiting.append((one["name"], depth + 1))
        return found

    def open(self, path: str, _mode: str = "rb", **_: object) -> "WebFile":
        """A file as a stream."""
        return WebFile(self._asker, path)


class WebFile:
    """One file; a request is sent when it is read."""

    def __init__(self, asker: Asker, url: str) -> None:
        self._asker, self._url = asker, url
        self._at, self._to_skip = 0, 0
        self._response: http.client.HTTPResponse | None = None
        self._connection: http.client.HTTPConnection | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end. Raises IngestError when the server breaks off."""
        try:
            response = self._response or self._request()
            while self._to_skip:
                skipped = response.read(min(self._to_skip, 1 << 20))
                if not skipped:
                    return b""
                self._to_skip -= len(skipped)
            data = response.read(size)
        except (http.client.HTTPException, OSError) as error:
            msg = f"{shown(self._url)} broke off: {type(error).__name__}."
            raise Unreachable(msg, hint="The next ingest goes on from here.") from None
        if not data and response.length:
            msg = f"{shown(self._url)} broke off {response.length:,} bytes before its end."
            raise Unreachable(msg, hint="The next ingest goes on from here.")
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte; the next read asks from there."""
        offset += self._at if whence == io.SEEK_CUR else 0
        if offset != self._at:
            self.close()
            self._at = offset
        return self._at

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def close(self) -> None:
        """Close the connection."""
        if self._response is not None:
            self._response.close()
        if self._connection is not None:
            self._connection.close()
        self._response = self._connection = None
        self._to_skip = 0

    def _request(self) -> http.client.HTTPResponse:
        opened = connection(self._url, allow_private=self._asker.allow_private, ca=self._asker.ca)
        self._connection = opened
        parts = urlsplit(self._url)
        headers = {"User-Agent": "keywatch", "Accept-Encoding": "identity", **self._asker.headers}
        if self._at:
            headers["Range"] = f"bytes={self._at}-"
        opened.request("GET", urlunsplit(("", "", parts.path or "/", parts.query, "")), headers=headers)
        response = opened.getresponse()
        match response.status:
            case 200:
                self._to_skip = self._at
            case 206:
                pass
            case 416:
                response.read()  # nothing lies behind this byte
            case _:
                msg = f"{shown(self._url)} answered {response.status} {response.reason}."
                raise IngestError(msg, hint="Check its address and [sources.auth]; redirects are not followed.")
        self._response = response
        return response


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where an anchor leads to."""
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _links(answer: Answer) -> list[str]:
    parser = _Anchors()
    parser.feed(answer.data.decode("utf-8", "replace"))
    return parser.links


def _below(folder: str, link: str) -> str | None:
    """The name that a link adds to its folder; None for one that leads elsewhere, or deeper than one step."""
    whole = urlsplit(urljoin(folder, link))
    here = urlsplit(folder)
    if whole.query or whole[:2] != here[:2] or not whole.path.startswith(here.path):
        return None
    name = whole.path[len(here.path) :]
    deep = "/" in name.rstrip("/") or "/" in unquote(name.rstrip("/"))
    return None if not name or deep else name
