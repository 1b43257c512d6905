"""A block's bytes as a file that DuckDB's own readers can open: in memory, never on disk.

A block that is copied from its log straight into such a file is never an object of Python's: to make 32 MB of fresh
memory for each costs the system a quarter of an ingest's time.
"""

import codecs
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

PIECE: Final = 1 << 18
"""Bytes that are looked at together; they stay in the processor's cache."""
ODD_SPACES: Final = (b"\x0b", b"\x0c")
"""Vertical tab and form feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Bytes that lie in a file in memory, until it holds others."""

    file: "BlockFile"
    size: int
    ends: npt.NDArray[np.int64]
    """How many lines end before the end of each piece of PIECE bytes."""
    is_open: bool
    """Whether the last line has no end."""
    odd_spaces: bool
    """Whether a vertical tab or a form feed is among them."""
    release: Callable[[], None] = field(default=lambda: None)
    """Call it when nobody needs the bytes any more."""

    def __len__(self) -> int:
        return self.size

    @property
    def lines(self) -> int:
        """How many lines, a last one without its end among them."""
        return (int(self.ends[-1]) if self.size else 0) + self.is_open

    def read(self, at: int, size: int) -> bytes:
        """Bytes from a place on."""
        return self.file.read(at, min(size, self.size - at))

    def whole(self) -> bytes:
        """All of them, copied."""
        return self.read(0, self.size)


Text = bytes | Held
"""The bytes of a block."""


class BlockFile:
    """An anonymous file in memory; holds one block at a time. Close it, or use it as a context manager.

    Raises OSError when the system has none: then lines are taken apart one by one.
    """

    def __init__(self) -> None:
        if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112 (no Path for one look)
            msg = "this system has no files in memory"
            raise OSError(msg)
        self._descriptor = os.memfd_create("block")

    @property
    def path(self) -> str:
        """The name under which this process opens it."""
        return f"/proc/self/fd/{self._descriptor}"

    def hold(self, data: bytes) -> Held:
        """Put `data` in the place of what was held. Raises OSError when there is no room for it."""
        view, ends = memoryview(data), list[int]()
        self._begin()
        for at in range(0, len(data), PIECE):
            ends.append(_line_ends(view[at : at + PIECE]))
            self._write(view[at : at + PIECE])
        odd = any(one in data for one in ODD_SPACES)
        return self._held(len(data), ends, odd_spaces=odd, is_open=bool(data) and not data.endswith(b"\n"))

    def copy(
        self, read_into: Callable[[memoryview], int], size: int, release: Callable[[], None] = lambda: None
    ) -> Held | None:
        """Put the next `size` bytes of a log there, or what there still is, when all of it can be taken as it is.

        None where it cannot: it does not end with a line, holds NULs or what is no UTF-8, or lines of PIECE bytes; and
        when there is no room for it. Raises what `read_into` raises.
        """
        whole, ends, check, odd, done = bytearray(PIECE), list[int](), _Utf8(), False, 0
        room = memoryview(whole)
        self._begin()
        while done < size:
            piece = room[: _filled(read_into, room[: size - done])]
            if not piece:
                break
            octets = whole if len(piece) == PIECE else bytes(piece)
            ends.append(_line_ends(piece))
            # A whole piece without a line end belongs to a line that may be too long.
            if not ends[-1] or b"\0" in octets or not check.goes_on(octets):
                return None
            odd = odd or any(one in octets for one in ODD_SPACES)
            try:
                self._write(piece)
            except OSError:
                return None
            done += len(piece)
            if len(piece) < PIECE:
                break
        if not done or not check.ends() or piece[-1] != ord("\n"):
            return None
        return self._held(done, ends, odd_spaces=odd, is_open=False, release=release)

    def read(self, at: int, size: int) -> bytes:
        """Bytes of what is held."""
        return os.pread(self._descriptor, size, at)

    def close(self) -> None:
        """Give the memory back."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        # Over what was there: to give pages back and take them anew costs the system 0.2 µs a line.
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def _write(self, left: memoryview) -> None:
        while left:
            left = left[os.write(self._descriptor, left) :]

    def _held(
        self, size: int, ends: list[int], *, odd_spaces: bool, is_open: bool, release: Callable[[], None] = lambda: None
    ) -> Held:
        os.ftruncate(self._descriptor, size)
        return Held(
            file=self,
            size=size,
            ends=np.cumsum(ends, dtype=np.int64),
            is_open=is_open,
            odd_spaces=odd_spaces,
            release=release,
        )


class BlockFiles:
    """So many files that blocks are copied into, one after another. Close them."""

    def __init__(self, count: int) -> None:
        self._all: list[BlockFile] = []
        self._idle: SimpleQueue[BlockFile] = SimpleQueue()
        with suppress(OSError):  # no files in memory: nothing is copied
            self._all = [BlockFile() for _ in range(count)]
        for file in self._all:
            self._idle.put(file)

    def copy(self, read_into: Callable[[memoryview], int], size: int) -> Held | None:
        """As BlockFile.copy; None, with nothing read, also while all are in use."""
        try:
            file = self._idle.get_nowait()
        except Empty:
            return None
        held = file.copy(read_into, size, lambda: self._idle.put(file))
        if held is None:
            self._idle.put(file)
        return held

    def close(self) -> None:
        """Give the memory back."""
        for file in self._all:
            file.close()


class _Utf8:
    """Whether bytes that come in pieces are UTF-8."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._waits = False

    def goes_on(self, octets: bytes | bytearray) -> bool:
        """Whether it still is with these behind it."""
        if octets.isascii() and not self._waits:
            return True
        try:
            self._decoder.decode(octets)
        except UnicodeDecodeError:
            return False
        self._waits = bool(self._decoder.getstate()[0])
        return True

    def ends(self) -> bool:
        """Whether no character is cut."""
        return not self._waits


def _filled(read_into: Callable[[memoryview], int], room: memoryview) -> int:
    done = 0
    while done < len(room) and (got := read_into(room[done:])):
        done += got
    return done


def _line_ends(piece: memoryview) -> int:
    return int(np.count_nonzero(np.frombuffer(piece, dtype=np.uint8) == ord("\n")))
