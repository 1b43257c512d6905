"""Keys and the keys that replace them, as of a moment. The detectors of rotation share it."""

from datetime import datetime, timedelta

import pandas as pd

from detectors.declare import Frames
from detectors.last_use import last_uses


def rotations(frames: Frames, at: datetime, busy: timedelta) -> pd.DataFrame:
    """One row for each living key with a living successor, at a moment.

    Columns key_id, successor, issued (when the successor was made), last_use of the old key (null if none is known),
    busy (whether the old key was used within `busy` before the moment), new_use, and new_basis (as in `last_uses`).
    """
    keys = last_uses(frames, at)
    new = keys[["key_id", "created_at", "last_use", "basis"]].set_axis(
        ["successor", "made_at", "new_use", "new_basis"], axis=1
    )
    pairs = keys.dropna(subset=["successor"]).merge(new, on="successor")
    pairs = pairs[pairs["successor"] != pairs["key_id"]]
    issued = pairs["made_at"].fillna(pairs["rotated_at"].where(pairs["rotated_at"] <= pd.Timestamp(at)))
    recent = pairs["last_use"] >= pd.Timestamp(at) - busy
    columns = ["key_id", "successor", "issued", "last_use", "busy", "new_use", "new_basis"]
    return pairs.assign(issued=issued, busy=recent)[columns].dropna(subset=["issued"]).reset_index(drop=True)
