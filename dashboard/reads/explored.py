"""What the Explore page reads; cached by the manifest's version, the window and the filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.controls.filters import KEYS, NONE, OWNED, SUGGESTED, outcome_label, owned_by
from dashboard.known.key_search import LISTED, label_of
from dashboard.known.portrait import Portrait
from dashboard.reads.counted import NAMED, Part, parts
from dashboard.reads.opened import Place, inventory_of, place, reading, store
from model.window import Window
from store.events.reader import EventsReader
from store.queries import adding, explored
from store.queries.matching import Dimension, Match, Values, table_of
from store.queries.spans import DAY, widened
from store.state import segments

TOP: Final = 7
"""Groups that a chart tells apart; the rest is one."""
OTHERS: Final = "All others"
GROUPS: Final = 1000
"""Groups that the table has at most; the rest is one."""
EXPORTED: Final = 100_000
"""Groups that its file has at most; likewise."""
_FEW: Final = frozenset({"key", "status"})
"""What is asked about without a limit, or has few values: all groups of a part are kept, and added up."""
_SUGGESTED: Final = timedelta(minutes=5)
_LATELY: Final = timedelta(days=7)
_ENTRIES: Final = 24
_READING: Final = "Reading the requests that match …"
_Counted = tuple[pd.DataFrame, pd.DataFrame]
"""Groups as the store tells them apart, and all others as one row, whose `groups` says how many these are."""
_SUMS: Final = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out")


def dimension_of(by: str) -> Dimension:
    """What requests are told apart by in the store, for a parameter that the page groups by."""
    return "key" if by == KEYS or by in OWNED else by  # type: ignore[return-value]  # the rest are names of dimensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which requests of which moment of the store; part of every cache's key."""

    where: Place
    version: str
    window: Window
    match: Match


