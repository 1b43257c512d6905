"""Segments, cursors and rejects: how lines become rows exactly once."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

SegmentId = NewType("SegmentId", str)
"""Time of writing and a random tail; also the name of its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far one file (or object) of a source has been read; offsets count inflated bytes."""

    source: str
    origin: str
    """A stable id of the file's content lineage; survives renames and compression."""
    path: str
    """Where it was seen last."""
    target: str = ""
    """Where a symbolic link at `path` led to."""
    offset: int = 0
    """Bytes read, up to the end of a complete line."""
    lines: int = 0
    """Lines read."""
    epoch: int = 0
    """Raised whenever somebody takes the cursor over; a stale writer's update then changes no row."""
    head_size: int = 0
    """How many first bytes `head_hash` covers."""
    head_hash: str = ""
    tail_hash: str = ""
    """Hash of up to 1,024 bytes before `offset`: tells a file that grew from one that was rewritten."""
    signature: str = ""
    """inode:size:mtime at the last look; an unchanged file is not opened again. A `~` behind it: written so lately that
    the next write may look the same."""
    size: int = 0
    """Bytes known to be in the file at the last look; what lies behind `offset` is lost if the file goes away."""
    missing: bool = False
    """Whether the last look found the file nowhere, with bytes in it that had not been read."""
    bytes_lost: int = 0
    """Bytes that vanished before they were read."""
    overlong: bool = False
    """Whether `offset` stands inside a line that was rejected as too long."""
    context: str = ""
    """The last directive (`#Fields: …`) before `offset`."""
    broken: str = ""
    """Why the file's compressed data ends early, as of `signature`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A line that no event could be made of."""

    line: int
    """Its number in the batch, from 1."""
    reason: str
    sample: str
    """Redacted, at most 300 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One row of the manifest: an immutable batch of events."""

    id: SegmentId
    source: str
    origin: str
    from_offset: int
    to_offset: int
    from_line: int
    """The origin's lines before this batch; `from_line + line` is the line in the file."""
    rows: int
    rejects: int
    min_ts: datetime
    max_ts: datetime
    ingested_at: datetime
    sealed: bool
    """Whether usage and facets stand beside the events."""
    bytes: int = 0
    """Size of its files on disk."""
    level: int = 0
    """0: as it was ingested; above: merged from segments of lower levels."""
    events_dropped_at: datetime | None = None
    """When retention let go its events; usage and facets are left."""
