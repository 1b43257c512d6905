"""Objects of object stores and file servers, through fsspec: opened as streams, read like files."""

import io
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

from ingest.sources import listing
from ingest.sources.content import Content, digest
from ingest.sources.decompress import LONGEST_MAGIC, codec_of
from ingest.sources.listing import Found
from ingest.sources.patience import ANSWER, PIECE, is_away, within
from ingest.sources.records import origin
from ingest.sources.wire import Unreachable, shown
from model.errors import ConfigError, IngestError, KeywatchError
from model.segment import Cursor

STORES: Final = frozenset({"abfs", "abfss", "adl", "az", "gcs", "gs", "oci", "oss", "s3", "s3a", "tos"})
"""Objects there are written once, and under one name."""
SERVERS: Final = frozenset({"hdfs", "memory", "sftp", "smb", "ssh", "webdav", "webhdfs"})
"""Files there grow, and are renamed."""
_CLIENTS: Final = ("adlfs", "azure", "gcsfs", "paramiko", "s3fs")
"""Loggers of the clients."""
_BLOCK: Final = 8 << 20
_BUFFER: Final = 1 << 20


class Raw(io.RawIOBase):
    """An object's bytes; whatever its file system raises becomes an IngestError."""

    def __init__(self, fs: Any, found: Found) -> None:  # noqa: ANN401 (fsspec has no types)
        self._url = found.url
        with told(found.url):
            self._file = within(PIECE, found.url, fs.open, found.path, "rb", block_size=_BLOCK)

    def readable(self) -> bool:
        """It is read."""
        return True

    def seekable(self) -> bool:
        """Anywhere."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (a buffer)
        """Some of the bytes that follow; 0 at the end."""
        with told(self._url):
            data = within(PIECE, self._url, self._file.read, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        with told(self._url):
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """Where it stands."""
        return int(self._file.tell())

    def close(self) -> None:
        """Close it."""
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()


class ObjectContent(Content):
    """An open object. Raises IngestError when it cannot be read."""

    def __init__(self, fs: Any, found: Found) -> None:  # noqa: ANN401 (fsspec has no types)
        self.path = found.url  # type: ignore[assignment]  # it is only shown
        self.broken, self.before = None, b""
        self.inode, self.identity = 0, (0, 0)
        self.modified, self.size, self.signature = found.modified, found.size, found.signature
        self._raw = io.BufferedReader(Raw(fs, found), _BUFFER)
        self._codec = codec_of(self._raw.read(LONGEST_MAGIC))
        self._pieces, self._piece = iter(()), b""
        self._rewind()

    @property
    def target(self) -> str:
        """An object is no link."""
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def up_to_line_end(self, size: int) -> int:
        """A look ahead would cost a request."""
        return size

    def holds(self, place: int, data: bytes) -> bool:
        """Nobody rewrites an object while it is read: it is written whole."""
        del place, data
        return True

    def continues(self, cursor: Cursor) -> bool:
        """Whether it begins with what the cursor read."""
        if not cursor.offset:
            return False
        same = digest(self.head()[: cursor.head_size]) == cursor.head_hash
        return same and self.skip_to(cursor.offset) == cursor.tail_hash


def file_system(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The file system of a URL, and the URL's pattern in its words.

    Raises ConfigError for one that there is not, IngestError for a server that does not answer or refuses.
    """
    protocol = url.partition("://")[0]
    if protocol not in STORES | SERVERS or "::" in url:
        msg = f"There is no reading of {protocol}:// addresses."
        known = ", ".join(sorted(STORES | SERVERS - {"memory"}))
        raise ConfigError(msg, hint=f"There are: https, {known}; local files go by `path`.")
    import fsspec

    for client in _CLIENTS:
        # Our own error tells what goes wrong; their tracebacks would stand on stderr, with signed URLs in them.
        logging.getLogger(client).addHandler(logging.NullHandler())
    try:
        # Listings are made anew at each look: a cached one would hide what came since. Servers cache none, and take
        # every option for one of their connection's.
        anew = {"use_listings_cache": False} if protocol in STORES else {}
        given = {"skip_instance_cache": True, **anew, **_host(url), **options}
        fs = within(ANSWER, shown(url), fsspec.filesystem, protocol, **given)
        return fs, str(fs._strip_protocol(url))  # noqa: SLF001 (fsspec has no public name for it)
    except ImportError as error:
        msg = f"{protocol}:// needs a package that is not installed: {error}"
        raise ConfigError(msg, hint="For s3: pip install 'keywatch[s3]'.") from None
    except (TypeError, ValueError) as error:
        msg = f"{protocol}:// cannot be opened: {error}"
        raise ConfigError(msg, hint="Check [sources.objects] options.") from None
    except KeywatchError:
        raise
    except Exception as error:  # noqa: BLE001 (some connect at once, and each has a tree of errors of its own)
        msg = f"{shown(url)} cannot be reached: {type(error).__name__}: {error}"
        raise IngestError(msg, hint="Check its address and credentials; the next ingest goes on from here.") from None


