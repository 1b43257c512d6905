"""Rotations that a look found: a file that has another name now, and a file that was rewritten in its place.

Of a chain of renames (x.log to x.log.1, x.log.1 to x.log.2) the first alone is a rotation. Each is told once, for the
cursor that told of it is changed: it learns the new name, or that its file has other content now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.sources.matching import Look
from model.segment import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotations:
    """What was found."""

    renames: int
    rewrites: int
    moves: list[tuple[Cursor, Cursor]]
    """The cursors that change, each before and after."""
    looks: list[Look]
    """All of them, with the cursors as they are after."""


def rotations(known: Sequence[Cursor], looks: Sequence[Look]) -> Rotations:
    """Compare a look with the cursors that were known before it."""
    renames = rewrites = 0
    moves, seen = list[tuple[Cursor, Cursor]](), list[Look]()
    lives = {str(one.path) for one in looks}
    fresh = {(str(one.path), str(one.inode)) for one in looks if one.cursor is None and one.size}
    for look in looks:
        cursor = look.cursor
        if cursor is None or cursor.path in {"", str(look.path)} or _is_there(cursor, look):
            seen.append(look)
            continue
        after = replace(cursor, path=str(look.path), epoch=cursor.epoch + 1)
        copied = _place(cursor) in fresh
        rewrites += copied
        renames += not copied and _is_live(cursor.path, lives)
        moves.append((cursor, after))
        seen.append(replace(look, cursor=after))
    continued = {one.cursor.origin for one in seen if one.cursor is not None}
    gone = [one for one in known if one.origin not in continued and _place(one) in fresh]
    moves += [(one, replace(one, signature="", epoch=one.epoch + 1)) for one in gone]
    return Rotations(renames=renames, rewrites=rewrites + len(gone), moves=moves, looks=seen)


def _place(cursor: Cursor) -> tuple[str, str]:
    """Path and inode."""
    return cursor.path, cursor.signature.partition(":")[0]


def _is_there(cursor: Cursor, look: Look) -> bool:
    """Whether the old name still leads to the same file: a link, or a second name of it."""
    try:
        return Path(cursor.path).stat().st_ino == look.inode
    except OSError:
        return False


def _is_live(path: str, lives: set[str]) -> bool:
    """Whether a name is the one that is written to, and no rotated form of another: x.log, and not x.log.1."""
    name = Path(path).name
    parent = Path(path).parent
    return not any(mark in ".-_" and str(parent / name[:at]) in lives for at, mark in enumerate(name) if at)
