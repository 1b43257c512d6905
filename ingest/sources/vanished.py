"""Files that went away, or were rewritten, before all of them was read: what is lost is counted."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.sources.matching import Look
from model.segment import Cursor


def vanished(known: Sequence[Cursor], looks: Iterable[Look]) -> list[tuple[Cursor, Cursor]]:
    """The cursors that change because of what a look did not find, each before and after.

    A rotation in the middle of a look hides a file from it, so a file has to be missing twice. What is lost then is
    what was known to be in it behind the cursor; how much more was written to it nobody knows.
    """
    looks = list(looks)
    continued = {seen.cursor.origin for seen in looks if seen.cursor is not None}
    looked = {str(seen.path) for seen in looks}
    folders = {seen.path.parent for seen in looks}
    changed = []
    for cursor in known:
        if cursor.origin in continued or cursor.size <= cursor.offset:
            continue
        if _is_gone(Path(cursor.path), looked, folders):
            after = _lost(cursor) if cursor.missing else replace(cursor, missing=True)
            changed.append((cursor, replace(after, epoch=cursor.epoch + 1)))
    return changed


def _lost(cursor: Cursor) -> Cursor:
    gap = cursor.size - cursor.offset
    return replace(cursor, missing=False, size=cursor.offset, bytes_lost=cursor.bytes_lost + gap)


def _is_gone(path: Path, looked: set[str], folders: set[Path]) -> bool:
    """Whether another file stands in the place of a cursor's file, or none where this look was.

    Of a folder that was not looked at, and of a file that could not be read, nobody knows.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return path.parent in folders
    except OSError:
        return False
    return str(path) in looked
