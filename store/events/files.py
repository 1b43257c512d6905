"""Where a segment's files lie, and how they become durable."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from model.segment import SegmentId

KINDS = ("events", "usage", "facets")
"""A sealed segment has all three; a tail has events only."""

PARQUET: Final = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd"
"""How DuckDB writes one."""


def path_of(root: Path, segment: SegmentId, kind: str) -> Path:
    """`<root>/<day of writing>/<segment>.<kind>.parquet`."""
    return root / segment[:8] / f"{segment}.{kind}.parquet"


def draft_of(final: Path) -> Path:
    """Where a file is written before it gets its name."""
    return final.with_name(final.name + ".draft")


def publish(finals: Sequence[Path]) -> None:
    """Make the drafts of files in one folder durable under their final names.

    The bytes are on disk before the names are, and the names before the caller goes on.
    """
    for final in finals:
        with draft_of(final).open("rb+") as file:
            os.fsync(file.fileno())
    for final in finals:
        draft = draft_of(final)
        draft.chmod(0o600)
        draft.rename(final)
    folder = os.open(finals[0].parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(root: Path, live: set[str]) -> list[Path]:
    """Remove what writers that died left behind: files of segments that the manifest does not know.

    The caller holds the workspace's lock, so nobody is writing.
    """
    orphans = [path for path in root.glob("*/*.parquet*") if path.name.partition(".")[0] not in live]
    for path in orphans:
        path.unlink()
    return orphans
