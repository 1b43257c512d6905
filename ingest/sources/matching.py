"""Which file continues which cursor: by inode, by content, and without reading copies twice.

More than 150 lines: the ways of knowing a file again are tried one after another, each on what the one before left.
"""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ingest.sources.content import Content, digest, irregular, signature_of, unreadable
from model.errors import IngestError
from model.segment import Cursor

LIVE_IDLE: Final = 600.0
ROTATED_IDLE: Final = 60.0
"""Seconds without a write after which a last line without a line end is taken. A file that was rotated away may still
have a writer, which had a line half written, but not for long."""
_MARKS: Final = ".-_"
"""What stands between a log's name and what a rotation adds to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a file found, and the cursor that continues it."""

    path: Path
    signature: str
    inode: int
    size: int
    cursor: Cursor | None
    """None: content never seen before."""
    changed: bool
    """False when nothing was written since the last look."""
    idle: float = LIVE_IDLE
    """Seconds without a write after which its last line counts as finished."""
    roots: tuple[Path, ...] = ()
    """The folders that the file has to lie in; none: any."""

    @property
    def broken(self) -> str | None:
        """What an earlier look found wrong with a file that has not changed since; None: nothing."""
        return str(broken(self.path, self.cursor.broken)) if self.cursor and self.cursor.broken else None


def broken(where: Path | str, why: str) -> IngestError:
    """The error of compressed data that ends early."""
    msg = f"{where} {why}; the lines before that are stored."
    return IngestError(msg, hint="It is read on from there when it has changed.")


def look(
    paths: Sequence[Path], known: Sequence[Cursor], *, roots: Sequence[Path] = (), refused: list[str] | None = None
) -> list[Look]:
    """Match files to cursors: first those that did not change, then by inode, then by content (renames, compression).

    A cursor continues one file only, so two files with the same first line stay apart. A file to which two names lead
    is looked at once, and a rotation's unfinished copy (`x.log.1.gz` beside `x.log.1`) waits for its original to go.
    A file that did not change is not opened. `refused` takes a sentence for each file that cannot be read; without it,
    the first one raises IngestError.
    """
    matching = _Matching(known, roots, refused)
    found = matching.unchanged(paths)
    looks = {index: seen for index, seen in found.items() if seen.cursor is not None}
    for way in (matching.by_inode, matching.by_content):
        for index, seen in found.items():
            if index not in looks and (better := way(seen)) is not None:
                looks[index] = better
    names = {(seen.path.parent, seen.path.name): seen for seen in found.values()}
    for index, seen in found.items():
        if index not in looks and not matching.unread(seen):
            looks[index] = replace(seen, changed=not any(_is_copy(seen.path, o.path) for o in _originals(seen, names)))
    return [_aged(looks[index], names) for index in sorted(looks)]


