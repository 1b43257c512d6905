"""Which line of a file was changed: each line's digest is kept beside the report; of a PDF each block's of 256 bytes.

The manifest's SHA-256 decides whether a file is what it was; these digests only find the place. They are checked
against each file that is whole, so they cannot be changed without being told either.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

DIGITS: Final = 16
"""Of a line's SHA-256: 64 bits find a place; they decide nothing."""
_HEAD: Final = "# "
_SHOWN: Final = 10
"""Changed places that are named one by one."""


BLOCK: Final = 256
"""Bytes of a block, in a file that has no lines: a change in it is found to within so many."""


class Digester:
    """Takes a file piece by piece and gives the digest of each of its lines, or of its blocks."""

    def __init__(self, name: str = "") -> None:
        self._rest = b""
        self._digests = bytearray()
        self._blocks = has_blocks(name)

    def add(self, piece: bytes) -> None:
        """The next piece; it may end in the middle of a line."""
        rest = self._rest + piece
        if self._blocks:
            cut = len(rest) // BLOCK * BLOCK
            whole, self._rest = [rest[at : at + BLOCK] for at in range(0, cut, BLOCK)], rest[cut:]
        else:
            *lines, self._rest = rest.split(b"\n")
            whole = [line + b"\n" for line in lines]
        self._digests += b"".join(map(_digest, whole))

    def end(self) -> bytes:
        """All of them, one a line; a last line without an end counts."""
        if self._rest:
            self._digests += _digest(self._rest)
            self._rest = b""
        return bytes(self._digests)


def has_blocks(name: str) -> bool:
    """Whether a file has no lines, so that blocks of BLOCK bytes are counted in their place."""
    return name.endswith(".pdf")


def encoded(lines: Mapping[str, bytes]) -> Iterator[bytes]:
    """The file of digests: each file's name behind a #, then one digest a line."""
    for name in sorted(lines):
        yield f"{_HEAD}{name}\n".encode()
        yield lines[name]


def decoded(path: Path) -> dict[str, list[bytes]]:
    """File name to the digests of its lines; empty when there is no such file."""
    found: dict[str, list[bytes]] = {}
    try:
        content = path.read_bytes()
    except OSError:
        return found
    mine: list[bytes] = []
    for line in content.removesuffix(b"\n").split(b"\n"):
        if line.startswith(_HEAD.encode()):
            mine = found.setdefault(line[len(_HEAD) :].decode("utf-8", "replace"), [])
        else:
            mine.append(line)
    return found


def of_file(path: Path) -> list[bytes]:
    """The digests of a file's lines."""
    digester = Digester(path.name)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digester.add(piece)
    return digester.end().split()


def places(name: str, was: Sequence[bytes], found: Sequence[bytes]) -> Iterator[str]:
    """What was done to a file of that name: its lines, or its bytes counted from 0."""
    if not has_blocks(name):
        yield from differences(was, found)
        return
    runs = list(_runs(n for n, (one, other) in enumerate(zip(was, found, strict=False)) if one != other))
    if len(was) != len(found):
        yield f"it differs from byte {(runs[0][0] if runs else min(len(was), len(found))) * BLOCK} on"
        return
    yield from (f"bytes {first * BLOCK} to {(last + 1) * BLOCK - 1} were changed" for first, last in runs[:_SHOWN])
    if len(runs) > _SHOWN:
        yield f"and {len(runs) - _SHOWN} places more were changed"


def differences(was: Sequence[bytes], found: Sequence[bytes]) -> Iterator[str]:
    """What was done to a file, as `line 17 was changed` or `lines 5 to 7 are missing`."""
    if len(was) == len(found):
        runs = list(_runs(n for n, (one, other) in enumerate(zip(was, found, strict=True), 1) if one != other))
        yield from (f"{_lines(first, last)} changed" for first, last in runs[:_SHOWN])
        if len(runs) > _SHOWN:
            yield f"and {len(runs) - _SHOWN} places more were changed"
        return
    head = _same(zip(was, found, strict=False))
    tail = _same(zip(reversed(was[head:]), reversed(found[head:]), strict=False))
    gone, put = len(was) - head - tail, len(found) - head - tail
    if not put:
        yield f"{_lines(head + 1, head + gone, 'is', 'are')} missing"
    elif not gone:
        yield f"{_lines(head + 1, head + put)} put in"
    else:
        yield f"{_lines(head + 1, head + gone)} replaced by {put} other{'' if put == 1 else 's'}"


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).hexdigest()[:DIGITS].encode() + b"\n"


def _same(pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """How many pairs are equal before the first that is not."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of runs of following numbers."""
    all_of = list(numbers)
    if all_of:
        ends = [n for n, after in pairwise(all_of) if after != n + 1]
        starts = [after for n, after in pairwise(all_of) if after != n + 1]
        yield from zip([all_of[0], *starts], [*ends, all_of[-1]], strict=True)


def _lines(first: int, last: int, one: str = "was", many: str = "were") -> str:
    return f"line {first} {one}" if first == last else f"lines {first} to {last} {many}"
