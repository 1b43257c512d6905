"""Keys and the keys that replace them, as of a moment. The detectors of rotation share it."""

from datetime import datetime, timedelta

import pandas as pd

from detectors.declare import Frames
from detectors.shared.last_use import last_uses
from detectors.shared.lifetimes import alive


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


def in_place(frames: Frames, at: datetime, grace: timedelta) -> pd.DataFrame:
    """One row for each living key that was given a new secret under its own id and whose old one is used after `grace`.

    Columns key_id, issued (when the new secret was made, else its first use), last_use of the old one. Secrets are
    told apart by their fingerprints of one version; a key that has had two of them all along (first used within a day
    of each other, or before what network_days holds) has no old one.
    """
    moment = pd.Timestamp(at)
    refs = frames["key_refs"].dropna(subset=["key_ref", "key_id"])
    refs = refs[refs["key_ref"].str.startswith("fp:")]
    refs = refs.assign(version=refs["key_ref"].str.split(":").str[1])
    refs = refs[refs.duplicated(["key_id", "version"], keep=False)]
    days = frames["network_days"]
    days = days[(days["ok"] > 0) & (days["first_seen"].fillna(days["day"]) <= moment)]
    last = days["last_seen"].fillna(days["day"])
    used = days.assign(first=days["first_seen"].fillna(days["day"]), last=last.where(last <= moment, moment))
    of_refs = refs.merge(used, on="key_ref").groupby(["key_id", "version", "key_ref"], as_index=False)
    spans = of_refs.agg(first=("first", "min"), last=("last", "max"))
    keys = frames["keys"][alive(frames["keys"], at)][["key_id", "rotated_at"]]
    spans = spans.merge(keys, on="key_id")
    newest = spans.groupby(["key_id", "version"])["first"].transform("max")
    made = spans["rotated_at"].where(spans["rotated_at"] <= moment)
    issued = made.fillna(newest)
    old = (spans["first"] < issued - timedelta(days=1)) & (spans["last"] > issued + grace)
    recent = spans["last"] >= moment - grace
    found = spans.assign(issued=issued, last_use=spans["last"])[old & recent]
    return found.sort_values("last_use").drop_duplicates("key_id", keep="last")[["key_id", "issued", "last_use"]]
