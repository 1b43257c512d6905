"""All keys as the pages show them: the roster with its faults, from the state and the usage of a window."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from alerts.joining import is_hygiene
from dashboard.keys import hygiene
from dashboard.keys.roster import outline, roster, with_curves
from dashboard.known.portrait import UNKNOWN
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.reads import counted, data
from dashboard.reads.opened import AGE, Inventory, Place, inventory_of, place, reading, state_of
from dashboard.services import Lines
from dashboard.sight import Sight
from model.clock import SystemClock
from model.finding import Finding
from model.window import Window
from store.queries import breakdown
from store.queries.spans import HOUR, widened
from store.state import inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the state says of all keys."""

    held: Inventory
    findings: Mapping[str, Sequence[Finding]]
    """That stand open, by key id or key_ref."""
    faults: Mapping[str, Collection[str]]
    """Flag of `dashboard.keys.hygiene` to key ids."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """All keys."""

    keys: pd.DataFrame
    """As `dashboard.keys.roster.outline`."""
    standing: Standing

    def told(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Some of the rows, with what is to be said of them."""
        return roster(rows, findings=self.standing.findings, faults=self.standing.faults, now=self.standing.at)


def look(sight: Sight, usage: pd.DataFrame) -> Upkeep:
    """The keys; `usage` is that of the window, by key. What the state says may be twice `AGE` old."""
    where = place()
    standing = _standing(where, sight, access.services(Role.VIEWER).lines)
    rows = _outlined(where, sight.version, sight.period.window, standing.at, standing, usage)
    return Upkeep(keys=rows, standing=standing)


@st.cache_resource(show_spinner=False, ttl=AGE, refresh_mode="background", max_entries=4)
def _standing(where: Place, _sight: Sight, _lines: Lines) -> Standing:
    """Made in a thread of its own while the last one is shown; nobody is logged in there."""
    now = SystemClock().now()
    held = inventory_of(where)
    keys, findings = held.keys, data.standing_of(where)
    with state_of(where) as tx:
        refs = inventory.ref_frame(tx)
    found = hygiene.faults(keys, refs, _sight.sources, _telemetry(_sight, now), lines=_lines, now=now)
    calls = _calls(where, keys, found["unused"], _sight)
    accused = {key for key, those in findings.items() if not all(is_hygiene(finding) for finding in those)}
    found["removable"] = hygiene.removable(found, calls, accused)
    return Standing(held=held, findings=findings, faults=found, at=now)


@st.cache_resource(show_spinner=False, max_entries=8)
def _outlined(
    where: Place, version: str, window: Window, at: datetime, _standing: Standing, _usage: pd.DataFrame
) -> pd.DataFrame:
    del where, version, window  # what the cache tells answers apart by
    held = _standing.held
    return outline(held.keys, _usage, activity=held.activity, findings=_standing.findings, now=at)


def busiest(sight: Sight, usage: pd.DataFrame, most: int) -> pd.DataFrame:
    """The keys with the most requests, as `dashboard.keys.roster.outline` but without risk, with curves: of few keys.

    `usage` is that of the window, by key.
    """
    made = _busiest(place(), sight.version, sight.period.window, most, usage, sight.period.now)
    findings = data.standing_findings()
    return made.assign(findings=[len(findings.get(identity, ())) for identity in made["id"]])


@st.cache_resource(show_spinner=False, ttl=AGE, max_entries=8)
def _busiest(
    where: Place, version: str, window: Window, most: int, _usage: pd.DataFrame, _now: datetime
) -> pd.DataFrame:
    """Without their findings, which are read afresh."""
    named = _usage[_usage["key"].notna() & ~_usage["key"].fillna("").str.startswith(UNKNOWN)]
    held = inventory_of(where)
    by_key = named["key"].map(lambda ref: held.owner.get(ref, ref))
    chosen = set(named["requests"].groupby(by_key).sum().nlargest(most).index)
    made = outline(
        held.keys[held.keys["key_id"].isin(chosen)],
        named[by_key.isin(chosen)],
        activity=held.activity,
        findings={},
        now=_now,
    )
    return with_curves(made.head(most), most, lambda refs: counted.curves(version, window, refs))


def _span(sight: Sight) -> Window:
    """From the first event of all to just after the newest."""
    oldest, newest = sight.period.oldest, sight.sources["last_event_at"].max()
    last = oldest if pd.isna(newest) else max(newest.to_pydatetime(), oldest)
    return Window(since=oldest, until=last + timedelta(microseconds=1))


def _telemetry(sight: Sight, now: datetime) -> pd.DataFrame:
    span = _span(sight)
    row = {"since": [span.since], "until": [min(span.until, now)]}
    return pd.DataFrame(row).astype("datetime64[us, UTC]")


def _calls(where: Place, keys: pd.DataFrame, unused: Collection[str], sight: Sight) -> dict[str, int]:
    """How often the unused keys were called in all the time that usage is kept of."""
    rows = keys[keys["key_id"].isin(set(unused))]
    owner = {ref: key for key, refs in zip(rows["key_id"], rows["key_refs"], strict=True) for ref in refs}
    if not owner:
        return {}
    counted = _life(where, widened(_span(sight), HOUR), tuple(sorted(owner)))
    sums: dict[str, int] = {}
    for ref, requests in zip(counted["key"], counted["requests"], strict=True):
        sums[owner[ref]] = sums.get(owner[ref], 0) + int(requests)
    return sums


@st.cache_data(show_spinner=False, ttl=HOUR, max_entries=8)
def _life(where: Place, span: Window, refs: Sequence[str]) -> pd.DataFrame:
    """Read once an hour: what came since is known by its last use."""
    with reading(where, span, refs) as reader:
        return breakdown.usage_by(reader, span, by="key", key_refs=refs)
