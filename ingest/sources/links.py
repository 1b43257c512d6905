"""Symbolic links that moved on: the file that one led to is read to its end."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from model.segment import Cursor

_WRITERS: Final = 86_400.0
"""Seconds after its last write that a file is looked at when no link leads to it any more: somebody may still write."""


def left_behind(known: Sequence[Cursor], found: Sequence[Path]) -> list[Path]:
    """The files that links led to at the last look and that nothing in `found` is."""
    targets = {Path(cursor.target): cursor for cursor in known if cursor.target}
    there = set(found)
    return [path for path, cursor in targets.items() if path not in there and _may_hold_more(path, cursor)]


def _may_hold_more(path: Path, cursor: Cursor) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    same = cursor.signature.startswith(f"{status.st_ino}:")
    return same and (cursor.size > cursor.offset or time.time() - status.st_mtime < _WRITERS)
