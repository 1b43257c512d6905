"""When each key was last used, as far as anybody knows at a moment.

Three things must not be mixed up: a key that was *never* used, one that was not used *since telemetry* began, and one
of which nothing is *unknown*. Telemetry says something about a key only if the log carries keys and the inventory knows
under which reference. The inventory may be newer than the moment: a last use after it is ignored.
"""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from detectors.columns import among
from detectors.declare import Frames
from detectors.scores import looked_up
from detectors.shared.lifetimes import alive
from detectors.shared.remember import remembered

_FRAMES: Final = ("keys", "key_refs", "sources", "telemetry", "network_days")
STALE: Final = timedelta(days=7)
"""Telemetry that ended longer ago says nothing about the time since."""


def last_uses(frames: Frames, at: datetime) -> pd.DataFrame:
    """The living keys at that moment, with what is known of their last use.

    Columns of the frame `keys`, and `last_use` (null if none is known), `basis` (used, never, telemetry, unknown) and
    `judged` (the moment up to which the key was watched: idle time is counted to there).
    """
    return _uses(*(frames[name] for name in _FRAMES), at)


@remembered
def _uses(  # noqa: PLR0917 (the frames of _FRAMES)
    keys: pd.DataFrame,
    key_refs: pd.DataFrame,
    sources: pd.DataFrame,
    telemetry: pd.DataFrame,
    network_days: pd.DataFrame,
    at: datetime,
) -> pd.DataFrame:
    given = (keys, key_refs, sources, telemetry, network_days)
    frames: Frames = dict(zip(_FRAMES, given, strict=True))
    keys = keys[alive(keys, at)].reset_index(drop=True)
    moment = pd.Timestamp(at)
    began, ended = _telemetry(frames, moment)
    seen = _logged(frames, keys, moment)
    told = keys["source_last_used_at"].where(keys["source_last_used_at"] <= moment)
    last = seen["logged"].where(~(told > seen["logged"]) & seen["logged"].notna(), told)
    watched = among(keys["key_id"], set(frames["key_refs"]["key_id"].dropna())) & (began is not None) & seen["certain"]
    tells = _source_tells(keys, moment, began)
    never = (watched & (keys["created_at"] >= (began or moment))) | (tells & keys["source_last_used_at"].isna())
    basis = pd.Series("unknown", index=keys.index, dtype="str")
    basis[watched] = "telemetry"
    basis[never & seen["certain"]] = "never"
    basis[last.notna() & (seen["certain"] | seen["logged"].notna())] = "used"
    judged = pd.Series(ended or moment, index=keys.index).where(~tells, moment)
    return keys.assign(
        last_use=last, basis=basis, judged=judged, began=pd.Series(began, index=keys.index, dtype=last.dtype)
    )


def _telemetry(frames: Frames, at: pd.Timestamp) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Since when keys are watched (None: they are not), and the end of that if it is long ago."""
    sources, telemetry = frames["sources"], frames["telemetry"]
    since, until = telemetry["since"].min(), telemetry["until"].max()
    blind = len(sources) > 0 and not sources["reads_keys"].any()
    if pd.isna(since) or blind or since > at:
        return None, None
    stale = not pd.isna(until) and at - until > STALE
    return since, (until if stale else None)


def _logged(frames: Frames, keys: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """The last use that the logs show up to the moment: logged (null if none), certain (the logs can tell).

    `keys` holds the last use of all time. When that is after the moment, the days of the last month tell; if they are
    silent too, the key was last used at some time nobody knows.
    """
    latest = keys["last_success"].fillna(keys["last_seen"])
    logged = latest.where(latest <= at)
    later = latest > at
    days = frames["network_days"]
    days = days[(days["ok"] > 0) & (days["first_seen"].fillna(days["day"]) <= at)]
    until = days["last_seen"].fillna(days["day"])
    days = days.assign(used=until.where(until <= at, days["first_seen"].fillna(days["day"])))
    refs = frames["key_refs"][["key_ref", "key_id"]].dropna()
    recent = days.merge(refs, on="key_ref").groupby("key_id")["used"].max()
    logged = logged.where(~later, looked_up(keys["key_id"], recent))
    return pd.DataFrame({"logged": logged, "certain": ~later | logged.notna() | (keys["first_seen"] > at)})


def _source_tells(keys: pd.DataFrame, at: pd.Timestamp, began: pd.Timestamp | None) -> "pd.Series[bool]":
    """Whether the inventory's source tells last uses (it does for some key), up to a time from which the logs go on."""
    tells = keys["source"].isin(set(keys.loc[keys["source_last_used_at"].notna(), "source"].dropna()))
    # A provider that says since when it tells, tells nothing of the time before.
    tells = (tells | keys["telemetry_since"].notna()) & ~(keys["telemetry_since"] > keys["created_at"].fillna(at))
    reaches = keys["pulled_at"].isna() | (keys["pulled_at"] >= (min(began, at) if began is not None else at))
    return tells & reaches
