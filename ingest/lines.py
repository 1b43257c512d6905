"""Bytes to lines: a block becomes an Arrow table of numbered lines without copying the text."""

import codecs
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.block import PIECE, Held, Text
from ingest.framing.interface import Numbers, Records
from model.arrow import integers, strings

_CHUNK = 16_384
"""Lines a record batch; DuckDB's threads take one batch at a time."""
_STEP = 4 << 20
"""Bytes of a block that are looked at at once for some of its lines."""
_SAMPLE = 200
_LOOKED_AT = 1 << 16

_NEAR = 1 << 12
Read = Callable[[int, int], bytes]
"""Bytes from a place on, so many."""


def readable(block: bytes, *, at_start: bool) -> bytes:
    """The block without a byte order mark and NULs (a sparse hole that copytruncate left), and in UTF-8.

    Bytes that are no UTF-8 become U+FFFD.
    """
    if at_start and block.startswith(codecs.BOM_UTF8):
        block = block[len(codecs.BOM_UTF8) :]
    if b"\0" in block:
        block = block.replace(b"\0", b"")
    if block.isascii():
        return block
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return block.decode("utf-8", "replace").encode("utf-8")
    return block


def table(records: Records) -> pa.Table:
    """One row a record, blank ones too: `n` (int32, its line in the block, from 1), `text` and `envelope` (text)."""
    data = records.data if records.held is None else records.held.whole()
    offsets = _offsets(data)
    count = len(offsets) - 1
    text = pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(data))
    own = np.arange(1, count + 1, dtype=np.int32) if records.numbers is None else records.numbers
    envelope = pa.nulls(count, pa.large_string()) if records.envelopes is None else strings(records.envelopes)
    made = pa.Table.from_arrays([integers(own), text, envelope], names=["n", "text", "envelope"])
    return pa.Table.from_batches(made.to_batches(max_chunksize=_CHUNK), schema=made.schema)


def rows_of(records: Records, places: npt.NDArray[np.int64]) -> pa.Table:
    """The rows of `table` at these ascending places, from 0 on, without a second copy of the whole block."""
    read, size = _reader(records.text), len(records.text)
    found, row, at, step = list[pa.LargeStringArray](), 0, 0, _STEP
    while at < size:
        piece = read(at, step)
        end = len(piece) if at + len(piece) >= size else piece.rfind(b"\n") + 1
        if not end:
            step *= 2
            continue
        offsets = _offsets(piece[:end])
        count = len(offsets) - 1
        own = places[np.searchsorted(places, row) : np.searchsorted(places, row + count)] - row
        if len(own):
            text = pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(piece))
            found.append(text.take(integers(cast("Numbers", own.astype(np.int32)))))
        row, at, step = row + count, at + end, _STEP
    numbers = cast("Numbers", (places + 1).astype(np.int32) if records.numbers is None else records.numbers[places])
    given = records.envelopes
    envelope = pa.nulls(len(places), pa.large_string()) if given is None else strings([given[at] for at in places])
    text = pa.chunked_array(found, type=pa.large_string())
    return pa.table({"n": integers(numbers), "text": text, "envelope": envelope})


class Lines:
    """Where the lines of a block are, by how many each piece of it has; counting them costs 0.02 µs a line."""

    def __init__(self, data: Text) -> None:
        self.size = len(data)
        self._read = _reader(data)
        if isinstance(data, Held):
            self._ends, is_open = data.ends, data.is_open
        else:
            self._ends = np.cumsum(_ends_of_pieces(data, len(data)), dtype=np.int64)
            is_open = bool(data) and not data.endswith(b"\n")
        self.count = (int(self._ends[-1]) if self.size else 0) + is_open
        """How many lines, a last one without its end among them."""
        self._piece = -1
        self._within = np.zeros(0, dtype=np.int64)

    def texts(self, rows: Sequence[int]) -> list[bytes]:
        """The lines of these ascending rows (from 0), without their ends."""
        return [self._line(row) for row in rows]

    def table(self, rows: Sequence[int]) -> pa.Table:
        """The same as `table` gives them."""
        numbers = np.array(rows, dtype=np.int32) + 1
        return table(Records(b"".join(text + b"\n" for text in self.texts(rows)), numbers=numbers))

    def _line(self, row: int) -> bytes:
        begin = self._end(row - 1) + 1 if row else 0
        return self._read(begin, self._end(row) - begin)

    def _end(self, row: int) -> int:
        """Where a line ends."""
        if row >= self._ends[-1]:
            return self.size
        piece = int(np.searchsorted(self._ends, row + 1))
        if piece != self._piece:
            octets = np.frombuffer(self._read(piece * PIECE, PIECE), dtype=np.uint8)
            self._piece, self._within = piece, np.flatnonzero(octets == ord("\n")) + piece * PIECE
        return int(self._within[row - (int(self._ends[piece - 1]) if piece else 0)])


