"""A stream of bytes cut into pieces of whole lines, whatever the lines are: memory stays within a block or two.

More than 150 lines, since what is held back, what is left out and where a piece ends are one decision.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ingest.block import PIECE, Held
from ingest.framing.interface import LINES, Framing
from ingest.lines import line_ends
from ingest.sources.encoding import Encoding
from ingest.sources.left_out import BEGINNING, LeftOut

MAX_LINE: Final = 1 << 20
"""Bytes of a line (in UTF-8, without its end) that are parsed; a longer one is left out and counted."""
BLOCK_LINES: Final = 140_000
REST: Final = "rest of a line that was taken unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the stream: whole lines, or a line that is left out."""

    text: bytes = b""
    """Whole lines in UTF-8."""
    held: Held | None = None
    """They lie in a file in memory instead."""
    size: int
    """How many bytes of the stream it stands for."""
    tail: bytes
    """The last of those."""
    lines: int = 0
    """How many lines `text` has, a last one without its end among them."""
    left_out: LeftOut | None = None
    overlong: bool = False
    """Whether it ends inside a line that is too long."""


@dataclass(slots=True, kw_only=True)
class Cutter:
    """Cuts one file from an offset on."""

    read: Callable[[int], bytes]
    """Gives up to so many bytes; fewer at the end."""
    framing: Framing
    encoding: Encoding
    size: int
    """Bytes to read at once."""
    max_line: int
    tail: int
    """How many last bytes of a piece to keep."""
    overlong: bool
    """Whether the offset stands inside a line that is too long."""
    unfinished: bool
    """Whether it stands behind a last line that was taken without its end."""
    up_to_line_end: Callable[[int], int] = lambda size: size
    """How many of the next so many bytes end with a line, where that can be told: a block that does is not copied."""
    hold: Callable[[int], Held | None] = lambda _size: None
    """Copies up to so many of the next bytes into a file in memory; None, with nothing read, where they cannot be
    taken as they are."""
    is_final: Callable[[], bool]
    """Whether what has no line end at the end of the file never gets one."""
    left: bytes = field(default=b"", init=False)
    """What was read and is not cut yet; in the end, what is held back."""
    ended: bool = field(default=False, init=False)
    """Whether all has been read."""

    @property
    def _by_line(self) -> bool:
        return not self.framing.raw and not self.framing.name.startswith("document")

    def pieces(self) -> Iterator[Piece]:
        """The pieces, in order."""
        while not self.ended:
            size = self.up_to_line_end(self.size)
            if (held := self._held(size)) is not None:
                self.ended = held.size < size
                tail = held.read(max(0, held.size - self.tail), self.tail)
                yield Piece(held=held, size=held.size, tail=tail, lines=held.lines)
                continue
            read = self.read(size)
            self.ended = len(read) < size
            self.left += read
            del read
            if self.overlong or self.unfinished:
                yield from self._skip()
            if self.left and not self.overlong and not self.unfinished:
                yield from self._whole()

    def _held(self, size: int) -> Held | None:
        """The next whole lines, none of them too long, without ever being an object here."""
        usual = self.framing is LINES and self.max_line >= 2 * PIECE
        return self.hold(size) if usual and not self.left and not self.overlong and not self.unfinished else None

    def _skip(self) -> Iterator[Piece]:
        """Leave out the rest of a line that began before this place."""
        text = self.encoding.text(self.left)
        if not text:
            return
        end = text.find(b"\n") + 1
        whole = end > 0 or (self.unfinished and self.ended and self.is_final())
        if not whole and (self.overlong or len(text) > self.max_line):
            end, whole = len(text), True
            self.overlong, again = True, self.overlong
        else:
            end = end or len(text)
            again = self.overlong
            self.overlong = False
        if not whole:
            return
        only_its_end = text[:end] in {b"\n", b"\r\n", b"\r"}
        reason = None if again or only_its_end else LeftOut(REST, text[: min(end, BEGINNING)], again=True)
        finished = text.endswith(b"\n", 0, end)
        self.unfinished = self.unfinished and not finished and not self.overlong
        yield self._take(b"", self.encoding.size(text[:end]), left_out=reason)

    def _whole(self) -> Iterator[Piece]:
        """The whole lines of what was read; a last line that is too long is given up at once."""
        text = self.encoding.text(self.left)
        end = text.rfind(b"\n") + 1
        if not self._by_line:
            yield from self._records(text, self.framing.cut(text))
        elif len(text) - end > self.max_line:
            yield from self._lines(text, end)
            yield from self._too_long(text[end:])
        elif self.ended and end < len(text) and self.is_final():
            yield from self._lines(text, len(text))
            self.unfinished = True
        else:
            yield from self._lines(text, end if self.framing is LINES else self.framing.cut(text[:end]))

    def _lines(self, text: bytes, end: int) -> Iterator[Piece]:
        """The lines before `end`, without those that are too long."""
        begin = 0
        for start, stop in _long_lines(text, end, self.max_line):
            yield from self._records(text[begin:start], start - begin)
            yield from self._too_long(text[start:stop])
            begin = stop
        yield from self._records(text[begin:end], end - begin)

    def _records(self, text: bytes, end: int) -> Iterator[Piece]:
        """What stands before `end`, in pieces that do not hold too many lines."""
        while end:
            step, count = end, line_ends(text, end)
            while count > 2 * BLOCK_LINES and (half := text.rfind(b"\n", 0, step // 2) + 1):
                step = self.framing.cut(text[:half]) or step
                count = line_ends(text, step)
                if step > half:
                    break
            count += not text.endswith(b"\n", 0, step)
            yield self._take(text[:step], self.encoding.size(text[:step]), lines=count)
            text, end = text[step:], end - step

    def _too_long(self, line: bytes) -> Iterator[Piece]:
        """A line that is too long is left out; if NULs made it so, only they are.

        A writer that did not notice that its log was truncated goes on behind a hole of NULs.
        """
        nuls = len(line) - len(line.lstrip(b"\0"))
        if nuls:
            yield self._take(b"", self.encoding.size(line[:nuls]))
            line = line[nuls:]
        finished = line.endswith(b"\n")
        if len(line) - finished > self.max_line:
            self.overlong = not finished
            reason = LeftOut(f"longer than {_spelt(self.max_line)}", line[:BEGINNING], again=False)
            yield self._take(b"", self.encoding.size(line), left_out=reason)
        elif finished:
            yield from self._records(line, len(line))

    def _take(self, text: bytes, size: int, *, lines: int = 0, left_out: LeftOut | None = None) -> Piece:
        taken, self.left = self.left[max(0, size - self.tail) : size], self.left[size:]
        return Piece(text=text, size=size, tail=taken, lines=lines, left_out=left_out, overlong=self.overlong)


def _long_lines(text: bytes, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Where lines that are too long begin and end, their line ends with them; looks at few bytes of short lines."""
    step, done = max(1, limit // 2), 0
    for at in range(0, end, step):
        # A line longer than the limit fills one of these windows.
        if at < done or text.find(b"\n", at, at + step) >= 0:
            continue
        start = text.rfind(b"\n", 0, at) + 1
        stop = text.find(b"\n", at, end) + 1 or end
        if stop - start - text.endswith(b"\n", start, stop) > limit:
            yield start, stop
        done = stop


def _spelt(size: int) -> str:
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"
