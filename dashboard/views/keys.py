"""Keys: what their upkeep asks for, every key with its use and its health, and the traffic that belongs to none."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import zones
from dashboard.elements import export, tables, waiting
from dashboard.keys import health, hygiene, upkeep
from dashboard.keys.roster import NO_KEY, with_curves
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.navigation import HYGIENE, open_key
from dashboard.palette import status_word
from dashboard.reads import counted
from dashboard.sight import Sight

_FILTERS: Final = {"environment": "environment", "owner": "owner", "status": "state"}
"""Column to its parameter; `status` is that of the Explore page, which is about requests."""
_BUSIEST: Final = "Busiest first"
_ORDERS: Final = {
    _BUSIEST: ("requests", False),
    "Highest risk first": ("risk", False),
    "Most 401s first": ("unauthorized", False),
    "Longest unused first": ("last_used", True),
    "By name": ("name", True),
}
"""Choice to its column and whether that ascends; what was never used comes before what was used long ago."""
_PAGE: Final = "page"
EXPORTED: Final = {
    "id": "key_id", "name": "name", "environment": "environment", "owner": "owner", "status": "status",
    "hint": "hint", "expires_at": "expires_at", "last_used": "last_used", "requests": "requests",
    "successes": "successes", "unauthorized": "unauthorized", "forbidden": "forbidden", "throttled": "throttled",
    "errors": "errors", "findings": "open_findings", "risk": "risk",
}  # fmt: skip
"""Column to its name in the CSV file."""


def show(sight: Sight) -> None:
    """Draw the page."""
    with waiting.reading("the keys"):
        looked = upkeep.look(sight, counted.usage(sight.version, sight.period.window))
    every, faults = looked.keys, looked.standing.faults
    asked, questions = st.query_params.get(HYGIENE), hygiene.questions(access.services(Role.VIEWER).lines)
    chosen = hygiene.cards(questions, faults, asked if asked in questions else None)
    wanted = _filtered(every)
    if chosen is not None:
        wanted = wanted[wanted["id"].isin(faults[chosen])]
        st.caption(f"{questions[chosen].title}: {questions[chosen].rule}")
    hidden = int(wanted["hidden"].sum())
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        shown_too = st.toggle(f"Show inactive ({hidden})", key="inactive", bind="query-params", disabled=not hidden)
        shown = wanted if shown_too else wanted[~wanted["hidden"]]
        order = st.selectbox(
            "Order", list(_ORDERS), key="order", bind="query-params", label_visibility="collapsed", width=210
        )
        st.caption(f"{len(shown):,} of {len(every):,} rows · click a row to open the key", width="stretch")
        export.button(
            "Table as CSV",
            lambda: _filed(shown),
            name="keys",
            window=sight.period.window,
            help_="All rows that the filters leave.",
        )
    if shown.empty:
        st.info("No key matches. Loosen the search or the filters above.", icon=":material/filter_alt_off:")
        return
    by, ascending = _ORDERS.get(order, _ORDERS[_BUSIEST])
    ordered = shown.sort_values(by, ascending=ascending, kind="stable", ignore_index=True, na_position="first")
    pages = -(-len(ordered) // counted.CURVES)
    begin = (_page(pages) - 1) * counted.CURVES
    _table(looked.told(ordered.iloc[begin : begin + counted.CURVES]).reset_index(drop=True), sight)
    if pages > 1:
        st.pagination(pages, key=_PAGE, bind="query-params")


def _filed(rows: pd.DataFrame) -> pd.DataFrame:
    used = zip(rows["last_used"], rows["by_hour"], strict=True)
    told = pd.Series([export.hour(at) if by_hour else at for at, by_hour in used], index=rows.index, dtype="object")
    return export.renamed(rows.assign(last_used=told), EXPORTED)


def _page(pages: int) -> int:
    """Which page is shown; its control stands below the table, which a shorter list may have brought to an end."""
    try:
        asked = int(str(st.session_state.get(_PAGE) or st.query_params.get(_PAGE) or 1))
    except ValueError:
        asked = 1
    if asked > pages:
        st.session_state[_PAGE] = pages
    return min(max(asked, 1), pages)


def _filtered(every: pd.DataFrame) -> pd.DataFrame:
    columns = st.columns([3, 2, 3, 2], gap="small")
    with columns[0]:
        sought = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Name, id, owner or hint", icon=":material/search:",
            live=True,
        )  # fmt: skip
    wanted = every
    if sought:
        wanted = wanted[wanted["sought"].str.contains(sought.strip().lower(), regex=False)]
    for column, (name, parameter) in zip(columns[1:], _FILTERS.items(), strict=True):
        with column:
            options = sorted(every[name].dropna().unique())
            chosen = st.multiselect(name.capitalize(), options, key=parameter, bind="query-params", placeholder="Any")
        if chosen:
            wanted = wanted[wanted[name].isin(chosen)]
    return wanted


def _table(shown: pd.DataFrame, sight: Sight) -> None:
    zone = zones.chosen()
    words = {status: [status_word(status)] for status in shown["status"].unique()}
    curved = with_curves(shown, counted.CURVES, lambda refs: counted.curves(sight.version, sight.period.window, refs))
    frame = curved.drop(columns=["refs", "findings", "hidden", "last_used", "sought", "expires_at"]).assign(
        status=shown["status"].map(words),
        last_used_at=[
            (zone.hour if by_hour else zone.minute)(at, "")
            for at, by_hour in zip(shown["last_used"], shown["by_hour"], strict=True)
        ],
    )
    columns: Mapping[str, Any] = {
        "name": tables.text("Key", 145),
        "health": tables.health(health.RULES, width=122),
        "why": tables.text("Why", 180),
        "risk": tables.number("Risk", 48, "The weights of its open findings added up."),
        "status": tables.status(width=100),
        "environment": tables.text("Environment", 88),
        "owner": tables.text("Owner", 190),
        "curve": tables.curve(f"Last {sight.period.name}", 90, "Requests over the window, from zero."),
        "requests": tables.number("Requests", 72),
        "unauthorized": tables.number("401", 50),
        "ago": tables.text("Last used", 82),
        "last_used_at": tables.text(zone.headed("Last used"), 170),
    }
    place = tables.choose(
        frame,
        columns,
        key="keys",
        rows=22,
        alternative="Keys with health and why, risk, status, environment, owner, requests, 401s and last use.",
    )
    if place is None:
        return
    identity = shown["id"].iloc[place]
    if identity == NO_KEY:
        st.toast("These requests presented no credential, so there is no key to open.", icon=":material/info:")
    else:
        open_key(identity)
