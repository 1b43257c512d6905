"""All keys as the pages show them: the roster with its faults, from the state and the usage of a window."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from alerts.joining import is_hygiene
from dashboard import access, data, hygiene
from dashboard.data import Place
from dashboard.roles import Role
from dashboard.roster import UNKNOWN, roster, with_curves
from dashboard.sight import Sight
from model.window import Window
from store.queries import breakdown
from store.queries.spans import floor
from store.state import inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """All keys."""

    keys: pd.DataFrame
    """As `dashboard.roster.roster`."""
    faults: Mapping[str, Collection[str]]
    """Flag of `dashboard.hygiene` to key ids."""


def look(sight: Sight, usage: pd.DataFrame) -> Upkeep:
    """The keys; `usage` is that of the window, by key. What the state says may be `data.AGE` old."""
    minute = floor(sight.period.now, timedelta(minutes=1))
    return _look(data.place(), sight.version, sight.period.window, minute, sight, usage)


@st.cache_data(show_spinner=False, ttl=data.AGE, max_entries=8)
def _look(
    where: Place,
    version: str,
    window: Window,
    minute: datetime,
    _sight: Sight,
    _usage: pd.DataFrame,
) -> Upkeep:
    del where, version, window, minute  # what the cache tells answers apart by
    now = _sight.period.now
    keys, findings = data.keys(), data.standing_findings()
    with data.store().reading() as tx:
        refs = inventory.ref_frame(tx)
    found = hygiene.faults(
        keys, refs, _sight.sources, _telemetry(_sight), lines=access.hands(Role.VIEWER).lines, now=now
    )
    calls = _calls(keys, found["unused"], _sight)
    accused = {key for key, those in findings.items() if not all(is_hygiene(finding) for finding in those)}
    found["removable"] = hygiene.removable(found, calls, accused)
    made = roster(keys, _usage, activity=data.activity(), findings=findings, faults=found, now=now)
    return Upkeep(keys=made, faults=found)


def busiest(sight: Sight, usage: pd.DataFrame, most: int) -> pd.DataFrame:
    """The keys with the most requests, as `dashboard.roster.roster` with curves and without faults: of few keys."""
    named = usage[usage["key"].notna() & ~usage["key"].fillna("").str.startswith(UNKNOWN)]
    keys = data.keys()
    owner = {ref: key for key, refs in zip(keys["key_id"], keys["key_refs"], strict=True) for ref in refs}
    sums = named["requests"].groupby(named["key"].map(lambda ref: owner.get(ref, ref))).sum()
    chosen = set(sums.nlargest(most).index)
    refs = named["key"].map(lambda ref: owner.get(ref, ref) in chosen)
    made = roster(
        keys[keys["key_id"].isin(chosen)],
        named[refs],
        activity=data.activity(),
        findings=data.standing_findings(),
        faults={},
        now=sight.period.now,
    )
    return with_curves(made.head(most), most, lambda refs: data.curves(sight.version, sight.period.window, refs))


def _span(sight: Sight) -> Window:
    """From the first event of all to just after the newest."""
    oldest, newest = sight.period.oldest, sight.sources["last_event_at"].max()
    last = oldest if pd.isna(newest) else max(newest.to_pydatetime(), oldest)
    return Window(since=oldest, until=last + timedelta(microseconds=1))


def _telemetry(sight: Sight) -> pd.DataFrame:
    span = _span(sight)
    row = {"since": [span.since], "until": [min(span.until, sight.period.now)]}
    return pd.DataFrame(row).astype("datetime64[us, UTC]")


def _calls(keys: pd.DataFrame, unused: Collection[str], sight: Sight) -> dict[str, int]:
    """How often the unused keys were called in all the time that usage is kept of."""
    rows = keys[keys["key_id"].isin(set(unused))]
    owner = {ref: key for key, refs in zip(rows["key_id"], rows["key_refs"], strict=True) for ref in refs}
    if not owner:
        return {}
    counted = _life(data.place(), sight.version, _span(sight), tuple(sorted(owner)))
    sums: dict[str, int] = {}
    for ref, requests in zip(counted["key"], counted["requests"], strict=True):
        sums[owner[ref]] = sums.get(owner[ref], 0) + int(requests)
    return sums


@st.cache_data(show_spinner=False, max_entries=8)
def _life(where: Place, version: str, span: Window, refs: Sequence[str]) -> pd.DataFrame:
    del version
    with data.reading(where, span, refs) as reader:
        return breakdown.usage_by(reader, span, by="key", key_refs=refs)
