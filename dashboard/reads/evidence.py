"""What an incident's page reads of the events: the requests behind it, and its key's hours beside what was expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls.filters import KEYS
from dashboard.reads import data
from dashboard.reads.opened import Place, place, reading
from detectors.baseline import MEMORY
from detectors.usual.expected import expected
from model.event import Outcome
from model.window import Window
from store.queries import explored
from store.queries.frames import event_frame
from store.queries.matching import Dimension, Match, Values
from store.queries.spans import HOUR

LISTED: Final = 200
"""Requests behind an incident that its page lists; the newest."""

_ENTRIES: Final = 32
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Which requests are looked at."""

    name: str
    """What the choice and the URL call it: words of ours."""
    label: str
    """Whose requests they are; with names of others, so shown as text."""
    key: str | None = None
    """The inventory's id, or a key_ref, for links."""
    refs: tuple[str, ...] | None = None
    """The key_refs of that key; None: whatever key."""
    ip: str | None = None
    network: str | None = None

    @property
    def match(self) -> Match:
        """The same for a query."""
        places: tuple[tuple[Dimension, str | None], ...] = (("ip", self.ip), ("network", self.network))
        wanted: list[tuple[Dimension, Values]] = [(name, (value,)) for name, value in places if value is not None]
        return Match(wanted=(*((("key", self.refs),) if self.refs is not None else ()), *wanted))

    @property
    def parameters(self) -> dict[str, str]:
        """What a link to the same requests on the Explore page carries."""
        return {n: v for n, v in ((KEYS, self.key), ("ip", self.ip), ("network", self.network)) if v is not None}


def behind(version: str, window: Window, lens: Lens, bucket: timedelta) -> dict[str, pd.DataFrame]:
    """Frames `latest` (requests, newest first) and `traffic` ([bucket, outcome, requests]) of what a lens shows."""
    return _behind(place(), version, window, lens, bucket)


def usual(days: Window, refs: Sequence[str]) -> pd.DataFrame:
    """The hours of a key on whole UTC days, [hour, calls, expected, low, high], all its key_refs together.

    Calls are without those answered 401, as in what judged the key.
    """
    where, span = place(), _remembered(days)
    return _usual(where, data.mark(where, span), days, tuple(refs))


def usual_of(days: Window, match: Match) -> pd.DataFrame:
    """The same of all requests that match: of an address, a network, or the platform as a whole."""
    where, span = place(), _remembered(days)
    return _usual_of(where, data.mark(where, span), days, match)


def whole_days(since: datetime, until: datetime, most: int) -> Window:
    """The UTC days that hold [since, until), the last `most` of them."""
    first = datetime.combine(since.astimezone(UTC).date(), time(), tzinfo=UTC)
    end = datetime.combine((until.astimezone(UTC) - timedelta(microseconds=1)).date(), time(), tzinfo=UTC) + _DAY
    return Window(since=max(first, end - most * _DAY), until=end)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _behind(where: Place, version: str, window: Window, lens: Lens, bucket: timedelta) -> dict[str, pd.DataFrame]:
    del version
    match = lens.match
    with reading(where, window) as reader:
        latest = explored.newest(reader, window, match, limit=LISTED)
        groups = [(outcome.value, (outcome.value,)) for outcome in Outcome]
        rows = explored.series(reader, window, match, by="status", bucket=bucket, groups=groups)
    return {"latest": latest, "traffic": rows.rename(columns={"part": "outcome"})}


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _usual(where: Place, mark: str, days: Window, refs: tuple[str, ...]) -> pd.DataFrame:
    del mark
    span = _remembered(days)
    with reading(where, span, refs) as reader:
        hours = event_frame("key_hours", reader, span, timedelta(0))
    return _expected(hours[hours["key_ref"].isin(refs)], days)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _usual_of(where: Place, mark: str, days: Window, match: Match) -> pd.DataFrame:
    del mark
    span = _remembered(days)
    with reading(where, span) as reader:
        series = explored.series(reader, span, match, by="status", bucket=HOUR, groups=())
    hours = series.groupby("bucket", as_index=False)[["requests", "bytes_out"]].sum()
    named = hours.rename(columns={"bucket": "hour"})
    return _expected(named.assign(unauthenticated=0, client_error=0, server_error=0), days)


def _expected(hours: pd.DataFrame, days: Window) -> pd.DataFrame:
    wanted = [np.datetime64(days.since.date() + n * _DAY, "D") for n in range(days.length // _DAY)]
    return expected(hours.assign(key_ref="all"), wanted).drop(columns="key_ref")


def _remembered(days: Window) -> Window:
    """The days with those before them that say what is usual."""
    return Window(since=days.since - MEMORY, until=days.until)
