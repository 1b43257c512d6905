"""Housekeeping: few large segments instead of many small ones, nothing older than it should be, nothing left behind."""

from dataclasses import dataclass
from typing import Final

from keywatch.noting import note
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import StoreError
from store.compaction import compact
from store.retention import prune
from store.sweeping import sweep_alone, sweep_shared

_COMPACTING: Final = 2.0
"""Seconds of a turn in which merges of segments may begin: most take a tenth of one."""
_RESTING: Final = 600.0
"""Seconds after a merge that failed in which none is tried: it takes seconds of a processor each time."""
_SWEEPING: Final = 3600.0
"""Seconds from one sweep to the next, where not every ingest sweeps: a listing of a bucket costs."""


@dataclass(slots=True)
class HouseKeeper:
    """Keeps house turn by turn."""

    _swept: float | None = None
    _rests_until: float = float("-inf")

    def keep(self, workspace: Workspace, clock: Clock) -> None:
        """One turn: what makes room comes first. The caller holds the work of writing segments anew.

        Raises StoreError.
        """
        gone = prune(workspace.store, workspace.config.retention.cuts(clock.now()), now=clock.now())
        if str(gone):
            note(workspace, "store pruned", "[retention]", at=clock.now(), gone=str(gone))
        if self._swept is None or clock.monotonic() - self._swept >= _SWEEPING:
            sweep = sweep_shared if workspace.is_shared else sweep_alone
            sweep(workspace.store, clock.now())
            self._swept = clock.monotonic()
        if clock.monotonic() >= self._rests_until:
            try:
                compact(workspace.store, now=clock.now(), seconds=_COMPACTING)
            except StoreError:
                self._rests_until = clock.monotonic() + _RESTING
                raise
