"""Explore: any requests, by anything they have, over time and one by one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from dashboard.charts import stacks
from dashboard.controls import filters, timeframe
from dashboard.controls.filters import KEYS, LABELS, Filters
from dashboard.controls.period import SHORTEST
from dashboard.elements import export, raw_rows
from dashboard.known import key_search
from dashboard.known.portrait import Portrait
from dashboard.navigation import link_key
from dashboard.panels import request_groups
from dashboard.reads import explored, portraits
from dashboard.sight import Sight
from model.window import Window
from store.queries.matching import Match
from store.queries.spans import floor

_DEFAULT: Final = "status"
_LIMITS: Final = (100, 500, 2000)
_SECOND: Final = timedelta(seconds=1)


def show(sight: Sight) -> None:
    """Draw the page."""
    period = sight.period
    known = portraits.known(period.now)
    chosen = filters.control(explored.suggestions(period.window, known))
    by, measure = _controls(chosen)
    match = chosen.match(known)
    asked = explored.question(sight.version, period.window, match)
    groups = explored.groups(asked, by, known)
    _one_key(chosen, known)
    if not groups.number:
        st.info(
            "No request of this window matches. Loosen the filters or choose a longer window.",
            icon=":material/filter_alt_off:",
        )
        return
    top = groups.listed.head(explored.TOP)
    series = explored.over_time(asked, period.bucket, by, top)
    order = [*top["label"], explored.OTHERS]
    stacks.draw(series, order, period.window, period.bucket, measure=measure, by=LABELS[by])
    _limits(sight, match, by)
    request_groups.show(groups, by, sight, every=lambda: explored.exported(asked, by, known))
    _raw(asked, known, sight)


def _controls(chosen: Filters) -> tuple[str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = st.selectbox(
            "Group by", list(LABELS), key="by", bind="query-params", format_func=LABELS.__getitem__, width=190
        )
        measure = st.segmented_control(
            "Show", list(stacks.MEASURES), default="requests", required=True, key="show_as", bind="query-params",
            format_func=lambda each: stacks.MEASURES[each][0],
        )  # fmt: skip
        st.button("Clear filters", icon=":material/filter_alt_off:", on_click=filters.clear, disabled=not chosen.of)
    return str(by or _DEFAULT), str(measure or "requests")


def _one_key(chosen: Filters, known: Mapping[str, Portrait]) -> None:
    named = chosen.of.get(KEYS, ())
    portrait = key_search.named(known, named[0]) if len(named) == 1 else None
    if portrait is not None:
        link_key(portrait.identity, f"Open the page of {portrait.name}")


def _limits(sight: Sight, match: Match, by: str) -> None:
    period = sight.period
    said = []
    if explored.told_by_events(match, by, period.bucket) and explored.events_end(period.window):
        said.append("Single requests of this window's beginning are no longer kept, and are missing in the chart.")
    if by not in {*filters.OWNED, KEYS, "status", "host"}:
        said.append(f"Requests without {LABELS[by].lower()} are in no group.")
    if said:
        st.caption(" ".join(said))


def _raw(asked: explored.Question, known: Mapping[str, Portrait], sight: Sight) -> None:
    window = sight.period.window
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Requests", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            chosen = st.selectbox(
                "How many", _LIMITS, key="rows", bind="query-params", label_visibility="collapsed", width=150,
                format_func=lambda each: f"the newest {each}",
            )  # fmt: skip
            limit = int(chosen or _LIMITS[0])
            events = explored.newest(asked, limit)
            named = raw_rows.with_keys(events, known)
            export.button("Requests as CSV", named, name="requests", window=window, help_="The requests listed here.")
    like = raw_rows.choose(named, known, alternative="The newest requests that match, newest first.")
    if len(events) == limit:
        _older(events["ts"].iloc[-1], window)
    if len(events):
        st.caption("Click a cell to filter by it.")
    if like is not None:
        filters.add(*like)


def _older(oldest: datetime, window: Window) -> None:
    """The way to what is not listed: the window up to the oldest that is."""
    # To the end of its second, for others of that second may not be listed; and the URL knows no shorter time.
    until = floor(oldest, _SECOND) + _SECOND
    st.button(
        "Older requests", icon=":material/history:", key="older",
        on_click=lambda: timeframe.choose(Window(since=window.since, until=until)),
        disabled=until >= window.until or until - window.since < SHORTEST,
        help="Those from the beginning of the window to the oldest that is listed.",
    )  # fmt: skip
