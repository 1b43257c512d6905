"""Where a segment's files are: the protocol, what files are called, and the folder of a machine as one of its kinds.

A file is written as a draft on this machine, and is published whole; from then on it never changes.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import duckdb

from model.segment import SegmentId

KINDS: Final = ("events", "usage", "facets")
"""A sealed segment has all three; a tail has events only."""

PARQUET: Final = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd"
"""How DuckDB writes one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is there, a draft perhaps."""

    segment: str
    place: str
    """For `Files.remove_stored`."""
    is_draft: bool


class Files(Protocol):
    """Where segments' files are."""

    @property
    def scratch(self) -> Path:
        """A folder of this machine, for what is made of segments and can be made again."""

    def name(self, segment: str, kind: str) -> str:
        """What DuckDB reads a file by, and messages call it."""

    def draft(self, segment: str, kind: str) -> Path:
        """Where a file is written before it is published; its folder is there."""

    def publish(self, segment: str, kinds: Sequence[str]) -> None:
        """Make the drafts of files durable under their names. Raises OSError; what is not published does not count."""

    def copy(self, segment: str, kind: str, into: str) -> int:
        """Publish a file of another segment as one of `into`; returns its bytes. Raises OSError."""

    def remove(self, segment: str, kind: str) -> None:
        """Remove a file, if it is there."""

    def exists(self, segment: str, kind: str) -> bool:
        """Whether a file is there."""

    def open(self, segment: str, kind: str) -> BinaryIO:
        """A file's bytes. Raises OSError."""

    def stored(self) -> Iterator[Stored]:
        """All files that there are."""

    def remove_stored(self, stored: Stored) -> None:
        """Remove one of them."""

    def attach(self, duck: duckdb.DuckDBPyConnection) -> None:
        """Let a connection read the files by their names."""


def file_name(segment: str, kind: str) -> str:
    """`<day of writing>/<segment>.<kind>.parquet`, in whatever place."""
    return f"{segment[:8]}/{segment}.{kind}.parquet"


def path_of(root: Path, segment: SegmentId, kind: str) -> Path:
    """A file's path below a folder."""
    return root / file_name(segment, kind)


def quoted(names: Iterable[str]) -> str:
    """DuckDB's list of the names of files."""
    return "[" + ", ".join("'" + name.replace("'", "''") + "'" for name in names) + "]"


class FolderFiles:
    """Segments in a folder, of this machine or one that several share."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def scratch(self) -> Path:
        """The folder itself."""
        return self._root

    def name(self, segment: str, kind: str) -> str:
        """Its path."""
        return str(self._root / file_name(segment, kind))

    def draft(self, segment: str, kind: str) -> Path:
        """Beside its place: a rename needs one file system."""
        path = self._root / f"{file_name(segment, kind)}.draft"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def publish(self, segment: str, kinds: Sequence[str]) -> None:
        """The bytes are on disk before the names are, and the names before the caller goes on."""
        drafts = [self.draft(segment, kind) for kind in kinds]
        for draft in drafts:
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
        for draft in drafts:
            draft.chmod(0o600)
            draft.rename(draft.with_suffix(""))
        folder = os.open(drafts[0].parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def copy(self, segment: str, kind: str, into: str) -> int:
        """By a second name for the same bytes, where the file system can."""
        source, draft = Path(self.name(segment, kind)), self.draft(into, kind)
        draft.unlink(missing_ok=True)
        try:
            os.link(source, draft)
        except OSError:
            shutil.copyfile(source, draft)
        self.publish(into, [kind])
        return source.stat().st_size

    def remove(self, segment: str, kind: str) -> None:
        """Who has it open reads on."""
        Path(self.name(segment, kind)).unlink(missing_ok=True)

    def exists(self, segment: str, kind: str) -> bool:
        """Whether it is there."""
        return Path(self.name(segment, kind)).exists()

    def open(self, segment: str, kind: str) -> BinaryIO:
        """Its bytes."""
        return Path(self.name(segment, kind)).open("rb")

    def stored(self) -> Iterator[Stored]:
        """All files and drafts."""
        return files_below(self._root)

    def remove_stored(self, stored: Stored) -> None:
        """Remove one of them."""
        with suppress(FileNotFoundError):
            Path(stored.place).unlink()

    def attach(self, duck: duckdb.DuckDBPyConnection) -> None:
        """DuckDB reads paths by itself."""


def files_below(root: Path) -> Iterator[Stored]:
    """The files and drafts of segments in the folders below a folder."""
    for path in root.glob("*/*.parquet*"):
        yield Stored(path.name.partition(".")[0], str(path), path.suffix == ".draft")
