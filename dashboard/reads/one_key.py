"""What the page of one key reads; cached by the version of the segments it is of, the window and the key_refs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.controls.period import Period
from dashboard.reads import one_reader
from dashboard.reads.data import mark
from dashboard.reads.one_reader import reading_of
from dashboard.reads.opened import Place, inventory_of, place, reading, state_of, store
from model.event import Outcome
from model.rotation import Rotation
from model.window import Window
from store.queries import debut, explored, heat, latency, requests, traffic
from store.queries.matching import Match
from store.queries.spans import DAY, floor
from store.queries.traits import Kind, traits
from store.rotations import of_key, plain_rows
from store.state import history, segments, sources

LATEST: Final = 200
"""Requests that the page lists."""
TOP: Final = 12
"""Rows of its breakdowns."""
BEFORE: Final = timedelta(days=30)
"""What was not seen for so long before the window is new in it."""
DEBUTS: Final = 8
"""New things of a kind that are listed."""
_MOST: Final[dict[Kind, int]] = {"network": 0, "asn": 0, "country": 0, "client": TOP, "route": TOP, "ip": TOP}
"""Kinds of what a key is used with, in the order of the news, and how many of each are listed."""
_OUTCOMES: Final = tuple((outcome.value, (outcome.value,)) for outcome in Outcome)
_ENTRIES: Final = 48
_READING: Final = "Reading the requests of this key …"

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is known of a key beside its use."""

    rotations: list[Rotation]
    history: list[dict[str, Any]]
    """As `store.state.history.history_of`."""
    listings: list[dict[str, Any]]
    """As `store.state.history.listings_of`."""


def top(version: str, period: Period, refs: Sequence[str]) -> Frames:
    """Frames `traffic`, `bytes`, `status`, `totals` and `before` of some key_refs: what the top of the page needs.

    The last two are a row of counts each, without addresses.
    """
    where, held = place(), tuple(refs)
    before = _counted(where, mark(where, period.before), period.before, held)
    return {**_top(where, version, period.window, period.bucket, held), "before": before}


def addresses(version: str, period: Period, refs: Sequence[str]) -> tuple[int, int]:
    """How many different ones there are in the window, and in the one before."""
    where, held = place(), tuple(refs)
    before = _addresses(where, mark(where, period.before), period.before, held)
    return _addresses(where, version, period.window, held), before


def durations(version: str, window: Window, bucket: timedelta, refs: Sequence[str]) -> pd.DataFrame:
    """As `store.queries.latency.quantiles`."""
    return _durations(place(), version, window, bucket, tuple(refs))


def used_with(version: str, window: Window, refs: Sequence[str]) -> Frames:
    """Frames `route`, `ip` (with network, asn and country) and `client`, the TOP of each, and `news`.

    News are [kind, value, first_seen, requests], by kind and then the newest first.
    """
    return _used_with(place(), version, window, tuple(refs))


def week(version: str, window: Window, refs: Sequence[str], zone: str) -> pd.DataFrame:
    """Requests by hour and weekday, as `store.queries.heat.hour_by_weekday`."""
    return _heat(place(), version, window, tuple(refs), zone)


def latest(version: str, window: Window, refs: Sequence[str], about: int) -> pd.DataFrame:
    """The LATEST newest of `about` so many requests of the window, as `store.queries.requests.latest`."""
    return _latest(place(), version, window, tuple(refs), about)


def compared(version: str, window: Window, bucket: timedelta, keys: Sequence[tuple[str, tuple[str, ...]]]) -> Frames:
    """Frames `series` [bucket, part, …] and `totals` [label, requests …] of keys, each a label and its key_refs."""
    return _compared(place(), version, window, bucket, tuple(keys))


def life(version: str, identity: str, now: datetime) -> Life:
    """A key's rotations and history; `identity` is in the inventory."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return _life(place(), version, identity, hour)


def before(window: Window) -> Window:
    """The time that the window's news are new against: from the beginning of a UTC day, which facets know whole."""
    return Window(since=floor(window.since - BEFORE, DAY), until=window.since)


def first(period: Period, refs: tuple[str, ...]) -> AbstractContextManager[None]:
    """Until it ends, `top` and `addresses` share a reader of no more than they need: it is what people wait for."""
    return one_reader.at_once(Window(since=period.before.since, until=period.window.until), refs)


