"""Explore: any requests, by anything they have, over time and one by one."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.charts import stacks
from dashboard.controls import filters
from dashboard.controls.filters import KEYS, LABELS, NONE, Filters
from dashboard.elements import export, raw_rows, tables
from dashboard.known import key_search
from dashboard.known.portrait import Portrait
from dashboard.navigation import link_key
from dashboard.reads import explored, portraits
from dashboard.sight import Sight
from store.queries.matching import Match

_DEFAULT = "status"
_LIMITS = (100, 500, 2000)


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
    if groups.empty:
        st.info(
            "No request of this window matches. Loosen the filters or choose a longer window.",
            icon=":material/filter_alt_off:",
        )
        return
    top = groups.head(explored.TOP)
    series = explored.over_time(asked, period.bucket, by, top)
    order = [*top["label"], explored.OTHERS]
    stacks.draw(series, order, period.window, period.bucket, measure=measure, by=LABELS[by])
    _limits(sight, match, by)
    _groups(groups, by, sight)
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


def _groups(groups: pd.DataFrame, by: str, sight: Sight) -> None:
    zone = zones.chosen()
    total = int(groups["requests"].sum())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(f"By {LABELS[by].lower()}", anchor=False)
        export.button(
            "Table as CSV",
            export.renamed(groups, {"label": by, **{name: name for name in groups.columns[2:]}}),
            name=f"by_{by}",
            window=sight.period.window,
            help_="All groups of this table.",
        )
    frame = groups.assign(
        id=groups["label"],
        group=groups["label"].map(words.text),
        share=[words.share(each, total) for each in groups["requests"]],
        success=[words.share(ok, n) for ok, n in zip(groups["successes"], groups["requests"], strict=True)],
        first=groups["first_seen"].map(zone.minute),
        last=groups["last_seen"].map(zone.minute),
    )
    columns = {
        "group": tables.text(LABELS[by], 330),
        "requests": tables.number("Requests", 95),
        "share": tables.text("Share", 75),
        "success": tables.text("Successful", 95),
        "unauthorized": tables.number("401", 75),
        "forbidden": tables.number("403", 75),
        "throttled": tables.number("429", 75),
        "errors": tables.number("Other errors", 105),
        "bytes_out": tables.number("Bytes out", 110, form="bytes"),
        "first": tables.text(zone.headed("First"), 145),
        "last": tables.text(zone.headed("Last"), 145),
    }
    place = tables.choose(
        frame, columns, key="groups", rows=10, alternative=f"Requests by {LABELS[by].lower()}, the most first."
    )
    st.caption(f"{len(groups):,} groups, {total:,} requests · click a row to filter by it")
    if place is not None and (label := str(frame["id"].iloc[place])) != NONE:
        filters.add(by, label)


def _raw(asked: explored.Question, known: Mapping[str, Portrait], sight: Sight) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Requests", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            limit = st.selectbox(
                "How many", _LIMITS, key="rows", bind="query-params", label_visibility="collapsed", width=150,
                format_func=lambda each: f"the newest {each}",
            )  # fmt: skip
            events = explored.newest(asked, int(limit or _LIMITS[0]))
            named = raw_rows.with_keys(events, known)
            export.button(
                "Requests as CSV", named, name="requests", window=sight.period.window, help_="The requests listed here."
            )
    raw_rows.show(named, alternative="The newest requests that match, newest first.")
