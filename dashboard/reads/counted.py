"""What is counted of all keys: totals, requests over time, usage by key, the keys' small curves.

These add up, so each part of a window (`store.queries.spans.parts`) is asked about by itself, and is asked again when a
segment comes that can touch its days: what comes in all the time is of the last part alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls.period import Period
from dashboard.reads.data import mark
from dashboard.reads.opened import Place, place, reading
from model.window import Window
from store.queries import adding, breakdown, spans, sparkline, traffic

POINTS: Final = 30
"""Of a key's small curve."""
CURVES: Final = 100
"""Keys of a page that get one: 3,000 points, as many as a chart has at most."""
_ENTRIES: Final = 48
_LARGE: Final = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a window in a store; part of every cache's key."""

    where: Place
    window: Window
    mark: str
    """What the answers hang on."""

    def named(self) -> str:
        """All of it in a text, which a cache takes in a tenth of the time that it needs for each field."""
        return f"{self.where} {self.window.since} {self.window.until} {self.mark}"


NAMED: Final[dict[str | type[Any], Callable[[Any], Any]]] = {Part: Part.named}
"""For caches whose key has parts in it."""


def parts(version: str, window: Window) -> tuple[Part, ...]:
    """Those of a window, in order of time, as of a version of the store."""
    return _parts(place(), version, window)


def overview(version: str, period: Period) -> dict[str, pd.DataFrame]:
    """Frames `traffic`, `totals`, `before` (totals of the window before) and `keys` (usage by key_ref)."""
    mine, before = parts(version, period.window), parts(version, period.before)
    return {
        "traffic": _traffic(mine, period.bucket),
        "totals": _totals(mine),
        "before": _totals(before),
        "keys": _usage(mine),
    }


def usage(version: str, window: Window) -> pd.DataFrame:
    """Usage by key_ref, as `store.queries.breakdown.usage_by`; one frame for all sessions, so nobody may change it."""
    return _usage(parts(version, window))


def curves(version: str, window: Window, refs: Iterable[str]) -> Mapping[str, list[int]]:
    """key_ref to POINTS numbers of requests; ask for the keys that are shown, CURVES of them at most.

    One answer for all sessions, so nobody may change it.
    """
    wanted = tuple(sorted(refs))
    return _curves(parts(version, window), window, wanted) if wanted else {}


@st.cache_resource(show_spinner=False, max_entries=_LARGE)
def _parts(where: Place, version: str, window: Window) -> tuple[Part, ...]:
    del version
    return tuple(Part(where, part, mark(where, part)) for part in spans.parts(window))


@st.cache_resource(show_spinner=False, max_entries=_LARGE, hash_funcs=NAMED)
def _usage(of: tuple[Part, ...]) -> pd.DataFrame:
    return adding.usage([_usage_of(part) for part in of], by="key")


@st.cache_resource(show_spinner=False, max_entries=_LARGE, hash_funcs=NAMED)
def _totals(of: tuple[Part, ...]) -> pd.DataFrame:
    return traffic.totals_of_keys(_usage(of), adding.distinct([_addresses_of(part) for part in of]))


@st.cache_resource(show_spinner=False, max_entries=_LARGE, hash_funcs=NAMED)
def _traffic(of: tuple[Part, ...], bucket: timedelta) -> pd.DataFrame:
    return adding.over_time([_traffic_of(part, bucket) for part in of])


@st.cache_resource(show_spinner=False, max_entries=_LARGE, hash_funcs=NAMED)
def _curves(of: tuple[Part, ...], window: Window, refs: tuple[str, ...]) -> dict[str, list[int]]:
    frame = sparkline.curves([_points_of(part, window, refs) for part in of], POINTS)
    return dict(zip(frame["key_ref"], frame["series"], strict=True))


@st.cache_resource(show_spinner=False, max_entries=_LARGE, hash_funcs=NAMED)
def _usage_of(part: Part) -> pd.DataFrame:
    with reading(part.where, part.window) as reader:
        return breakdown.usage_by(reader, part.window, by="key")


@st.cache_resource(show_spinner=False, max_entries=_LARGE, hash_funcs=NAMED)
def _addresses_of(part: Part) -> np.ndarray:
    with reading(part.where, part.window) as reader:
        return traffic.address_marks(reader, part.window)


@st.cache_resource(show_spinner=False, max_entries=_ENTRIES, hash_funcs=NAMED)
def _traffic_of(part: Part, bucket: timedelta) -> pd.DataFrame:
    with reading(part.where, part.window) as reader:
        return traffic.over_time(reader, part.window, bucket=bucket)


@st.cache_resource(show_spinner=False, max_entries=_ENTRIES, hash_funcs=NAMED)
def _points_of(part: Part, window: Window, refs: tuple[str, ...]) -> pd.DataFrame:
    with reading(part.where, part.window) as reader:
        return sparkline.counted(reader, part.window, window, POINTS, key_refs=refs)
