"""Keys that come after their traffic: what was folded of them is counted as theirs, while others go on ingesting."""

from collections.abc import Sequence
from datetime import datetime

from model.segment import SegmentId
from store.events.interface import Unfolded
from store.handle import Store, Transaction
from store.state import activity, refs, segments


class Unfolding:
    """Successors of the segments that hold some refs: made by `look`, and put in their place by `finish`.

    The caller has the work of writing segments anew for itself; segments that come meanwhile are looked at too.
    """

    def __init__(self, store: Store, fresh: Sequence[str], known: Sequence[str]) -> None:
        """`fresh` are the refs to unfold, `known` those that were known before."""
        self._store, self._fresh, self._known = store, fresh, known
        self._seen: set[SegmentId] = set()
        self._found: list[Unfolded] = []

    def look(self, now: datetime) -> None:
        """Count anew what came since the last look. Raises StoreError when a segment cannot be read."""
        with self._store.reading() as tx:
            manifest = segments.overlapping(tx, None)
        new = [one for one in manifest if one.events_dropped_at is None and one.id not in self._seen]
        self._found.append(self._store.events.reseal(new, self._fresh, self._known, now))
        self._seen |= {one.id for one in new}

    def finish(self, tx: Transaction, now: datetime) -> bool:
        """Put all in their place; False, and nothing written, when a segment came since the last look."""
        if self._fresh and not refs.change_refs(tx, self._seen):
            return False
        for found in self._found:
            for old, new in found.successors:
                segments.replace_with(tx, [old], new, now)
            activity.save_activity(tx, found.activity)
        return True