def _reader(data: Text) -> Read:
    return data.read if isinstance(data, Held) else lambda at, size: data[at : at + size]


def line_ends(data: bytes, stop: int) -> int:
    """How many lines end before `stop`; `bytes.count` takes five times as long, and Python's lock with it."""
    return sum(_ends_of_pieces(data, stop))


def _ends_of_pieces(data: bytes, stop: int) -> list[int]:
    octets = np.frombuffer(data, dtype=np.uint8)[:stop]
    # In pieces that stay in the processor's cache: comparing a whole block at once takes three times as long.
    pieces = range(0, len(octets), PIECE)
    return [int(np.count_nonzero(octets[at : at + PIECE] == ord("\n"))) for at in pieces]


def texts(records: Records, where: Lines, numbers: Sequence[int]) -> list[str]:
    """The records of the ascending line numbers."""
    places = [n - 1 for n in numbers]
    if records.numbers is not None:
        places = np.searchsorted(records.numbers, numbers).tolist()
    return [line.decode("utf-8", "replace") for line in where.texts(places)]


def sample(block: Text, limit: int = _SAMPLE) -> list[str]:
    """Up to `limit` lines that are not blank: the first half from the start, the others spread over the block."""
    read = _reader(block)
    start = read(0, 256 * limit).split(b"\n")[: limit // 2]
    lines = [line.decode("utf-8", "replace").strip("\r\n\x00") for line in start]
    step = max(1, len(block) // (limit // 2))
    for at in range(256 * limit, len(block) - step, step):
        # A line of a megabyte says little more of its format, and makes patterns slow.
        line = _next_line(read(at, _NEAR)) or _next_line(read(at, 2 * _LOOKED_AT))
        lines.append(line.decode("utf-8", "replace").strip("\r"))
    return [line[:_LOOKED_AT] for line in lines if line.strip()]


def _next_line(ahead: bytes) -> bytes:
    """The first line that begins and ends here."""
    begin = ahead.find(b"\n") + 1
    return ahead[begin : max(begin, ahead.find(b"\n", begin))] if begin else b""


def first(text: Text) -> bytes:
    """The first byte."""
    return _reader(text)(0, 1)


def line_with(text: Text, names: Iterable[str]) -> str | None:
    """The first line that holds one of `names` in quotes, or None."""
    block = text.whole() if isinstance(text, Held) else text
    for name in names:
        at = block.find(f'"{name}"'.encode())
        if at >= 0:
            end = block.find(b"\n", at)
            line = block[block.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(block)]
            return line.decode("utf-8", "replace")
    return None


def _offsets(block: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where each line begins, and where the last one ends."""
    octets = np.frombuffer(block, dtype=np.uint8)
    # In pieces that stay in the processor's cache: comparing a whole block at once takes three times as long.
    pieces = range(0, len(octets), PIECE)
    ends = [np.flatnonzero(octets[start : start + PIECE] == ord("\n")) + (start + 1) for start in pieces]
    found = [np.zeros(1, dtype=np.int64), *ends]
    if len(block) and block[-1] != ord("\n"):
        found.append(np.full(1, len(block), dtype=np.int64))
    return np.concatenate(found)
