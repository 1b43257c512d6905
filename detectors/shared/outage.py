"""Minutes in which the platform refuses everybody: an outage of its authentication, and no attack on any key."""

from datetime import timedelta
from typing import Final

import pandas as pd

from detectors.declare import Frames
from detectors.shared.windows import sliding_distinct, sliding_sums

SPAN: Final = timedelta(minutes=5)
KEYS: Final = 5
"""Fewer keys than this are a customer's trouble, not the platform's."""
SHARE: Final = 0.25
"""Of the keys that are active."""
SURELY: Final = 500
"""So many keys at once are an outage whatever their share, for auth_minutes holds but 1,000 failing rows a minute."""
_PART: Final = 0.2
"""A key is refused in a minute when this share of its calls is."""
AFTER: Final = timedelta(minutes=10)
"""For so long clients go on failing when it is over: cached refusals, retries with growing pauses."""


def refused(frames: Frames, rows: pd.DataFrame) -> pd.DataFrame:
    """The minutes of an outage: minute, keys (refused at their usual places), active, failed (their failed calls).

    `rows` are auth_minutes with `failed`, `home`, `roaming` and `nowhere` (detectors.shared.tried). A minute counts
    when, in it alone or in the five that end with it, KEYS keys or more and SHARE of the active ones were refused where
    they had always worked, or without a place of their own.
    """
    own = rows["home"] | rows["roaming"] | rows["nowhere"]
    usual = rows[own & (rows["failed"] > 0) & (rows["failed"] >= _PART * rows["requests"])]
    keys = usual.groupby("minute").agg(keys=("key_ref", "nunique"), failed=("failed", "sum"))
    platform = frames["platform_minutes"].groupby("minute")[["active"]].sum()
    minutes = keys.join(platform, how="outer").fillna(0).sort_index().reset_index().assign(all=0)
    near = sliding_sums(minutes, by="all", at="minute", of=["keys", "active"], span=SPAN)
    distinct = sliding_distinct(usual.assign(all=0), by="all", at="minute", value="key_ref", span=SPAN)
    five = near.merge(distinct, on=["all", "minute"], how="left").fillna({"distinct": 0})
    paced = (five["distinct"] >= KEYS) & _many(five["keys"], five["active"])
    sharp = (minutes["keys"] >= KEYS) & _many(minutes["keys"], minutes["active"])
    # Both have one row for each minute, in order.
    found = minutes[(paced.to_numpy() | sharp.to_numpy()) & (minutes["failed"] > 0).to_numpy()]
    return found[["minute", "keys", "active", "failed"]].reset_index(drop=True)


def hidden(frames: Frames, rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each row of auth_minutes (sorted by minute) lies in an outage, or within AFTER of it."""
    if (
        not (frames["platform_minutes"]["failing"] >= KEYS).any()
        and not (rows["home"] | rows["roaming"] | rows["nowhere"]).sum() >= KEYS
    ):
        return pd.Series(data=False, index=rows.index)
    told = refused(frames, rows)[["minute"]]
    if told.empty:
        return pd.Series(data=False, index=rows.index)
    asked = rows[["minute"]].dropna()
    met = pd.merge_asof(asked, told.assign(last=told["minute"]), on="minute", tolerance=pd.Timedelta(AFTER))
    return pd.Series(met["last"].notna().to_numpy(), index=asked.index).reindex(rows.index, fill_value=False)


def erring(frames: Frames) -> pd.DataFrame:
    """The minutes in which half of the active keys, 5 or more, got server errors: minute, keys, active, failed."""
    minutes = frames["platform_minutes"].dropna(subset=["minute"])
    sums = minutes.groupby("minute", as_index=False)[["active", "erring", "server_error"]].sum().assign(all=0)
    near = sliding_sums(sums, by="all", at="minute", of=["active", "erring"], span=SPAN)
    long = near["erring"] >= 0.5 * near["active"]
    found = sums[((sums["erring"] >= KEYS) & (sums["erring"] >= 0.5 * sums["active"])).to_numpy() & long.to_numpy()]
    return found.rename(columns={"erring": "keys", "server_error": "failed"})[["minute", "keys", "active", "failed"]]


def _many(keys: "pd.Series[float]", active: "pd.Series[float]") -> "pd.Series[bool]":
    return (keys >= SHARE * active) | (keys >= SURELY)