class _Matching:
    """The cursors that no file continues yet, and the ways to find them."""

    def __init__(self, known: Sequence[Cursor], roots: Sequence[Path], refused: list[str] | None) -> None:
        self._free = {cursor.origin: cursor for cursor in known}
        self._roots = tuple(roots)
        self._refused = refused
        self._by_inode: dict[str, list[Cursor]] = defaultdict(list)
        self._by_head: dict[tuple[int, str], list[Cursor]] = defaultdict(list)
        for cursor in known:
            self._by_inode[cursor.signature.partition(":")[0]].append(cursor)
            self._by_head[cursor.head_size, cursor.head_hash].append(cursor)
        self._sizes = sorted({size for size, _ in self._by_head if size}, reverse=True)
        self._unread: set[Path] = set()

    def unchanged(self, paths: Sequence[Path]) -> dict[int, Look]:
        """All regular files, each once; those that did not change have their cursor."""
        found: dict[int, Look] = {}
        seen: set[tuple[int, int]] = set()
        for index, path in enumerate(paths):
            status = self._status(path)
            if status is None or (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            signature = signature_of(status)
            same = [c for c in self._near(status.st_ino, path) if c.signature == signature and signature[-1] != "~"]
            cursor = self._take(same[0]) if same else None
            found[index] = Look(
                path=path,
                signature=signature.removesuffix("~"),
                inode=status.st_ino,
                size=status.st_size,
                cursor=cursor,
                changed=cursor is None,
                roots=self._roots,
            )
        return found

    def by_inode(self, seen: Look) -> Look | None:
        """The file continues a cursor of its inode."""
        near = self._near(seen.inode, seen.path)
        return self._continued(seen, near) if near else None

    def by_content(self, seen: Look) -> Look | None:
        """The file continues any cursor. The longest wins: a short one may be no more than a shared header line."""
        return self._continued(seen, None)

    def unread(self, seen: Look) -> bool:
        """Whether a file was found and could not be opened."""
        return seen.path in self._unread

    def _continued(self, seen: Look, cursors: list[Cursor] | None) -> Look | None:
        if seen.path in self._unread:
            return None
        try:
            with Content(seen.path, self._roots) as content:
                head = content.head()
                for cursor in self._like(head) if cursors is None else cursors:
                    if _continues(content, head, cursor):
                        same = cursor.signature.removesuffix("~") == content.signature.removesuffix("~")
                        return replace(seen, cursor=self._take(cursor), inode=content.inode, changed=not same)
        except IngestError as error:
            self._unread.add(seen.path)
            self._refuse(error)
        return None

    def _like(self, head: bytes) -> list[Cursor]:
        near: list[Cursor] = []
        for size in self._sizes:
            if size <= len(head):
                near += self._by_head.get((size, digest(head[:size])), ())
        return sorted((c for c in near if c.origin in self._free), key=lambda cursor: -cursor.offset)

    def _near(self, inode: int, path: Path) -> list[Cursor]:
        near = [cursor for cursor in self._by_inode.get(str(inode), ()) if cursor.origin in self._free]
        return sorted(near, key=lambda cursor: (cursor.path != str(path), -cursor.offset))

    def _take(self, cursor: Cursor) -> Cursor:
        return self._free.pop(cursor.origin)

    def _status(self, path: Path) -> os.stat_result | None:
        try:
            status = path.stat()
        except OSError as error:
            self._refuse(unreadable(path, error))
            return None
        if not stat.S_ISREG(status.st_mode):
            # A folder that cannot be listed stands for its files.
            self._refuse(_why_not(path, status))
            return None
        return status

    def _refuse(self, error: IngestError) -> None:
        if self._refused is None:
            raise error
        self._refused.append(str(error))


def _why_not(path: Path, status: os.stat_result) -> IngestError:
    if stat.S_ISDIR(status.st_mode):
        try:
            os.scandir(path).close()
        except OSError as error:
            return unreadable(path, error)
    return irregular(path)


def _continues(content: Content, head: bytes, cursor: Cursor) -> bool:
    if not 0 < cursor.head_size <= len(head) or digest(head[: cursor.head_size]) != cursor.head_hash:
        return False
    return content.skip_to(cursor.offset) == cursor.tail_hash


def _originals(seen: Look, names: dict[tuple[Path, str], Look]) -> Iterator[Look]:
    """The files whose rotated form a file is by its name: `x.log` and `x.log.1` for `x.log.1.gz`."""
    name = seen.path.name
    for at, mark in enumerate(name):
        if mark in _MARKS and (other := names.get((seen.path.parent, name[:at]))) is not None:
            yield other


def _is_copy(path: Path, other: Path) -> bool:
    """Whether `path` holds nothing but the beginning of `other`."""
    try:
        with Content(path) as copy, Content(other) as original:
            while part := copy.read(1 << 20):
                if original.read(len(part)) != part:
                    return False
    except IngestError:
        return False  # one of them went away; reading the file says so
    return True


def _aged(seen: Look, names: dict[tuple[Path, str], Look]) -> Look:
    moved = seen.cursor is not None and seen.cursor.path != str(seen.path)
    rotated = moved or any(True for _ in _originals(seen, names))
    return replace(seen, idle=ROTATED_IDLE) if rotated else seen
