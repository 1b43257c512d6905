"""The folders that sources may read from: a link that leads out of them is not followed."""

import os
from collections.abc import Sequence
from pathlib import Path


def within(path: Path, opened: os.stat_result, roots: Sequence[Path]) -> bool:
    """Whether the file that was opened as `path` really lies in one of `roots`.

    The place that the links lead to is looked up after the file was opened, and must be that very file: a link that is
    switched in between is refused too.
    """
    real = path.resolve()
    try:
        found = real.stat(follow_symlinks=False)
    except OSError:
        return False
    same = (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino)
    return same and any(real.is_relative_to(root.expanduser().resolve()) for root in roots)
