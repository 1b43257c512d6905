"""Log files: found by path, folder or glob; read in blocks of complete lines.

More than 150 lines with what a block is and how its cursor moves, which is one idea with reading it.
"""

import glob
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ingest.framing.interface import LINES, Framing
from ingest.sources.content import HEAD, TAIL, Content, digest
from ingest.sources.matching import Look, look
from model.errors import IngestError
from model.segment import Cursor

__all__ = ["BLOCK_BYTES", "Block", "Look", "blocks", "find", "look"]

BLOCK_BYTES: Final = 48 << 20
BLOCK_LINES: Final = 160_000
"""Inflated bytes, and by their first bytes lines, that are parsed at once; bound the memory of an ingest."""
_IDLE_SECONDS: Final = 60.0
"""A last line without a line end is taken once nobody has written for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Complete lines of one file, and how its cursor moves when they are stored."""

    data: bytes
    head: bytes
    """The file's first bytes; formats are recognised by them."""
    before: Cursor | None
    after: Cursor
    done: float
    """Share of the file that has been read, 0 to 1."""
    truncated: str | None = None
    """Why the compressed stream ends early."""


def find(patterns: Sequence[str | Path]) -> list[Path]:
    """The files behind paths, folders and globs, without repeats, oldest first.

    Raises IngestError for one that finds nothing.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matched = _matches(str(pattern))
        if not matched:
            msg = f"There is no file {pattern}."
            raise IngestError(msg, hint="Check the path; a glob needs quotes in the shell.")
        found.update(dict.fromkeys(matched))
    return sorted(found, key=lambda path: (_modified(path), str(path)))


def blocks(
    seen: Look,
    source: str,
    *,
    taken: frozenset[str],
    now: float,
    framing: Callable[[bytes], Framing] = lambda _head: LINES,
    size: int | None = None,
) -> Iterator[Block]:
    """The file's new lines.

    `taken` are origins in use; `now` is the clock in epoch seconds; `framing` gives, for a file's head, where
    its records end. Raises IngestError when the file went away, or is no longer the one that was looked at.
    """
    with Content(seen.path) as content:
        head = content.head()
        if not head:
            return
        cursor = seen.cursor or _fresh(content, source, head, taken)
        if content.inode != seen.inode or (cursor.offset and content.skip_to(cursor.offset) != cursor.tail_hash):
            msg = f"{content.path} was rotated while it was being read."
            raise IngestError(msg, hint="Nothing is lost: the next ingest reads what is left.")
        yield from _lines(content, cursor, seen.cursor, head, framing(head), size=size or _size(head), now=now)


def _size(head: bytes) -> int:
    return min(BLOCK_BYTES, BLOCK_LINES * len(head) // max(1, head.count(b"\n")))


def _lines(
    content: Content,
    cursor: Cursor,
    before: Cursor | None,
    head: bytes,
    framing: Framing,
    *,
    size: int,
    now: float,
) -> Iterator[Block]:
    content.skip_to(cursor.offset)
    carry, tail, ended = b"", content.before, False
    while not ended:
        read = content.read(size)
        ended = len(read) < size
        data = carry + read
        cut = framing.cut(data)
        if framing is LINES and ended and cut < len(data) and _is_final(content, now):
            cut = len(data)
        carry, taken = data[cut:], data[:cut]
        whole = ended and not carry and not content.broken
        if not taken and not content.broken:
            if whole and before is not None and before.signature != content.signature:
                yield _seen_whole(content, before, head)
            continue
        tail = taken[-TAIL:] if len(taken) >= TAIL else (tail + taken)[-TAIL:]
        after = _advance(cursor, taken, content, head, tail=tail, whole=whole) if taken else cursor
        yield Block(
            data=taken,
            head=head,
            before=before,
            after=after,
            done=1.0 if ended else _done(content, after.offset),
            truncated=content.broken,
        )
        cursor = before = after


def _seen_whole(content: Content, cursor: Cursor, head: bytes) -> Block:
    """A block without lines: known content under a new name (a rename, a .gz) need not be opened again."""
    after = replace(cursor, path=str(content.path), signature=content.signature)
    return Block(data=b"", head=head, before=cursor, after=after, done=1.0)


def _is_final(content: Content, now: float) -> bool:
    """Whether a last line without a line end will never be finished."""
    return not content.broken and (content.compressed or now - content.modified > _IDLE_SECONDS)


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    try:
        if path.is_dir():
            return [p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")]
        if path.exists():
            return [path]
    except PermissionError:
        return [path]  # reading it says why it cannot be read
    return [Path(p) for p in glob.glob(str(path), recursive=True) if Path(p).is_file()]  # noqa: PTH207 (absolute globs)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # it went away; reading it says so


def _fresh(content: Content, source: str, head: bytes, taken: frozenset[str]) -> Cursor:
    first = head.split(b"\n", 1)[0]
    text = f"{source}\x1f{content.path}\x1f{content.inode}\x1f{digest(first)}"
    base = hashlib.sha256(text.encode()).hexdigest()[:20]
    origin, again = base, 1
    while origin in taken:
        again += 1
        origin = f"{base}.{again}"
    return Cursor(source=source, origin=origin, path=str(content.path))


def _advance(cursor: Cursor, data: bytes, content: Content, head: bytes, *, tail: bytes, whole: bool) -> Cursor:
    """The cursor after `data`; `tail` are up to TAIL bytes before its new offset."""
    offset = cursor.offset + len(data)
    head_size = min(HEAD, offset, len(head))
    return replace(
        cursor,
        path=str(content.path),
        offset=offset,
        lines=cursor.lines + data.count(b"\n") + (not data.endswith(b"\n")),
        head_size=head_size,
        head_hash=digest(head[:head_size]),
        tail_hash=digest(tail),
        # Only a file read to its end may be passed over while it stays unchanged.
        signature=content.signature if whole else f"{content.inode}::",
    )


def _done(content: Content, offset: int) -> float:
    if content.compressed:
        return min(1.0, content.position() / content.size) if content.size else 1.0
    return min(1.0, offset / content.size) if content.size else 1.0
