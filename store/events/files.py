"""Where a segment's files lie, and how they become durable."""

import os
from pathlib import Path

from model.segment import SegmentId

KINDS = ("events", "usage", "facets")
"""A sealed segment has all three; a tail has events only."""


def path_of(root: Path, segment: SegmentId, kind: str) -> Path:
    """`<root>/<day of writing>/<segment>.<kind>.parquet`."""
    return root / segment[:8] / f"{segment}.{kind}.parquet"


def publish(draft: Path, final: Path) -> int:
    """Make `draft` durable under its final name; returns its size in bytes.

    The bytes are on disk before the name is, and the name before the caller goes on.
    """
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    draft.chmod(0o600)
    draft.rename(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size


def sweep(root: Path, live: set[str]) -> list[Path]:
    """Remove what writers that died left behind: files of segments that the manifest does not know.

    The caller holds the workspace's lock, so nobody is writing.
    """
    orphans = [path for path in root.glob("*/*.parquet*") if path.name.partition(".")[0] not in live]
    for path in orphans:
        path.unlink()
    return orphans
