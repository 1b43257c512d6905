"""A file's bytes, unpacked, and the hashes by which its content is known again after renames and compression."""

import hashlib
import io
import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ingest.block import BlockFiles, Held
from ingest.sources.decompress import LONGEST_MAGIC, Broken, codec_of, unpack
from ingest.sources.roots import within
from model.errors import IngestError

HEAD: Final = 4096
"""First bytes whose hash tells one file from another."""
TAIL: Final = 1024
"""Bytes before the offset whose hash tells a file that grew from one that was rewritten."""
_STEP: Final = 8 << 20
_TICK: Final = 20_000_000
"""Nanoseconds in which a clock of the kernel may not move on; where it counts whole seconds, two of them."""


_LOOK: Final = 1 << 16


class Content:
    """One open file; reads unpacked bytes in order. Use as a context manager.

    Raises IngestError when the file is missing, unreadable, no regular file, or outside of `roots` (none: any place);
    also when reading fails inside the `with`.
    """

    def __init__(self, path: Path, roots: Sequence[Path] = ()) -> None:
        self.path = path
        self.broken: str | None = None
        """Why the compressed data ended early, once it did; follows the file's name in a sentence."""
        self.before = b""
        """The bytes just before the offset that `skip_to` went to."""
        try:
            self._raw = _open(path)
        except OSError as error:
            raise unreadable(path, error) from None
        status = os.fstat(self._raw.fileno())
        if roots and not within(path, status, roots):
            self._raw.close()
            msg = f"{path} leads outside of the roots that the config names."
            raise IngestError(msg, hint="Add the folder that the file really lies in to `roots`, or remove the link.")
        self.inode = status.st_ino
        self.identity = (status.st_dev, status.st_ino)
        """Tells files apart, whatever names and links lead to them."""
        self.modified = status.st_mtime
        self.size = status.st_size
        self.signature = signature_of(status)
        try:
            self._codec = codec_of(self._raw.read(LONGEST_MAGIC))
        except OSError as error:
            self._raw.close()
            raise unreadable(path, error) from None
        self._raw.seek(0)
        self._pieces: Iterator[bytes] = iter(())
        self._piece = b""
        self._rewind()

    @property
    def compressed(self) -> bool:
        """Whether the file is unpacked while it is read."""
        return self._codec is not None

    @property
    def target(self) -> str:
        """Where the path leads to, when it is a symbolic link."""
        return str(self.path.resolve()) if self.path.is_symlink() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw.close()
        if isinstance(error, OSError):  # a bad disk, in the middle
            raise unreadable(self.path, error) from None

    def head(self) -> bytes:
        """The first bytes; afterwards the content stands at its start again."""
        self._rewind()
        first = self.read(HEAD)
        self._rewind()
        return first

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end, or where the compressed data is broken."""
        if self._codec is None:
            return self._raw.read(size)
        parts: list[bytes] = []
        while size and (self._piece or self._next_piece()):
            part, self._piece = self._piece[:size], self._piece[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def hold(self, files: BlockFiles, size: int) -> Held | None:
        """Up to `size` of the next bytes in one of the files; None, with nothing read, where that cannot be."""
        if self.compressed:
            return None
        place = self._raw.tell()
        held = files.copy(self._raw.readinto, size)
        if held is None:
            self._raw.seek(place)
        return held

    def up_to_line_end(self, size: int) -> int:
        """How many of the next `size` bytes end with a line; `size` itself where a look ahead does not tell."""
        if self.compressed:
            return size
        look = min(size, _LOOK)
        ahead = os.pread(self._raw.fileno(), look, self._raw.tell() + size - look)
        return size - (look - ahead.rfind(b"\n") - 1) if len(ahead) == look and b"\n" in ahead else size

    def unread(self, offset: int) -> int:
        """How many bytes of the file itself lie behind what has been read up to `offset`."""
        return self.size - (self._raw.tell() if self.compressed else offset)

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
            self._raw.seek(start)
        self.before = self.read(offset - start)
        return digest(self.before) if len(self.before) == offset - start else ""

    def holds(self, place: int, data: bytes) -> bool:
        """Whether `data` still stands at `place`; asked of files that are not compressed, which others may rewrite."""
        return self.compressed or os.pread(self._raw.fileno(), len(data), place) == data

    def _next_piece(self) -> bool:
        if self.broken:
            return False
        try:
            self._piece = next(self._pieces, b"")
        except Broken as error:
            self.broken = str(error)
        return bool(self._piece)

    def _rewind(self) -> None:
        self._raw.seek(0)
        self._piece, self.broken = b"", None
        if self._codec is not None:
            self._pieces = unpack(self._raw, self._codec)


def digest(data: bytes) -> str:
    """The first 32 hex digits of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:32]


def signature_of(status: os.stat_result) -> str:
    """inode:size:mtime; a `~` behind it says that it was written so lately that the next write may look the same."""
    coarse = status.st_mtime_ns % 1_000_000_000 == 0
    settled = time.time_ns() - status.st_mtime_ns > (2_000_000_000 if coarse else _TICK)
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}{'' if settled else '~'}"


def unreadable(path: Path, error: OSError) -> IngestError:
    """The error of a file that the system does not let us read."""
    msg = f"{path} cannot be read: {error.strerror or error}."
    return IngestError(msg, hint="Check that the file is there and that this user may read it.")


def irregular(path: Path) -> IngestError:
    """The error of what is no file: a FIFO, a device, a socket, a folder."""
    msg = f"{path} is no regular file."
    return IngestError(msg, hint="Name a log file, a folder of them, or a glob.")


def _open(path: Path) -> io.BufferedReader:
    # O_NONBLOCK: a FIFO without a writer would otherwise hang the open.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise irregular(path)
    return os.fdopen(descriptor, "rb")