def question(version: str, window: Window, match: Match) -> Question:
    """About the store that the environment names."""
    return Question(where=place(), version=version, window=window, match=match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Counts by what the page groups by."""

    listed: pd.DataFrame
    """[label, value, requests … bytes_out, first_seen, last_seen] of the busiest, the most requests first.

    `label` is for people, `value` a tuple of what the store knows it by."""
    others: pd.DataFrame
    """The same without a value of all that is not listed, as one row; none where all is."""
    number: int
    """Of groups, those that are not listed among them."""
    by_hour: bool
    """Whether a first_seen or last_seen that begins an hour stands for that hour, of which no more is known."""

    @property
    def requests(self) -> int:
        """Of all groups."""
        return int(self.listed["requests"].sum() + self.others["requests"].sum())

    @property
    def rows(self) -> pd.DataFrame:
        """Those listed and, at the end, the others."""
        return pd.concat([self.listed, self.others], ignore_index=True) if len(self.others) else self.listed


def groups(asked: Question, by: str, known: Mapping[str, Portrait]) -> Groups:
    """The GROUPS busiest."""
    return _named(_grouped(asked, dimension_of(by)), asked, by, known, GROUPS)


def exported(asked: Question, by: str, known: Mapping[str, Portrait]) -> Groups:
    """The EXPORTED busiest; read when somebody wants the file, which they were let in to, and not kept."""
    with reading(asked.where, asked.window) as reader:
        counted = _counted(reader, asked, dimension_of(by), EXPORTED)
    return _named(counted, asked, by, known, EXPORTED)


def over_time(asked: Question, bucket: timedelta, by: str, top: pd.DataFrame) -> pd.DataFrame:
    """The groups over time: [bucket, label, requests, failures, bytes_out]; `top` are rows of `groups`."""
    named: tuple[tuple[str, Values], ...] = tuple(zip(top["label"], top["value"], strict=True))
    frame = _series(asked, bucket, dimension_of(by), named)
    return frame.assign(label=frame["part"].fillna(OTHERS)).drop(columns="part")


def newest(asked: Question, limit: int) -> pd.DataFrame:
    """The newest requests that match, with the columns of an event."""
    return _newest(asked, limit)


def suggestions(window: Window, known: Mapping[str, Portrait]) -> dict[str, list[str]]:
    """The busiest values of each filter that has too many to list, and the owners and environments of most keys.

    Of the last week of a window, so that presets ask for the same: what is rarer can be written.
    """
    frame = _suggested(place(), widened(Window(since=window.until - _LATELY, until=window.until), DAY))
    found = {str(kind): list(values) for kind, values in frame.groupby("kind")["value"]}
    held = inventory_of(place())
    owner, keys = held.owner, held.keys
    busy = dict.fromkeys(owner.get(ref, ref) for ref in found.pop(KEYS, ()))
    found[KEYS] = [*(label_of(known[identity]) for identity in busy if identity in known), NONE]
    return found | {name: [*keys[name].dropna().value_counts().index[:LISTED], NONE] for name in OWNED}


def told_by_events(match: Match, by: str, bucket: timedelta) -> bool:
    """Whether single events have to be read for the chart, which retention drops first."""
    return table_of(match, dimension_of(by), bucket) == "events"


def events_end(window: Window) -> bool:
    """Whether retention has dropped events of the window."""
    with store().reading() as tx:
        dropped = segments.events_dropped_until(tx)
    return dropped is not None and dropped > window.since


def _named(counted: _Counted, asked: Question, by: str, known: Mapping[str, Portrait], most: int) -> Groups:
    """Groups for people of those of the store: several of these may be one, such as the keys of an owner."""
    single, rest = counted
    sums = {name: (name, "sum") for name in _SUMS}
    how = {**sums, "first_seen": ("first_seen", "min"), "last_seen": ("last_seen", "max")}
    labelled = single.assign(label=_labels(single["part"], by, known)).groupby("label", sort=False)
    joined = labelled.agg(value=("part", tuple), **how).reset_index()
    ordered = joined.sort_values("requests", ascending=False, kind="stable", ignore_index=True)
    left = pd.concat([ordered.iloc[most:].assign(groups=1), rest])
    return Groups(
        listed=ordered.head(most),
        others=left.assign(label=OTHERS).groupby("label").agg(**how).reset_index(),
        number=min(len(ordered), most) + int(left["groups"].sum()),
        by_hour=table_of(asked.match, dimension_of(by)) == "usage",
    )


def _labels(parts: Sequence[str | None] | pd.Series, by: str, known: Mapping[str, Portrait]) -> list[str]:
    if by in OWNED:
        owners = {ref: owner for owner, refs in owned_by(known.values(), by).items() for ref in refs}
        return [owners.get(part, NONE) for part in parts]
    if by == KEYS:
        names = {ref: label_of(portrait) for portrait in known.values() for ref in portrait.refs}
        return [NONE if part is None else names.get(part, part) for part in parts]
    if by == "status":
        return [outcome_label(str(part)) for part in parts]
    return [NONE if part is None else part for part in parts]


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _grouped(asked: Question, by: Dimension) -> _Counted:
    if table_of(asked.match, by) == "usage" and by in _FEW:
        every = parts(asked.version, asked.window)
        return _all(adding.grouped([_grouped_of(part, asked.match, by) for part in every]))
    with reading(asked.where, asked.window) as reader:
        return _counted(reader, asked, by, GROUPS)


def _counted(reader: EventsReader, asked: Question, by: Dimension, most: int) -> _Counted:
    if by in _FEW:
        return _all(explored.grouped(reader, asked.window, asked.match, by=by))
    frame = explored.busiest(reader, asked.window, asked.match, by=by, limit=most)
    return frame[frame["place"] <= most], frame[frame["place"] > most]


def _all(frame: pd.DataFrame) -> _Counted:
    return frame, frame.head(0).assign(groups=0)


@st.cache_resource(show_spinner=False, max_entries=_ENTRIES, hash_funcs=NAMED)
def _grouped_of(part: Part, match: Match, by: Dimension) -> pd.DataFrame:
    with reading(part.where, part.window) as reader:
        return explored.grouped(reader, part.window, match, by=by)


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _series(asked: Question, bucket: timedelta, by: Dimension, named: tuple[tuple[str, Values], ...]) -> pd.DataFrame:
    if table_of(asked.match, by, bucket) == "usage":
        every = parts(asked.version, asked.window)
        return adding.series([_series_of(part, asked.match, bucket, by, named) for part in every])
    with reading(asked.where, asked.window) as reader:
        return explored.series(reader, asked.window, asked.match, by=by, bucket=bucket, groups=named)


@st.cache_resource(show_spinner=False, max_entries=_ENTRIES, hash_funcs=NAMED)
def _series_of(
    part: Part, match: Match, bucket: timedelta, by: Dimension, named: tuple[tuple[str, Values], ...]
) -> pd.DataFrame:
    with reading(part.where, part.window) as reader:
        return explored.series(reader, part.window, match, by=by, bucket=bucket, groups=named)


@st.cache_data(show_spinner=_READING, max_entries=_ENTRIES)
def _newest(asked: Question, limit: int) -> pd.DataFrame:
    with reading(asked.where, asked.window) as reader:
        return explored.newest(reader, asked.window, asked.match, limit=limit)


@st.cache_data(show_spinner=False, ttl=_SUGGESTED, refresh_mode="background", max_entries=_ENTRIES)
def _suggested(where: Place, window: Window) -> pd.DataFrame:
    """Of whole days, and read anew now and then: they only help to write a filter."""
    with reading(where, window) as reader:
        values = explored.suggested(reader, window, kinds=SUGGESTED, limit=LISTED)
        keys = explored.grouped(reader, window, Match(), by="key", limit=LISTED)["part"].dropna()
    return pd.concat([values, pd.DataFrame({"kind": KEYS, "value": keys})], ignore_index=True)
