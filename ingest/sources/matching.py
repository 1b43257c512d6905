"""Which file continues which cursor: by inode, by content, and without reading copies twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.sources.content import Content, digest
from model.segment import Cursor


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


def look(paths: Sequence[Path], known: Sequence[Cursor]) -> list[Look]:
    """Match files to cursors: first those whose inode is unchanged, then by content (renames, compression).

    A cursor continues one file only, so two files with the same first line stay apart. A file to which two names lead
    is looked at once, and a rotation's unfinished copy (`x.log.1.gz` beside `x.log.1`) waits for its original to go.
    """
    free = {cursor.origin: cursor for cursor in known}
    looks = _by_inodes(paths, free)
    for index, seen in enumerate(looks):
        if seen.cursor is not None:
            continue
        with Content(seen.path) as content:
            cursor = _by_content(content, free)
        if cursor is not None:
            del free[cursor.origin]
            looks[index] = replace(seen, cursor=cursor, changed=cursor.signature != seen.signature)
        elif any(_is_copy(seen.path, other.path) for other in looks):
            looks[index] = replace(seen, changed=False)
    return looks


def _by_inodes(paths: Sequence[Path], free: dict[str, Cursor]) -> list[Look]:
    looks: list[Look] = []
    seen: set[tuple[int, int]] = set()
    for path in paths:
        with Content(path) as content:
            if content.identity in seen:
                continue
            seen.add(content.identity)
            cursor = _by_inode(content, free, str(path))
            looks.append(_look(content, cursor))
            if cursor is not None:
                del free[cursor.origin]
    return looks


def _is_copy(path: Path, other: Path) -> bool:
    """Whether `path`, by its name a rotated form of `other`, holds nothing but the beginning of it."""
    longer = path.name.removeprefix(other.name)
    if path.parent != other.parent or longer == path.name or longer[:1] not in {".", "-", "_"}:
        return False
    with Content(path) as copy, Content(other) as original:
        while part := copy.read(1 << 20):
            if original.read(len(part)) != part:
                return False
    return True


def _look(content: Content, cursor: Cursor | None) -> Look:
    return Look(
        path=content.path,
        signature=content.signature,
        inode=content.inode,
        size=content.size,
        cursor=cursor,
        changed=cursor is None or cursor.signature != content.signature,
    )


def _by_inode(content: Content, free: dict[str, Cursor], path: str) -> Cursor | None:
    mine = f"{content.inode}:"
    near = [c for c in free.values() if c.signature.startswith(mine)]
    near.sort(key=lambda c: (c.path != path, -c.offset))
    for cursor in near:
        if cursor.signature == content.signature or _continues(content, cursor):
            return cursor
    return None


def _by_content(content: Content, free: dict[str, Cursor]) -> Cursor | None:
    # The longest match wins: a short one may be no more than a shared header line.
    for cursor in sorted(free.values(), key=lambda c: -c.offset):
        if _continues(content, cursor):
            return cursor
    return None


def _continues(content: Content, cursor: Cursor) -> bool:
    head = content.head()
    if not 0 < cursor.head_size <= len(head) or digest(head[: cursor.head_size]) != cursor.head_hash:
        return False
    return content.skip_to(cursor.offset) == cursor.tail_hash
