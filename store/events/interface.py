"""Where events are kept, as the rest of the program sees it: segments in files, or tables on a ClickHouse server.

Either way a segment is made in two steps, `draft` or `merge` and then `publish`, and it counts from the moment on that
the manifest in the state has it; whatever else lies about is invisible, and is swept.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from model.retention import Cuts
from model.segment import Segment, SegmentId

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

    from store.events.erasing import Swap
    from store.events.reader import EventsReader

    Numbers = np.ndarray[tuple[int], np.dtype[np.int64 | np.int32]]
    Batches = tuple[Sequence[str], Numbers, Numbers]
    """Ids of batches; the place among them of each event's; the event's line in it."""

Activity = tuple[str, str | None, datetime, datetime, datetime | None]
"""(key_ref, hint, first seen, last seen, last success)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A segment that was made and is in no manifest yet."""

    id: SegmentId
    sealed: bool
    bytes: int
    """0 where nobody can tell yet."""
    min_ts: datetime
    max_ts: datetime
    activity: Sequence[Activity]
    """Of the credentials that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfolded:
    """What became of segments, and what they say of the refs."""

    successors: Sequence[tuple[Segment, Segment]]
    """A segment and the one that is to take its place, which is published."""
    activity: Sequence[Activity]
    """When the logs saw each ref, in sealed segments and tails alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """All that is kept of a segment."""

    events: "pa.RecordBatchReader | None"
    """By key_ref and time; None when retention let them go."""
    usage: "pa.Table | None"
    """None of a tail, which nothing is counted of."""
    facets: "pa.Table | None"


class Events(Protocol):
    """Where events are kept."""

    @property
    def scratch(self) -> Path:
        """A folder of this machine, for what is made of events and can be made again."""

    @property
    def shown(self) -> str:
        """What people may read of where it is: no password."""

    def draft(
        self,
        duck: "duckdb.DuckDBPyConnection",
        events: "pa.Table",
        *,
        segment: SegmentId,
        kept: Collection[str],
        batches: "Batches | None" = None,
    ) -> Written:
        """Make a segment of events (columns of EVENT_COLUMNS except `batch`); texts may be dictionaries.

        `kept` are the key_refs that are never folded; `duck` counts. `batches` tells the events of a segment apart that
        holds several. Raises StoreError.
        """

    def merge(self, inputs: Sequence[Segment], *, segment: SegmentId, kept: Collection[str], seal: bool) -> Written:
        """Make one segment of several; it is sealed from SEAL_ROWS events on, or by `seal`. Raises StoreError."""

    def publish(self, written: Written, intend: Callable[[], None]) -> None:
        """Make what was made durable. Raises StoreError; then nothing of it counts.

        `intend` commits the intent, where remains of a writer that dies could not be told from what others do.
        """

    def discard(self, written: Written) -> None:
        """Remove a published segment that became none of the manifest."""

    def reader(
        self, manifest: Sequence[Segment], kept: Sequence[str], only: Sequence[str] | None
    ) -> "AbstractContextManager[EventsReader]":
        """A snapshot of some segments; `kept` are the key_refs that tails do not fold.

        With `only`, events, usage and facets hold the rows of these key_refs and no others. Raises StoreError when a
        segment cannot be read, also for what is asked of the reader.
        """

    def reseal(self, manifest: Sequence[Segment], refs: Sequence[str], kept: Sequence[str], now: datetime) -> Unfolded:
        """Unfold `refs` in all sealed segments that hold them; `kept` are the refs known before. Raises StoreError."""

    def erase(self, swap: "Swap") -> int:
        """Put pseudonyms in the place of addresses and key_refs, everywhere; returns in how many segments they stood.

        The caller lets nobody else write. Raises StoreError.
        """

    def probe(self, now: datetime) -> None:
        """Write something that no manifest names, and remove it. Raises StoreError when nothing can be written."""

    def stored(self) -> set[str]:
        """Ids of the segments of which anything is kept, known to a manifest or not."""

    def remove(self, gone: Collection[str]) -> None:
        """Remove all that is kept of segments. Raises StoreError."""

    def expire(self, dropped: Sequence[Segment], cuts: Cuts, now: datetime) -> None:
        """Free the room of events that retention let go: those of `dropped`, and what is before the cuts."""

    def missing(self, manifest: Sequence[Segment], *, most: int) -> list[str]:
        """What the manifest names and is not there, a sentence each; of the newest `most` segments at least."""

    def size(self, manifest: Sequence[Segment]) -> int:
        """Bytes on disk."""

    def export(self, segment: Segment) -> "AbstractContextManager[Copy]":
        """All that is kept of a segment, to be read once. Raises StoreError."""

    def adopt(self, segment: Segment, copy: Copy) -> int:
        """Keep a copy under the segment's id, in the place of remains of an earlier try; returns its bytes.

        Raises StoreError.
        """

    def close(self) -> None:
        """Give connections back."""
