"""A file's bytes, inflated, and the hashes by which its content is known again after renames and compression."""

import gzip
import hashlib
import io
import os
import stat
import zlib
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from model.errors import IngestError

HEAD: Final = 4096
"""First bytes whose hash tells one file from another."""
TAIL: Final = 1024
"""Bytes before the offset whose hash tells a file that grew from one that was rewritten."""
_GZIP: Final = b"\x1f\x8b"
_STEP: Final = 8 << 20


class Content:
    """One open file; reads inflated bytes in order. Use as a context manager.

    Raises IngestError when the file is missing, unreadable or no regular file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken: str | None = None
        """Why the compressed stream ended early, once it did."""
        self.before = b""
        """The bytes just before the offset that `skip_to` went to."""
        try:
            self._raw = _open(path)
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}."
            raise IngestError(msg, hint="Check that the file is there and that this user may read it.") from None
        status = os.fstat(self._raw.fileno())
        self.inode = status.st_ino
        self.identity = (status.st_dev, status.st_ino)
        """Tells files apart, whatever names and links lead to them."""
        self.modified = status.st_mtime
        self.size = status.st_size
        self.signature = f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
        self.compressed = self._raw.read(2) == _GZIP
        self._raw.seek(0)
        inflated = gzip.GzipFile(fileobj=self._raw) if self.compressed else None
        self._stream: io.BufferedReader | gzip.GzipFile = inflated or self._raw

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._raw.close()

    def head(self) -> bytes:
        """The first bytes; afterwards the content stands at its start again."""
        self._rewind()
        first = self.read(HEAD)
        self._rewind()
        return first

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end, or where the compressed stream is broken."""
        parts: list[bytes] = []
        left = size
        while left and not self.broken:
            try:
                # read1 hands over what it has before a broken place; read would drop it with the error.
                part = self._stream.read1(min(left, _STEP)) if self.compressed else self._stream.read(min(left, _STEP))
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self.broken = str(error).rstrip(".")
                break
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def position(self) -> int:
        """How many bytes of the file itself have been read."""
        return self._raw.tell()

    def skip_to(self, offset: int) -> str:
        """Go to `offset`; returns the hash of the bytes before it, empty when the content is shorter."""
        start = max(0, offset - TAIL)
        self._rewind()
        if self.compressed:
            at = 0
            while at < start:
                part = self.read(min(_STEP, start - at))
                if not part:
                    return ""
                at += len(part)
        else:
            self._stream.seek(start)
        self.before = self.read(offset - start)
        return digest(self.before) if len(self.before) == offset - start else ""

    def _rewind(self) -> None:
        self._stream.seek(0)
        self.broken = None


def digest(data: bytes) -> str:
    """The first 32 hex digits of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:32]


def _open(path: Path) -> io.BufferedReader:
    # O_NONBLOCK: a FIFO without a writer would otherwise hang the open.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        msg = f"{path} is no regular file."
        raise IngestError(msg, hint="Name a log file, a folder of them, or a glob.")
    return os.fdopen(descriptor, "rb")
