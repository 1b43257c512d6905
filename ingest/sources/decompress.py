"""Compressed logs: gz, bz2, xz and zst, known by their first bytes and unpacked in bounded pieces."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

import zstandard

_MOST: Final = 1 << 20
"""Bytes a piece holds at most (zst: what 2 KiB of input unpack to, 64 MiB at worst)."""
_CAREFUL: Final = 1 << 10
_MEMORY: Final = 192 << 20
"""What an xz file's dictionary may take; `xz -9` needs 65 MiB. (zst refuses windows above 128 MiB by itself.)"""
_TOTAL: Final = 1 << 40
LONGEST_MAGIC: Final = 10
"""How many first bytes `codec_of` looks at."""
UNFINISHED: Final = "ends in the middle of its compressed data"


class Broken(Exception):
    """The compressed data ends early; the text follows the file's name in a sentence."""


class _Unpacker(Protocol):
    """What Python's bz2 and lzma objects are."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One way of compressing."""

    name: str
    magics: tuple[bytes, ...]
    new: Callable[[], _Unpacker]
    feed: int
    """Bytes of the file that are unpacked at once."""
    free: int
    """What any file may unpack to; beyond that the ratio counts."""
    ratio: int
    """A bomb is what unpacks to more. As gz, logs reach 1:10 to 1:35, one line over and over 1:294, zeros 1:1028.
    As bz2, xz and zst, health checks alone reach 1:6000 like zeros, so `free` has to be large there."""


class _Gz:
    """zlib's object in the shape of the others."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)
        self._waiting = False

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes:
        found = self._unpacker.decompress(self._unpacker.unconsumed_tail + data, max_length)
        # A full piece may have more behind it, even when all input has been taken.
        self._waiting = bool(self._unpacker.unconsumed_tail) or len(found) == max_length
        return found


class _Zst:
    """zstandard's object, which knows no greatest length: its input has to be short."""

    needs_input: Final = True

    def __init__(self) -> None:
        self._unpacker = zstandard.ZstdDecompressor().decompressobj(write_size=1 << 16)

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes:
        del max_length
        return self._unpacker.decompress(data)


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MEMORY)


_SKIPPABLE: Final = tuple(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))
_BZ2: Final = tuple(
    b"BZh%d" % level + what for level in range(1, 10) for what in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
)
CODECS: Final = (
    Codec(name="gz", magics=(b"\x1f\x8b\x08",), new=_Gz, feed=1 << 16, free=64 << 20, ratio=500),
    Codec(name="bz2", magics=_BZ2, new=bz2.BZ2Decompressor, feed=1 << 16, free=16 << 30, ratio=500),
    Codec(name="xz", magics=(b"\xfd7zXZ\x00",), new=_xz, feed=1 << 16, free=16 << 30, ratio=500),
    Codec(name="zst", magics=(b"\x28\xb5\x2f\xfd", *_SKIPPABLE), new=_Zst, feed=1 << 11, free=16 << 30, ratio=500),
)
_ERRORS: Final = (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError)


def codec_of(first: bytes) -> Codec | None:
    """How a file that begins so is compressed; None: it is not. The beginning of a magic number alone counts too."""
    for codec in CODECS:
        for magic in codec.magics:
            if first and (first.startswith(magic) or magic.startswith(first)):
                return codec
    return None


def unpack(raw: BinaryIO, codec: Codec) -> Iterator[bytes]:
    """The pieces of a file, its members one after another. Raises Broken where it ends early, after what is good."""
    given, at = 0, [0]
    try:
        for piece in _members(raw, codec, at):
            given += len(piece)
            yield piece
    except _ERRORS as error:
        # The piece that broke took its good beginning with it. The same again, a byte at a time, gives that too.
        raw.seek(0)
        yield from _beyond(_members(raw, codec, [0], careful_from=at[0]), given)
        msg = f"holds broken {codec.name} data ({str(error).rstrip('.')})"
        raise Broken(msg) from None


def _beyond(pieces: Iterator[bytes], given: int) -> Iterator[bytes]:
    try:
        for piece in pieces:
            if len(piece) > given:
                yield piece[given:]
            given = max(0, given - len(piece))
    except _ERRORS:
        return


def _members(raw: BinaryIO, codec: Codec, at: list[int], *, careful_from: int | None = None) -> Iterator[bytes]:
    """`at[0]` becomes where in the file the piece came from that is being unpacked."""
    unpacker, data, fed, given = codec.new(), b"", 0, 0
    while True:
        careful = careful_from is not None and fed >= careful_from
        if unpacker.needs_input and not data:
            at[0] = fed
            data = raw.read(1 if careful else codec.feed)
            fed += len(data)
            if not data:
                raise Broken(UNFINISHED)
        piece, data = unpacker.decompress(data, _CAREFUL if careful else _MOST), b""
        given += len(piece)
        _check(codec, given, fed)
        if piece:
            yield piece
        if unpacker.eof:
            data, taken = _next_member(raw, codec, unpacker.unused_data, 1 if careful else codec.feed)
            fed += taken
            if not data:
                return
            unpacker = codec.new()


def _next_member(raw: BinaryIO, codec: Codec, rest: bytes, step: int) -> tuple[bytes, int]:
    """What follows a member, without padding; and how many bytes were read for it. Raises Broken for anything else."""
    rest, taken = rest.lstrip(b"\0"), 0
    while len(rest) < LONGEST_MAGIC and (more := raw.read(step)):
        rest, taken = (rest + more).lstrip(b"\0"), taken + len(more)
    if rest and codec_of(rest) is not codec:
        msg = f"has something behind its {codec.name} data that is no {codec.name}"
        raise Broken(msg)
    return rest, taken


def _check(codec: Codec, given: int, fed: int) -> None:
    if given > min(max(codec.free, codec.ratio * fed), _TOTAL):
        msg = f"is {fed:,} bytes that unpack to more than {given:,}, as a bomb would"
        raise Broken(msg)
