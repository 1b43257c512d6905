"""Until when silence means something: as far as the log has got."""

import pandas as pd

from detectors.declare import Frames


def told_until(frames: Frames) -> pd.Timestamp | None:
    """The moment that all of the log has reached; None when a late source has never told anything.

    From the frames sources and telemetry; far in the future when they say nothing.
    """
    sources = frames["sources"]
    if (sources["late"] & sources["last_event_at"].isna()).any():
        return None
    reached = pd.concat([frames["telemetry"]["until"], sources.loc[sources["late"], "last_event_at"]]).min()
    return pd.Timestamp("2200-01-01", tz="UTC") if pd.isna(reached) else reached
