"""What every page is handed: the period, and how the store fares as of now."""

from dataclasses import dataclass

import pandas as pd

from dashboard.controls.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One moment of the store, seen through one period."""

    version: str
    """Of the manifest: what caches of event questions are keyed by."""
    period: Period
    sources: pd.DataFrame
    """As `store.state.sources.source_frame`."""
