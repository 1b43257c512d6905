"""How the store stands: what is kept, how much of it, of what age, and what lies about that belongs to nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model.segment import Segment
from store.handle import Store
from store.state import audit, measure, segments
from store.state.upgrade import schema_of
from store.sweeping import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Segments, of one source or of all."""

    segments: int
    sealed: int
    """With usage and facets."""
    counts_only: int
    """Whose events retention let go."""
    events: int
    bytes: int
    first_event: datetime | None
    last_event: datetime | None
    last_ingested: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The store as a whole."""

    kept: Kept
    by_source: dict[str, Kept]
    orphans: int
    """Segments of which something is kept and that nothing knows: `store prune` removes them."""
    unsettled: int
    """Those that a writer may be at, or a reader: merged or begun within the last hour."""
    engine: str
    schema: str | None
    state_bytes: int
    rows: dict[str, int]
    """Of the state, by table."""
    backed_up: datetime | None
    """When the last backup was made from here."""


def status(store: Store, now: datetime) -> Status:
    """Look at all of it; nothing is changed. Raises StoreError."""
    with store.reading() as tx:
        manifest = segments.overlapping(tx, None)
        rows, size, backed_up = measure.rows(tx), measure.size(tx), audit.last(tx, "store backed up")
    orphans, unsettled = unknown(store, now)
    return Status(
        kept=_kept(manifest, store.events.size(manifest)),
        by_source={
            name: _kept(own, sum(one.bytes for one in own))
            for name in sorted({one.source for one in manifest})
            if (own := [one for one in manifest if one.source == name])
        },
        orphans=len(orphans),
        unsettled=len(unsettled),
        engine=store.state.dialect.name,
        schema=schema_of(store.state),
        state_bytes=size,
        rows=rows,
        backed_up=backed_up,
    )


def _kept(manifest: Sequence[Segment], size: int) -> Kept:
    return Kept(
        segments=len(manifest),
        sealed=sum(one.sealed for one in manifest),
        counts_only=sum(one.events_dropped_at is not None for one in manifest),
        events=sum(one.rows for one in manifest),
        bytes=size,
        first_event=min((one.min_ts for one in manifest), default=None),
        last_event=max((one.max_ts for one in manifest), default=None),
        last_ingested=max((one.ingested_at for one in manifest), default=None),
    )
