"""The files behind paths, folders and globs."""

import glob
import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from model.errors import IngestError


def find(patterns: Sequence[str | Path]) -> list[Path]:
    """The files behind paths, folders and globs, without repeats, oldest first.

    Raises IngestError for one that finds nothing.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matched = _matches(str(pattern))
        if not matched:
            raise _nothing(str(pattern))
        found.update(dict.fromkeys(matched))
    return sorted(found, key=lambda path: (_modified(path), str(path)))


def _nothing(pattern: str) -> IngestError:
    path = Path(pattern).expanduser()
    if path.is_dir():
        return IngestError(
            f"There is no file in the folder {pattern}.", hint="Files that begin with a dot are left out."
        )
    if glob.has_magic(pattern):
        return IngestError(
            f"There is no file that fits {pattern}.", hint="Check the folder, and the stars in the name."
        )
    near = get_close_matches(path.name, _names_beside(path), n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return IngestError(f"There is no file {pattern}.", hint=f"Check the path.{meant}")


def _names_beside(path: Path) -> list[str]:
    try:
        return [name for name in os.listdir(path.parent) if not name.startswith(".")]  # noqa: PTH208 (names, not paths)
    except OSError:
        return []


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    try:
        if path.is_dir():
            return _below(path)
        if path.exists():
            return [path]
    except PermissionError:
        return [path]  # reading it says why it cannot be read
    found = [Path(p) for p in glob.glob(str(path), recursive=True)]  # noqa: PTH207 (absolute globs)
    # Where nothing else is found, a FIFO or a device is: reading it says what it is.
    return [p for p in found if p.is_file()] or [p for p in found if not p.is_dir()]


def _below(folder: Path) -> list[Path]:
    """The regular files of a folder and those below it; a folder that cannot be listed stands for its files."""
    unlisted: list[str] = []
    found = [
        Path(at, name)
        for at, _, names in os.walk(folder, onerror=lambda error: unlisted.append(error.filename))
        for name in names
        if not name.startswith(".")
    ]
    return [path for path in found if path.is_file()] + [Path(name) for name in unlisted]


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # it went away; reading it says so