def at_once(period: Period, refs: tuple[str, ...]) -> AbstractContextManager[None]:
    """Until it ends, all that is asked here of these key_refs and this period is read once."""
    window, day = period.window, floor(period.window.since, DAY)  # whose begun part is counted from single events
    every = Window(since=min(period.before.since, before(window).since), until=window.until)
    return one_reader.at_once(every, refs, since=day)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _top(where: Place, version: str, window: Window, bucket: timedelta, refs: tuple[str, ...]) -> Frames:
    """One question: what is counted by outcome over time adds up to everything else."""
    del version
    match = Match(wanted=(("key", refs),))
    with reading_of(where, window, refs) as reader:
        series = explored.series(reader, window, match, by="status", bucket=bucket, groups=_OUTCOMES)
    named = series.rename(columns={"part": "outcome"})
    status = named.groupby("outcome")[["requests", "bytes_out"]].sum().reset_index()
    return {
        "traffic": named[["bucket", "outcome", "requests"]],
        "bytes": named.groupby("bucket")["bytes_out"].sum().reset_index(),
        "status": status.sort_values("requests", ascending=False, kind="stable", ignore_index=True),
        "totals": traffic.counted_of_outcomes(status),
    }


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _counted(where: Place, mark: str, window: Window, refs: tuple[str, ...]) -> pd.DataFrame:
    del mark
    with reading_of(where, window, refs) as reader:
        return traffic.counted(reader, window, key_refs=refs)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _addresses(where: Place, mark: str, window: Window, refs: tuple[str, ...]) -> int:
    del mark
    with reading_of(where, window, refs) as reader:
        return traffic.addresses(reader, window, key_refs=refs)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _durations(where: Place, version: str, window: Window, bucket: timedelta, refs: tuple[str, ...]) -> pd.DataFrame:
    del version
    with reading_of(where, window, refs, single=True) as reader:
        return latency.quantiles(reader, window, bucket=bucket, key_refs=refs)


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _used_with(where: Place, version: str, window: Window, refs: tuple[str, ...]) -> Frames:
    del version
    earlier = before(window)
    with reading_of(where, Window(since=earlier.since, until=window.until), refs, single=True) as reader:
        found = traits(reader, window, earlier, key_refs=refs, most=_MOST, newest=DEBUTS)
        busy = {kind: _busiest(found, kind) for kind in ("route", "ip", "client")}
        places = debut.places(reader, window, list(busy["ip"]["ip"]), key_refs=refs)
    order = {kind: place for place, kind in enumerate(_MOST)}
    new = found[found["debut"].between(1, DEBUTS)]
    news = new.assign(order=new["kind"].map(order)).sort_values(["order", "debut"], ignore_index=True)[
        ["kind", "value", "first_seen", "requests"]
    ]
    return {**busy, "ip": busy["ip"].merge(places, on="ip", how="left"), "news": news}


def _busiest(found: pd.DataFrame, kind: str) -> pd.DataFrame:
    mine = found[(found["kind"] == kind) & (found["place"] <= TOP)]
    return mine.rename(columns={"value": kind}).reset_index(drop=True)


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _latest(where: Place, version: str, window: Window, refs: tuple[str, ...], about: int) -> pd.DataFrame:
    del version
    with reading_of(where, window, refs, single=True) as reader:
        return requests.latest(reader, window, key_refs=refs, limit=LATEST, about=about)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _heat(where: Place, version: str, window: Window, refs: tuple[str, ...], zone: str) -> pd.DataFrame:
    del version
    with reading_of(where, window, refs) as reader:
        return heat.hour_by_weekday(reader, window, zone=zone, key_refs=refs)


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _compared(
    where: Place, version: str, window: Window, bucket: timedelta, keys: tuple[tuple[str, tuple[str, ...]], ...]
) -> Frames:
    del version
    every = Match(wanted=(("key", tuple(sorted({ref for _, refs in keys for ref in refs}))),))
    with reading(where, window) as reader:
        totals = [traffic.totals(reader, window, key_refs=refs).assign(label=label) for label, refs in keys]
        return {
            "series": explored.series(reader, window, every, by="key", bucket=bucket, groups=keys),
            "totals": pd.concat(totals, ignore_index=True),
        }


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _life(where: Place, version: str, identity: str, now: datetime) -> Life:
    del version
    rows = {row["key_id"]: row for row in plain_rows(_linked(inventory_of(where).keys, identity))}
    with state_of(where) as tx:
        changed, listed = history.history_of(tx, identity), history.listings_of(tx, identity)
        watched = segments.span(tx) is not None and bool(sources.source_frame(tx, now)["reads_keys"].any())
    found = of_key(store(), rows, identity, now, watched=watched)
    return Life(rotations=found, history=changed, listings=listed)


def _linked(keys: pd.DataFrame, identity: str) -> pd.DataFrame:
    """The key, the ones that it follows and the one that follows it."""
    mine = keys["key_id"] == identity
    return keys[mine | (keys["successor"] == identity) | keys["key_id"].isin(keys["successor"][mine])]