def check_answers(fs: Any, pattern: str, where: str) -> None:  # noqa: ANN401 (fsspec has no types)
    """Raise Unreachable for a server that does not answer a small question in time."""
    try:
        with told(where):
            within(ANSWER, where, fs.info, listing.fixed(pattern))
    except Unreachable:
        raise
    except IngestError:
        return  # a refusal is an answer, and listing tells it better


def fresh(name: str, found: Found, taken: Collection[str] = ()) -> Cursor:
    """A cursor for an object that was never seen; `name` is what the cursors of this pass go by."""
    base, again = origin(name, "object", found.url), 1
    chosen = base
    while chosen in taken:
        again += 1
        chosen = f"{base}.{again}"
    return Cursor(source=name, origin=chosen, path=found.url)


def matched(fs: Any, found: Sequence[Found], known: Sequence[Cursor]) -> list[tuple[Found, Cursor | None]]:  # noqa: ANN401
    """Each object of a server whose files grow and are renamed, with the cursor that continues it.

    First those that lie where they lay, unchanged or grown; then renamed ones, by content. A cursor continues one only.
    """
    here = {cursor.path: cursor for cursor in sorted(known, key=lambda one: one.offset)}
    free = {cursor.origin: cursor for cursor in known}
    made: dict[str, Cursor | None] = {}
    for one in found:
        cursor = here.get(one.url)
        if cursor is not None and (is_read(one, cursor) or _continues(fs, one, [cursor])):
            made[one.url] = free.pop(cursor.origin, None)
    for one in found:
        if one.url not in made:
            cursor = _continues(fs, one, list(free.values()))
            made[one.url] = cursor
            if cursor is not None:
                del free[cursor.origin]
    return [(one, made[one.url]) for one in found]


def is_read(one: Found, cursor: Cursor) -> bool:
    """Whether nothing came since it was read to its end."""
    return bool(one.version) and cursor.signature == one.signature


def _continues(fs: Any, one: Found, cursors: Sequence[Cursor]) -> Cursor | None:  # noqa: ANN401
    if not cursors:
        return None
    with ObjectContent(fs, one) as content:
        return next((cursor for cursor in cursors if content.continues(cursor)), None)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what a file system raises into an IngestError that names the place; Unreachable where the server is away."""
    try:
        yield
    except KeywatchError:
        raise
    except Exception as error:  # noqa: BLE001 (each file system has a tree of errors of its own)
        msg = f"{where} cannot be read: {type(error).__name__}: {error}".rstrip(": ")
        kind = Unreachable if is_away(error) else IngestError
        raise kind(msg, hint="Check its address and credentials; the next ingest goes on from here.") from None


def _host(url: str) -> dict[str, Any]:
    """User, host and port, for file systems that take them from the address."""
    from fsspec.utils import get_protocol, infer_storage_options

    if get_protocol(url) not in {"sftp", "ssh", "smb", "hdfs", "webhdfs"}:
        return {}
    found = infer_storage_options(url)
    return {name: found[name] for name in ("host", "port", "username", "password") if name in found}
