"""Standard input: blocks as they come, so that a line of `tail -F` is stored within two seconds.

At least once: nobody can say what of a pipe was stored when its reader was killed.
"""

import os
import select
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from ingest.framing.interface import Framing
from ingest.sources.cutting import MAX_LINE
from ingest.sources.decompress import codec_of
from ingest.sources.files import BLOCK_BYTES, Block
from ingest.sources.left_out import BEGINNING, LeftOut
from model.clock import Clock
from model.errors import IngestError
from model.segment import Cursor

_FLUSH_SECONDS: Final = 1.0
"""What was read is stored after so long, even when little of it."""
_LOOK_SECONDS: Final = 0.2
"""How often we look whether to stop."""
_HEAD: Final = 4096
_PIECE: Final = 1 << 20
_SPELT: Final = "longer than 1 MiB"


@dataclass(slots=True, kw_only=True)
class Stream:
    """A pipe that is being read."""

    descriptor: int
    cursor: Cursor
    framing: Callable[[bytes], Framing]
    clock: Clock
    stopped: Callable[[], bool]
    """Asked several times a second; what was read by then is still stored."""
    storing: Callable[[], AbstractContextManager[None]]
    """Entered around the storing of each block."""
    max_line: int = MAX_LINE
    _left: bytes = b""
    _head: bytes = b""
    _before: Cursor | None = None
    _overlong: bool = False

    def blocks(self) -> Iterator[Block]:
        """Blocks of whole lines until the pipe ends. Raises IngestError when it is compressed."""
        ended = False
        while not ended:
            ended = self._fill()
            if not self._head and codec_of(self._left[:16]) and len(self._left) > 1:
                msg = "Standard input is compressed."
                raise IngestError(msg, hint="Name the file, or pipe it through zcat, bzcat, xzcat or zstdcat.")
            yield from self._store(last=ended and not self.stopped())

    def _fill(self) -> bool:
        """Read until it is time to store; returns whether the pipe has ended."""
        parts, size, begun = [self._left], len(self._left), None
        try:
            while size < BLOCK_BYTES:
                now = self.clock.monotonic()
                if self.stopped():
                    return True
                if begun is not None and now - begun >= _FLUSH_SECONDS:
                    return False
                ready, _, _ = select.select([self.descriptor], [], [], _LOOK_SECONDS)
                if not ready:
                    continue
                data = os.read(self.descriptor, _PIECE)
                if not data:
                    return True
                parts.append(data)
                size += len(data)
                begun = now if begun is None else begun
            return False
        finally:
            self._left = b"".join(parts)

    def _store(self, *, last: bool) -> Iterator[Block]:
        if self._overlong:
            self._skip_rest()
        self._head = self._head or self._left[:_HEAD]
        framing = self.framing(self._head)
        by_line = not framing.raw and not framing.name.startswith("document")
        cut = len(self._left) if last and by_line else framing.cut(self._left)
        if not cut and len(self._left) > self.max_line:
            yield from self._too_long()
        elif cut:
            data, self._left = self._left[:cut], self._left[cut:]
            lines = data.count(b"\n") + (not data.endswith(b"\n"))
            yield from self._moved(data, size=cut, lines=lines)

    def _skip_rest(self) -> None:
        end = self._left.find(b"\n") + 1
        self._overlong = not end
        self._left = self._left[end:] if end else b""

    def _too_long(self) -> Iterator[Block]:
        line, self._left, self._overlong = self._left, b"", True
        yield from self._moved(b"", size=len(line), lines=1, left_out=LeftOut(_SPELT, line[:BEGINNING], again=False))

    def _moved(self, data: bytes, *, size: int, lines: int, left_out: LeftOut | None = None) -> Iterator[Block]:
        before = self._before
        at = self.cursor
        after = replace(at, offset=at.offset + size, lines=at.lines + lines, epoch=at.epoch + 1)
        with self.storing():
            yield Block(data=data, head=self._head, before=before, after=after, done=0.0, left_out=left_out)
            # An empty block after it: what stands before is stored when the next is asked for.
            yield Block(data=b"", head=self._head, before=after, after=after, done=0.0)
        self.cursor = self._before = after
