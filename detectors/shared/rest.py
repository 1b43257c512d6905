"""How long keys rested before a day, and what was usual for them before that."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from detectors.declare import Frames
from detectors.scores import moment

_FEW_GAPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The rest of a key that ended on a day."""

    idle: timedelta
    """At least, when `last` is None."""
    last: datetime | None
    """The last use before the day."""
    gap: float
    """The usual number of days between two days of use; 0 when there were too few to say."""
    never: bool
    """Whether it was watched all its life and not used before."""
    networks: frozenset[str]
    """Those that it succeeded from before."""


def rests(
    frames: Frames, keys: dict[str, str], days: pd.DataFrame, *, least: timedelta
) -> dict[tuple[str, pd.Timestamp], Rest]:
    """The rests of at least `least` that ended on one of `days` (key, day), by key and day.

    From key_days, rested_networks, network_days, client_days, keys and telemetry; `keys` is key_ref to key_id. Keys
    that never rest are not in key_days, so it is networks or clients of the last month that tell of them.
    """
    used = _keyed(frames["key_days"], keys)
    by_key = {str(key): rows for key, rows in used.groupby("key")}
    seen = pd.concat([used, *(_keyed(frames[name], keys) for name in ("network_days", "client_days"))])
    awake = _used_lately(seen[["key", "day"]].drop_duplicates(), days, least)
    days = days[~pd.MultiIndex.from_frame(days).isin(awake)]
    wanted = set(days["key"])
    first = seen[seen["key"].isin(wanted)].groupby("key")["day"].min()
    facts = {str(row.key_id): row for row in _facts(frames)}
    places = {str(key): rows for key, rows in _keyed(frames["rested_networks"], keys).groupby("key") if key in wanted}
    since = frames["telemetry"]["since"].min()
    found: dict[tuple[str, pd.Timestamp], Rest] = {}
    for key, day in days.itertuples(index=False, name=None):
        if key not in by_key and first.get(key, day) < day:
            continue  # it is no key that rests, and was used before
        rest = _rest(by_key.get(key), facts.get(key), day, since)
        if rest is not None and rest.idle >= least:
            found[key, day] = replace(rest, networks=_networks(places.get(key), day))
    return found


def _facts(frames: Frames) -> list[Any]:
    return list(frames["keys"].dropna(subset=["key_id"]).itertuples(index=False))


def _keyed(rows: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    rows = rows[rows["ok"] > 0].dropna(subset=["key_ref"])
    return rows.assign(key=rows["key_ref"].map(keys).fillna(rows["key_ref"]))


def _used_lately(used: pd.DataFrame, days: pd.DataFrame, least: timedelta) -> pd.MultiIndex:
    """The (key, day) before which the key was used within `least`: most of them, found at once."""
    before = days.merge(used.rename(columns={"day": "before"}), on="key")
    before = before[(before["before"] < before["day"]) & (before["before"] > before["day"] - least)]
    return pd.MultiIndex.from_frame(before[["key", "day"]])


def _networks(rows: pd.DataFrame | None, day: pd.Timestamp) -> frozenset[str]:
    return frozenset() if rows is None else frozenset(rows.loc[rows["day"] < day, "network"].dropna().astype(str))


def _rest(rows: pd.DataFrame | None, fact: Any, day: pd.Timestamp, since: pd.Timestamp) -> Rest | None:  # noqa: ANN401
    """Without networks; None when nobody can say how long it rested."""
    past = rows[rows["day"] < day] if rows is not None else None
    last = past["last_seen"].fillna(past["day"]).max() if past is not None and len(past) else pd.NaT
    gap = 0.0
    if past is not None and past["day"].nunique() > _FEW_GAPS:
        gap = float(past["day"].drop_duplicates().sort_values().diff().dropna().dt.days.quantile(0.9))
    if fact is not None:
        told = [at for at in (fact.source_last_used_at, fact.last_success) if not pd.isna(at) and at < day]
        last = max([*told, *([] if pd.isna(last) else [last])], default=pd.NaT)
    if not pd.isna(last):
        return _made(day - last, moment(last), gap, never=False)
    return _unseen(fact, day, since)


def _unseen(fact: Any, day: pd.Timestamp, since: pd.Timestamp) -> Rest | None:  # noqa: ANN401 (a row of a frame)
    """Of a key without any known use before: it rested since it was made, or since telemetry began."""
    if fact is None or pd.isna(fact.created_at) or pd.isna(since):
        return None
    watched = max(fact.created_at, since)
    return _made(day - watched, None, 0.0, never=bool(fact.created_at >= since)) if watched < day else None


def _made(idle: pd.Timedelta, last: datetime | None, gap: float, *, never: bool) -> Rest:
    return Rest(idle=idle.to_pytimedelta(), last=last, gap=gap, never=never, networks=frozenset())
