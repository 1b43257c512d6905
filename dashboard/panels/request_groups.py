"""The table of the Explore page: requests by what they are told apart by, and the way to those of one row."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.controls import filters
from dashboard.controls.filters import LABELS
from dashboard.elements import export, tables
from dashboard.reads import explored
from dashboard.reads.explored import Groups
from dashboard.sight import Sight

_SEEN: Final = ("first_seen", "last_seen")
_WITHIN: Final = "Within the window. Where a whole hour stands, no more is known."


def show(groups: Groups, by: str, sight: Sight, *, every: Callable[[], Groups]) -> None:
    """Draw it; `every` reads more groups than it lists, for the file."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(f"By {LABELS[by].lower()}", anchor=False)
        export.button(
            "Table as CSV", lambda: _filed(every(), by), name=f"by_{by}", window=sight.period.window,
            help_=_file_of(groups.number),
        )  # fmt: skip
    place = tables.choose(
        _told(groups), _columns(by), key="groups", rows=10,
        alternative=f"Requests by {LABELS[by].lower()}, the most first.",
    )  # fmt: skip
    st.caption(_listed(groups))
    if place is not None and place < len(groups.listed):
        filters.add(by, str(groups.listed["label"].iloc[place]))


def _told(groups: Groups) -> pd.DataFrame:
    rows, zone = groups.rows, zones.chosen()
    written = zone.hour if groups.by_hour else zone.minute
    return rows.assign(
        id=rows["label"],
        group=rows["label"].map(words.text),
        share=[words.share(each, groups.requests) for each in rows["requests"]],
        success=[words.share(ok, n) for ok, n in zip(rows["successes"], rows["requests"], strict=True)],
        first=rows["first_seen"].map(written),
        last=rows["last_seen"].map(written),
    )


def _columns(by: str) -> dict[str, object]:
    zone = zones.chosen()
    return {
        "group": tables.text(LABELS[by], 230),
        "requests": tables.number("Requests", 95),
        "share": tables.text("Share", 75),
        "success": tables.text("Successful", 95),
        "unauthorized": tables.number("401", 75),
        "forbidden": tables.number("403", 75),
        "throttled": tables.number("429", 75),
        "errors": tables.number("Other errors", 105),
        "bytes_out": tables.number("Bytes out", 110, form="bytes"),
        "first": tables.text(zone.headed("First"), 185, _WITHIN),
        "last": tables.text(zone.headed("Last"), 185, _WITHIN),
    }


def _listed(groups: Groups) -> str:
    told = f"{groups.number:,} group{'' if groups.number == 1 else 's'}"
    if len(groups.others):
        told = f"The {len(groups.listed):,} busiest of {told}, the last row is all others"
    return f"{told}, {groups.requests:,} requests · click a row to filter by it"


def _file_of(number: int) -> str:
    if number <= explored.EXPORTED:
        return f"All groups: {number:,}."
    return f"The {explored.EXPORTED:,} busiest of {number:,} groups, and one row of all others."


def _filed(groups: Groups, by: str) -> pd.DataFrame:
    rows = groups.rows
    columns = {"label": by, **{name: name for name in rows.columns if name not in {"label", "value"}}}
    named = export.renamed(rows, columns)
    return named.assign(**{name: named[name].map(export.hour) for name in _SEEN}) if groups.by_hour else named
