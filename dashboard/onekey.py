"""What the page of one key reads; cached by the manifest's version, the window and the key_refs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.data import Place, both, place, reading, store
from model.rotation import Rotation
from model.window import Window
from store.queries import breakdown, debut, explored, heat, latency, requests, traffic
from store.queries.matching import Match
from store.queries.spans import DAY, floor
from store.rotations import of_key, plain_rows
from store.state import history, inventory, segments, sources

LATEST: Final = 200
"""Requests that the page lists."""
TOP: Final = 12
"""Rows of its breakdowns."""
BEFORE: Final = timedelta(days=30)
"""What was not seen for so long before the window is new in it."""
DEBUTS: Final = 8
"""New things of a kind that are listed."""
KINDS: Final[tuple[debut.Kind, ...]] = ("network", "asn", "country", "client", "route", "ip")
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


def top(version: str, window: Window, bucket: timedelta, refs: Sequence[str]) -> Frames:
    """Frames `traffic`, `totals` and `before` of some key_refs: what the top of the page needs."""
    return _top(place(), version, window, bucket, tuple(refs))


def timed(version: str, window: Window, bucket: timedelta, refs: Sequence[str]) -> Frames:
    """Frames `latency` [bucket, p50_ms, p95_ms] and `bytes` [bucket, bytes_out, …] of some key_refs."""
    return _timed(place(), version, window, bucket, tuple(refs))


def parts(version: str, window: Window, refs: Sequence[str]) -> Frames:
    """Frames `route`, `ip` (with network, asn and country), `client` and `status`."""
    return _parts(place(), version, window, tuple(refs))


def week(version: str, window: Window, refs: Sequence[str], zone: str) -> pd.DataFrame:
    """Requests by hour and weekday, as `store.queries.heat.hour_by_weekday`."""
    return _heat(place(), version, window, tuple(refs), zone)


def news(version: str, window: Window, refs: Sequence[str]) -> pd.DataFrame:
    """What is new in the window, as `store.queries.debut.debuts`."""
    return _news(place(), version, window, tuple(refs))


def latest(version: str, window: Window, refs: Sequence[str]) -> pd.DataFrame:
    """The LATEST newest requests of the window, as `store.queries.requests.latest`."""
    return _latest(place(), version, window, tuple(refs))


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


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _top(where: Place, version: str, window: Window, bucket: timedelta, refs: tuple[str, ...]) -> Frames:
    del version
    with reading(where, both(window)) as reader:
        return {
            "traffic": traffic.over_time(reader, window, bucket=bucket, key_refs=refs),
            "totals": traffic.totals(reader, window, key_refs=refs),
            "before": traffic.totals(reader, window.previous(), key_refs=refs),
        }


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _timed(where: Place, version: str, window: Window, bucket: timedelta, refs: tuple[str, ...]) -> Frames:
    del version
    match = Match(wanted=(("key", refs),))
    with reading(where, window) as reader:
        return {
            "latency": latency.quantiles(reader, window, bucket=bucket, key_refs=refs),
            "bytes": explored.series(reader, window, match, by="status", bucket=bucket, groups=()),
        }


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _parts(where: Place, version: str, window: Window, refs: tuple[str, ...]) -> Frames:
    del version
    with reading(where, window) as reader:
        addresses = breakdown.usage_by(reader, window, by="ip", key_refs=refs, limit=TOP)
        places = debut.places(reader, window, list(addresses["ip"]), key_refs=refs)
        return {
            "status": breakdown.usage_by(reader, window, by="status", key_refs=refs),
            "route": breakdown.usage_by(reader, window, by="route", key_refs=refs, limit=TOP),
            "ip": addresses.merge(places, on="ip", how="left"),
            "client": breakdown.usage_by(reader, window, by="client", key_refs=refs, limit=TOP),
        }


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _news(where: Place, version: str, window: Window, refs: tuple[str, ...]) -> pd.DataFrame:
    del version
    earlier = before(window)
    with reading(where, Window(since=earlier.since, until=window.until)) as reader:
        return debut.debuts(reader, window, earlier, kinds=KINDS, key_refs=refs, limit=DEBUTS)


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _latest(where: Place, version: str, window: Window, refs: tuple[str, ...]) -> pd.DataFrame:
    del version
    with reading(where, window) as reader:
        return requests.latest(reader, window, key_refs=refs, limit=LATEST)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _heat(where: Place, version: str, window: Window, refs: tuple[str, ...], zone: str) -> pd.DataFrame:
    del version
    with reading(where, window) as reader:
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
    del where, version
    with store().reading() as tx:
        rows = {row["key_id"]: row for row in plain_rows(inventory.key_frame(tx))}
        changed, listed = history.history_of(tx, identity), history.listings_of(tx, identity)
        watched = segments.span(tx) is not None and bool(sources.source_frame(tx, now)["reads_keys"].any())
    found = of_key(store(), rows, identity, now, watched=watched)
    return Life(rotations=found, history=changed, listings=listed)
