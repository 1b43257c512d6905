"""What was expected of a key hour by hour, and what came: the band that a chart draws around its calls.

The centre is that of the frame `baselines`, so the chart shows what judged the key. It is made again for the few keys
in question: 28 days of one key's hours are some hundred rows, a stored day has those of every key.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from detectors.baseline import MEMORY, squared
from detectors.usual.grid import grid
from detectors.usual.levels import levels

BAND: Final = 3.0
"""Scales on either side of the centre, as in `detectors.baseline.score_series`."""
COLUMNS: Final = ("hour", "key_ref", "calls", "expected", "low", "high")

_DAY: Final = np.timedelta64(1, "D")


def expected(key_hours: pd.DataFrame, days: Sequence[np.datetime64]) -> pd.DataFrame:
    """One row for each key_ref and hour of `days` (whole UTC days, without gaps): COLUMNS, in order of key and time.

    `key_hours` reaches from MEMORY before the first day to the last one's end. `calls` leaves out those that were
    answered 401, as baselines do. `expected`, `low` and `high` are calls an hour, NaN where there is too little
    history: less than three days of it.
    """
    if not len(days) or key_hours.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    hours = grid([key_hours], min(days) - np.timedelta64(MEMORY.days, "D"), max(days) + _DAY)
    parts = []
    for day in sorted(days):
        usual, today = levels(hours, day).calls, hours.span(day, 0, 1)
        low, high = (usual.centre + sign * BAND * usual.scale for sign in (-1, 1))
        for place, key_ref in enumerate(hours.keys):
            columns = {
                "hour": pd.to_datetime(hours.clock(today)).tz_localize("UTC").astype("datetime64[us, UTC]"),
                "key_ref": key_ref,
                "calls": hours.calls[place, today].astype(np.int64),
                "expected": squared(usual.centre[place]),
                "low": np.maximum(squared(low[place]), 0.0),
                "high": squared(high[place]),
            }
            parts.append(pd.DataFrame(columns))
    made = pd.concat(parts, ignore_index=True)
    return made.sort_values(["key_ref", "hour"], ignore_index=True)[list(COLUMNS)]
