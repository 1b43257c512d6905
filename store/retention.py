"""Retention: what is older than its time goes; events first, what was counted of them later."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from model.retention import Cuts
from model.segment import Segment
from store import day_files
from store.compaction import GRACE, merge
from store.handle import Store
from store.state import segments, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How much went."""

    events: int = 0
    segments: int = 0
    """Whose usage and facets went."""
    rejects: int = 0
    hours: int = 0

    def __str__(self) -> str:
        """`1,200 events, 3 rejects`, of what is not 0; empty when nothing went."""
        return ", ".join(f"{count:,} {name}" for name, count in asdict(self).items() if count)


def prune(store: Store, cuts: Cuts, *, now: datetime) -> Pruned:
    """Let go what is before its cut; a segment goes when the last of its events is.

    Files stay for GRACE, for those who read them. The caller holds the workspace's lock. Raises StoreError when
    a tail cannot be read or the disk refuses.
    """
    with store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    stale = list(_before(manifest, cuts.counts))
    ids = {one.id for one in stale}
    fresh = [one for one in manifest if one.id not in ids]
    lost = [one for one in _before(fresh, cuts.events) if one.events_dropped_at is None]
    # Of a tail nothing is counted yet.
    dropped = [one if one.sealed else merge(store, [one], now=now, seal=True) for one in lost]
    with store.transaction() as tx:
        segments.drop_events(tx, dropped, now)
        segments.drop(tx, stale, now)
        if cuts.events is not None:
            segments.forget_merged(tx, before=cuts.events, merged_before=now - GRACE)
        pruned = Pruned(
            events=sum(one.rows for one in (*dropped, *stale) if one.events_dropped_at is None),
            segments=len(stale),
            rejects=sources.forget_rejects(tx, cuts.rejects) if cuts.rejects else 0,
            hours=sources.forget_hours(tx, cuts.hours) if cuts.hours else 0,
        )
    if cuts.events is not None:
        day_files.forget_before(store.events.scratch, day_files.FAILING, cuts.events.date())
    long_ago = [one for one in fresh if one.events_dropped_at is not None and one.events_dropped_at <= now - GRACE]
    store.events.expire(long_ago, cuts, now)
    return pruned


def _before(manifest: Sequence[Segment], cut: datetime | None) -> Iterator[Segment]:
    return (one for one in manifest if cut is not None and one.max_ts < cut)
